"""The JSON report: one document, byte-identical on a re-run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalint.report import Report


def render(report: Report) -> str:
    """The document that `datalint schema report` describes."""
    return json.dumps(report.document(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
