"""Which image goes into which split."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from datalint.splitting.ratios import SplitError
from datalint.splitting.split import split
from tests.splitting.pictures import CONFIG, folders, yolo


def dealt(path: Path, **options: object) -> dict[str, str | None]:
    return dict(split(path, config=CONFIG, **options).division.table.select("path", "split").iter_rows())  # type: ignore[arg-type]


def test_equal_input_equal_split(tmp_path: Path) -> None:
    root = folders(tmp_path / "a", {"cat": 30, "dog": 20})
    shutil.copytree(root, tmp_path / "b")
    first = dealt(root)
    assert dealt(tmp_path / "b") == first
    assert dealt(root, seed=1) != first
    assert sorted(map(str, first.values())).count("train") == 40


def test_every_class_has_its_share(tmp_path: Path) -> None:
    division = split(folders(tmp_path, {"cat": 40, "dog": 20, "fox": 10}), config=CONFIG).division
    assert division.counts().rows() == [("cat", 40, 32, 4, 4), ("dog", 20, 16, 2, 2), ("fox", 10, 8, 1, 1)]
    far = division.deviation()
    assert far is not None
    assert far.has == pytest.approx(far.share)
    assert "to within one image" in "\n".join(division.lines())


def test_objects_count_as_classes_and_none_as_one_of_its_own(tmp_path: Path) -> None:
    counts = split(yolo(tmp_path, 50), config=CONFIG).division.counts()
    assert counts.rows() == [("cat", 20, 16, 2, 2), ("dog", 20, 16, 2, 2), ("(no label)", 10, 8, 1, 1)]


def test_a_class_too_small_for_every_split_is_named(tmp_path: Path) -> None:
    made = split(folders(tmp_path, {"cat": 20, "fox": 2}), config=CONFIG)
    assert "Not in every split, as there are too few: fox" in str(made)


def test_splits_that_are_there_are_not_asked(tmp_path: Path) -> None:
    root = folders(tmp_path, {"train/cat": 10, "train/dog": 10, "test/cat": 10, "test/dog": 10})
    found = dealt(root)
    assert {own for path, own in found.items() if path.startswith("test/")} >= {"train"}


def test_a_split_is_kept(tmp_path: Path) -> None:
    root = folders(tmp_path, {"train/cat": 20, "train/dog": 20, "test/cat": 5, "test/dog": 5})
    shutil.copy(root / "test/cat/cat-001.png", root / "train/cat/leaked.png")
    made = split(root, "80/20", keep="test", config=CONFIG)
    found = dict(made.division.table.select("path", "split").iter_rows())
    assert {path for path, own in found.items() if own == "test"} == {
        path for path in found if path.startswith("test/")
    }
    assert (
        sorted(own or "" for path, own in found.items() if path.startswith("train/"))
        == [""] + ["train"] * 32 + ["val"] * 8
    )
    assert made.division.out == ["train/cat/leaked.png"]
    assert "1 images go into no split" in str(made)
    for wrong, cause in (("val", "there are test, train"), ("nope", "no split 'nope'")):
        with pytest.raises(SplitError, match=cause):
            split(root, keep=wrong, config=CONFIG)


def test_images_that_are_not_there_go_into_no_list(tmp_path: Path) -> None:
    root = yolo(tmp_path)
    (root / "images/003.png").unlink()
    assert "images/003.png" not in dealt(root)
