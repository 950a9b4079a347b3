"""One finding per line: `place: CODE name: message`, for editors and grep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.report.place import place, said

if TYPE_CHECKING:
    from datalint.report import Report


def render(report: Report) -> str:
    """Every new finding, worst first; nothing is capped."""
    return "".join(
        f"{place(finding)}: {finding.severity}: {finding.code} {finding.name}: {said(finding)}\n"
        for finding in report.fresh
    )
