"""GitLab's code quality report: the JSON array that a merge request's widget reads.

The widget shows neither the rule nor its page, so the description begins with both code and name; and it merges
entries of one fingerprint, so that each is made unique.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from datalint.report import in_force
from datalint.report.anchor import Anchors
from datalint.report.place import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.report import Report

SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}


def render(report: Report) -> str:
    """All new findings, one per line; and what a change of the settings loosens."""
    lines = [json.dumps(entry, ensure_ascii=False) for entry in _entries(report)]
    return "[" + ("\n" + ",\n".join(lines) + "\n" if lines else "") + "]\n"


def _entries(report: Report) -> Iterator[dict[str, Any]]:
    anchors = Anchors(report)
    if notice := in_force.notice(report):
        yield {
            "description": f"datalint: {escaped(notice)}",
            "check_name": "settings",
            "fingerprint": hashlib.sha256(f"settings:{notice}".encode("utf-8", "backslashreplace")).hexdigest(),
            "severity": SEVERITIES["note"],
            "location": {"path": anchors.settings.path, "lines": {"begin": 1}},
        }
    seen: Counter[str] = Counter()
    for finding in report.fresh:
        place = anchors.of(finding)
        seen[finding.id] += 1
        unique = f"{finding.id}#{seen[finding.id]}"
        yield {
            "description": f"{finding.code} {finding.name}: {anchors.said(finding)}",
            "check_name": finding.name,
            "fingerprint": hashlib.sha256(unique.encode()).hexdigest(),
            "severity": SEVERITIES[finding.severity],
            "location": {"path": place.path, "lines": {"begin": place.line or 1}},
        }
