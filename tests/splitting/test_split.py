"""`datalint.split`, from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import datalint
from datalint.splitting.split import SplitError
from tests.splitting.pictures import CONFIG, folders


def test_from_python(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 10, "dog": 10})
    made = datalint.split(root, (80, 20), seed=3, config=CONFIG)
    assert made.outcome is None
    assert "20 images: train 16 (80.0%), val 4 (20.0%)" in str(made)
    assert list(root.iterdir()) == [root / "cat", root / "dog"] or len(list(root.iterdir())) == 2
    with pytest.raises(TypeError, match="one of"):
        datalint.split(root, lists=tmp_path, to=tmp_path / "new")


def test_what_cannot_be_split(tmp_path: Path, fixtures: Path) -> None:
    with pytest.raises(SplitError, match="only a folder"):
        datalint.split(next((fixtures / "datasets/shards").rglob("*.tar")), config=CONFIG)
    (tmp_path / "labels.csv").write_text("file,label\na.png,cat\n")
    with pytest.raises(SplitError, match="no image"):
        datalint.split(tmp_path, config=CONFIG)
