"""Duplicates and splits: precedence, what is later, and names that are no groups."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import ImageOps

from datalint import Dataset, Finding, scan
from datalint.config.settings import Config
from datalint.dataset import schema
from datalint.rules.duplicates.contradictory_duplicate import ContradictoryDuplicate
from datalint.rules.duplicates.exact_duplicate import ExactDuplicate
from datalint.rules.duplicates.near_duplicate import NearDuplicate
from datalint.rules.splits.group_leak import GroupLeak
from datalint.rules.splits.label_drift import LabelDrift
from datalint.rules.splits.near_split_leak import NearSplitLeak
from datalint.rules.splits.shared_split import SharedSplit
from datalint.rules.splits.split_leak import SplitLeak
from fixtures.draw.picture import dataset, save, scene

RULES = (
    ExactDuplicate,
    NearDuplicate,
    ContradictoryDuplicate,
    SplitLeak,
    NearSplitLeak,
    SharedSplit,
    GroupLeak,
    LabelDrift,
)


def findings(root: Path) -> list[Finding]:
    report = scan(root, rules=RULES, config=Config(isolated=True), jobs=0)
    assert not [entry for entry in report.rules_not_run if entry.crashed]
    return list(report)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Six pictures in train, four in test, none twice."""
    dataset(tmp_path / "train", 6, first=0)
    dataset(tmp_path / "test", 4, first=20)
    return tmp_path


def test_clean(root: Path) -> None:
    assert findings(root) == []


def test_a_leak_is_told_once_and_of_the_later_split(root: Path) -> None:
    shutil.copyfile(root / "test/cats/0.jpg", root / "train/cats/zero.jpg")
    (found,) = findings(root)
    assert (found.code, found.path, found.subject) == ("DL701", "test/cats/0.jpg", "test in train")
    assert found.related == ("train/cats/zero.jpg",)


def test_every_leaked_image_of_a_group_is_told(root: Path) -> None:
    for name in ("x", "y"):
        shutil.copyfile(root / "train/dogs/0.jpg", root / f"test/dogs/{name}.jpg")
    assert [(found.code, found.path) for found in findings(root)] == [
        ("DL701", "test/dogs/x.jpg"),
        ("DL701", "test/dogs/y.jpg"),
    ]


def test_contradiction_speaks_before_leak(root: Path) -> None:
    shutil.copyfile(root / "train/dogs/0.jpg", root / "test/cats/x.jpg")
    (found,) = findings(root)
    assert found.code == "DL603"
    assert "cats (1)" in found.message
    assert "dogs (1)" in found.message


def test_near_leak(root: Path) -> None:
    save(ImageOps.mirror(scene(1, kind="cats")), root / "test" / "cats" / "x.jpg")
    (found,) = findings(root)
    assert (found.code, found.path, found.related) == ("DL702", "test/cats/x.jpg", ("train/cats/1.jpg",))


def test_shared_split_silences_leaks(root: Path) -> None:
    shutil.copytree(root / "train", root / "val")
    assert [(found.code, found.subject) for found in findings(root)] == [("DL705", "train, val")]


def test_near_duplicate_narrows_by_distance(root: Path) -> None:
    save(scene(1, kind="cats"), root / "train" / "cats" / "x.jpg", quality=40)
    report = scan(root, rules=[NearDuplicate()], config=Config(isolated=True), jobs=0)
    assert len(list(report)) == 1
    distance = report.dataset.tables["pairs"]["distance"][0]
    if distance:
        narrow = scan(root, rules=[NearDuplicate(max_distance=distance - 1)], config=Config(isolated=True), jobs=0)
        assert not list(narrow)


@pytest.mark.parametrize("name", ["IMG_{:04}", "{:05}", "cat.{}", "n0144_{}", "set1_batch2_{}", "BloodImage_{:05}"])
def test_counters_are_no_groups(tmp_path: Path, name: str) -> None:
    for number in range(24):
        split = "test" if number % 4 == 0 else "train"
        save(scene(number), tmp_path / split / "cats" / f"{name.format(number)}.jpg")
    assert "DL703" not in {found.code for found in findings(tmp_path)}


def test_names_of_groups_prove_nothing_alone(tmp_path: Path) -> None:
    """The videos of test are numbered anew: other recordings under the names of train's."""
    for number in range(24):
        split = "test" if number % 4 == 0 else "train"
        save(scene(number), tmp_path / split / "cats" / f"video_{number // 4:04}_frame_{number % 4:03}.jpg")
    assert "DL703" not in {found.code for found in findings(tmp_path)}


def drift(train: dict[str, int], test: dict[str, int]) -> int:
    names = [(split, name) for split, counts in (("train", train), ("test", test)) for name in counts]
    sizes = [n for counts in (train, test) for n in counts.values()]
    rows = np.repeat(np.arange(len(names)), sizes)
    data = Dataset(Path(), task="single")
    image = pl.Series("image", range(len(rows)), pl.UInt32)
    data.tables["labels"] = schema.conform(
        "labels", pl.DataFrame({"image": image, "class": [names[row][1] for row in rows]})
    )
    data.tables["splits"] = pl.DataFrame({"image": image, "split": [names[row][0] for row in rows]})
    found: pl.DataFrame = LabelDrift().check(data)
    return found.height


def test_label_drift() -> None:
    assert drift({"a": 500, "b": 500}, {"a": 50, "b": 50}) == 0
    assert drift({"a": 500, "b": 500}, {"a": 45, "b": 55}) == 0, "chance"
    assert drift({"a": 500, "b": 500}, {"a": 10, "b": 90}) == 1
    assert drift({"a": 50_000, "b": 50_000}, {"a": 51_000, "b": 49_000}) == 0, "sure, but too small to matter"
    assert drift({"a": 3, "b": 1}, {"a": 1, "b": 3}) == 0, "too few"
    assert drift({"a": 500}, {"a": 50}) == 0, "one class"
    assert drift({"a": 500}, {"b": 500}) == 1
    assert drift({"a": 500}, {"a": 100, "b": 400}) == 0, "anomalies to be found"


def placed(root: Path, copies: int, kinds: int) -> list[Finding]:
    """One picture `copies` times over `kinds` classes, in both splits."""
    for number in range(copies):
        kind, split = "abcdef"[number % kinds], ("train", "test")[number // kinds % 2]
        for other, place in ((100 + number, "train"), (300 + number, "test")):
            save(scene(other), root / place / kind / f"{number:03}.jpg")
        save(scene(7), root / split / kind / f"gone_{number:03}.jpg")
    return findings(root)


@pytest.mark.parametrize(("copies", "kinds"), [(12, 5), (8, 2), (3, 3)])
def test_one_picture_in_many_classes_is_a_placeholder(tmp_path: Path, copies: int, kinds: int) -> None:
    (found,) = placed(tmp_path, copies, kinds)
    assert (found.code, found.severity) == ("DL601", "warning")
    assert f"{copies} files of {kinds} classes: a placeholder" in found.message
    assert "delete all" in found.hint


def test_one_picture_in_two_classes_is_a_contradiction(tmp_path: Path) -> None:
    (found,) = placed(tmp_path, 4, 2)
    assert found.code == "DL603"


def test_equal_files_are_told_beside_a_near_leak(root: Path) -> None:
    shutil.copyfile(root / "train/cats/1.jpg", root / "train/cats/again.jpg")
    save(ImageOps.mirror(scene(1, kind="cats")), root / "test" / "cats" / "x.jpg")
    assert {found.code for found in findings(root)} == {"DL601", "DL702"}
