"""What was written is checked by the rules of splits."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from datalint.splitting import check
from datalint.splitting.split import Splitter
from tests.splitting.pictures import CONFIG, folders

PARTS = {"train": 0.8, "val": 0.1, "test": 0.1}


def test_a_leak_is_seen_in_what_was_written(tmp_path: Path) -> None:
    root = folders(tmp_path, {"cat": 20, "dog": 20})
    shutil.copy(root / "cat/cat-000.png", root / "cat/copy.png")
    splitter = Splitter(root, CONFIG)
    division = splitter.divided(PARTS, 0, None, None)
    written = {name: division.table.filter(pl.col("split") == name)["image"].to_list() for name in division.splits}
    rules = [rule for rule in splitter.report.rules_run if rule.code.startswith("DL7")] or splitter._leaks
    assert check.of_written(division, written, rules, CONFIG).exit_code == 0
    # Someone moves the copy.
    copy = division.table.filter(pl.col("path") == "cat/copy.png")
    image, own = copy["image"][0], copy["split"][0]
    other = next(name for name in division.splits if name != own)
    written[own].remove(image)
    written[other].append(image)
    outcome = check.of_written(division, written, rules, CONFIG)
    assert outcome.exit_code == 1
    assert "DL701 split-leak" in str(outcome)
    assert f"{own} is not the split that was written" in str(outcome)
