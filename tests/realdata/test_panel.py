"""The findings about real datasets are those that a maintainer agrees with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.panel import UNKNOWN, VERDICTS, agreed, rows

#: One dataset each. The folder of small datasets in sixty formats is none: what is usual in it means nothing.
BAGS = {"datumaro-assets"}


@pytest.mark.realdata
def test_a_maintainer_agrees(realdata: Path, fixtures: Path) -> None:
    verdicts = json.loads(VERDICTS.read_text("utf-8"))
    folders = [path for path in realdata.iterdir() if path.is_dir() and path.name not in BAGS]
    folders += [fixtures / "datasets" / name for name in ("demo", "splits")]
    panel = [row for folder in sorted(folders) for row in rows(folder, verdicts)]
    new = [(row.dataset, row.code) for row in panel if row.severity != "note" and row.verdict == UNKNOWN]
    assert new == [], "open the pictures, and add your verdicts to benchmarks/verdicts.json"
    share, _ = agreed(panel)
    assert share >= 0.95
