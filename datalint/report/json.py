"""The JSON report: one document, byte-identical on a re-run, written finding by finding."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from datalint.report.rows import entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.report import Report


def parts(report: Report) -> Iterator[str]:
    """The document that `datalint schema report` describes: what comes before the findings, each of them, its end."""
    before, after = _text({**report.head(), "findings": []}).rsplit("[]", 1)
    yield before + "["
    separator = "\n  "
    for entry in entries(report.findings):
        yield separator + _text(entry).replace("\n", "\n  ")  # a line break within a text is written \n
        separator = ",\n  "
    yield ("]" if report.findings.is_empty() else "\n ]") + after + "\n"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)
