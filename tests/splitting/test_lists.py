"""Lists of images, and a table with a column."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from datalint.splitting.ratios import SplitError
from datalint.splitting.split import split
from tests.splitting.pictures import CONFIG, folders, yolo


def test_lists_name_each_image_once_from_where_they_lie(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 20, "dog": 20})
    for place in (tmp_path / "lists", root / "splits"):
        made = split(root, lists=place, config=CONFIG)
        assert made.outcome is not None
        assert made.outcome.exit_code == 0, str(made)
        lines = {name: (place / f"{name}.txt").read_text().splitlines() for name in ("train", "val", "test")}
        assert [len(of) for of in lines.values()] == [32, 4, 4]
        every = [(place / line).resolve() for of in lines.values() for line in of]
        assert all(line.startswith("./") for of in lines.values() for line in of)
        assert sorted(every) == sorted(root.rglob("*.png"))


def test_yolo_reads_the_lists(tmp_path: Path) -> None:
    """With a data file that names them, a scan finds the splits."""
    from datalint import scan

    root = yolo(tmp_path)
    table = split(root, lists=root, config=CONFIG).division.table
    (root / "data.yaml").write_text("train: train.txt\nval: val.txt\ntest: test.txt\nnames: [cat, dog]\n")
    found = scan(root, config=CONFIG).dataset.table("splits")
    assert sorted(found.group_by("split").len().rows()) == sorted(table.group_by("split").len().rows())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 10, "dog": 10})
    (tmp_path / "val.txt").write_text("mine\n")
    with pytest.raises(SplitError, match=r"val\.txt is there already"):
        split(root, lists=tmp_path, config=CONFIG)
    assert not (tmp_path / "train.txt").exists()
    with pytest.raises(SplitError, match="is there already"):
        split(root, column=tmp_path / "val.txt", config=CONFIG)
    assert (tmp_path / "val.txt").read_text() == "mine\n"


def test_a_line_break_in_a_name(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 10, "dog": 10})
    (root / "cat/cat-001.png").rename(root / "cat/a\nb.png")
    with pytest.raises(SplitError, match="line break"):
        split(root, lists=tmp_path / "lists", config=CONFIG)
    made = split(root, column=tmp_path / "table.csv", config=CONFIG)
    assert made.outcome is not None
    assert made.outcome.exit_code == 0


def test_a_column(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 10, "dog": 10})
    made = split(root, column=tmp_path / "splits.csv", config=CONFIG)
    rows = list(csv.DictReader((tmp_path / "splits.csv").read_text().splitlines()))
    assert rows[0].keys() == {"path", "group", "split"}
    table = made.division.table
    assert [(row["path"], row["split"]) for row in rows] == table.select("path", "split").rows()
