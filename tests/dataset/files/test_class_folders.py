"""What the names of folders say of groups below and above the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from datalint.dataset.files import class_folders

if TYPE_CHECKING:
    from collections.abc import Iterable


def read(*folders: str, images: int = 4, bare: Iterable[str] = ()) -> class_folders.Reading:
    return class_folders.read(dict.fromkeys(folders, images), list(bare))


@pytest.mark.parametrize(
    "names",
    [
        ["v_{}_g01_c01", "v_{}_g01_c02", "v_{}_g02_c01"],
        ["2021-03-01", "2021-03-05"],
        ["B-14-22549AB", "B-14-22549CD", "B-14-23060AB"],
        ["patient1", "patient2", "patient10"],
        ["slide_a3f9c2d1", "slide_00f9c2d7"],
        ["0001", "0002", "0003"],
    ],
)
def test_groups_below_classes(names: list[str]) -> None:
    folders = {f"{kind}/{name.format(kind)}": kind for kind in ("walk", "run", "sit") for name in names}
    reading = read(*folders)
    assert reading.classes == folders
    assert reading.groups == {folder: folder for folder in folders}
    assert {role for role, _ in reading.roles.values()} == {"class", "group"}


def test_groups_of_one_class_only(tmp_path: object) -> None:
    reading = read("defect/2021-03-01", "defect/2021-03-03", "ok/2021-03-02", "ok/2021-03-04", "ok/2021-03-09")
    assert set(reading.classes.values()) == {"defect", "ok"}


def test_groups_in_groups() -> None:
    folders = [f"{kind}/patient{p}/session{s}" for kind in ("ill", "well") for p in (1, 2) for s in (1, 2)]
    assert set(read(*folders).classes.values()) == {"ill", "well"}


def test_groups_within_splits() -> None:
    folders = [
        f"{split}/{kind}/v_{kind}_g0{n}" for split in ("train", "test") for kind in ("run", "walk") for n in "12"
    ]
    reading = read(*folders)
    assert set(reading.classes.values()) == {"run", "walk"}
    assert set(reading.splits.values()) == {"train", "test"}


@pytest.mark.parametrize(
    "folders",
    [
        ["BMW/X5 2012", "BMW/M3 2010", "Audi/A4 2007", "Audi/TT 2012", "Fiat/500 Abarth"],
        ["animal/n01440764", "animal/n01443537", "thing/n02979186", "thing/n03000684"],
        ["fruit/apple", "fruit/pear", "root/carrot"],
    ],
)
def test_names_of_things(folders: list[str]) -> None:
    assert len(set(read(*folders).classes.values())) == len(folders)


def test_groups_above_classes() -> None:
    reading = read(*(f"site{n}/{kind}" for n in (1, 2) for kind in ("cat", "dog")))
    assert set(reading.classes.values()) == {"cat", "dog"}
    assert set(reading.groups.values()) == {"site1", "site2"}


def test_folders_named_like_those_beside_them_are_the_same_classes() -> None:
    reading = read("yes", "no", "preprocessed/yes", "preprocessed/no")
    assert reading.classes == {"yes": "yes", "no": "no", "preprocessed/yes": "yes", "preprocessed/no": "no"}


def test_a_picture_at_the_root_does_not_undo_the_classes() -> None:
    reading = class_folders.read({"": 1, "crack/Imgs": 6, "free/Imgs": 6}, [])
    assert reading.classes == {"crack/Imgs": "crack", "free/Imgs": "free"}


def test_a_split_within_a_split() -> None:
    reading = read("train/cat", "train/dog", "train/valid/cat", "train/valid/dog", "test/cat", "test/dog")
    assert set(reading.classes.values()) == {"cat", "dog"}
    assert reading.splits["train/valid/cat"] == "val"
    assert reading.splits["train/cat"] == "train"
    assert reading.roles["train/valid"] == ("split", "val")


def test_a_class_named_test() -> None:
    reading = read("exam", "test", "quiz")
    assert reading.splits == {}
    assert set(reading.classes.values()) == {"exam", "test", "quiz"}


def test_roles_of_moved_folders_are_of_the_classes_they_were_moved_to() -> None:
    reading = class_folders.read({"a/cat": 3, "a/dog": 3, "b/a/cat": 1}, [], {"b/a/cat": "a/cat"})
    assert reading.classes["b/a/cat"] == "cat"


def test_declared_groups_that_end_up_in_no_class() -> None:
    declared = {"cat/patient07": "group", "patient9": "group"}
    reading = class_folders.read({"cat": 3, "dog": 3, "patient9": 1}, ["cat/patient07"], {}, declared)
    assert set(reading.classes.values()) == {"cat", "dog"}
    assert reading.roles["patient9"] == ("group", "")


def test_a_declared_group_below_a_declared_class() -> None:
    declared = {"a/cat": "class", "a/dog": "class", "a/cat/x": "group"}
    reading = class_folders.read({"a/cat/x": 3, "a/dog": 3}, [], {}, declared)
    assert reading.classes == {"a/cat/x": "cat", "a/dog": "dog"}
    assert reading.groups == {"a/cat/x": "a/cat/x"}


@pytest.mark.parametrize("names", [("RGBLeft", "DepthLeft"), ("image_left", "image_right"), ("images", "depth")])
def test_kinds_of_files_are_no_classes(names: tuple[str, ...]) -> None:
    assert read(*names).classes == {}


def test_sides_that_are_classes() -> None:
    assert set(read("hand_left", "hand_right").classes.values()) == {"hand_left", "hand_right"}
