"""JSON Lines: one finding a line, each an entry of the JSON report's `findings`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from datalint.report.rows import entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.report import Report


def parts(report: Report) -> Iterator[str]:
    """One line a finding; nothing when there is none."""
    for entry in entries(report.findings):
        yield json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n"
