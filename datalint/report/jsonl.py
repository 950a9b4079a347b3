"""JSON Lines: one finding a line, each an entry of the JSON report's `findings`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalint.report import Report


def render(report: Report) -> str:
    """One line a finding; nothing when there is none."""
    return "".join(
        json.dumps(finding, ensure_ascii=False, allow_nan=False) + "\n" for finding in report.document()["findings"]
    )
