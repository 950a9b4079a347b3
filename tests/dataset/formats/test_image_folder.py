"""Classes and splits from the names of folders."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.image_folder import _bare_folders
from tests.dataset.test_discover import CONFIG, classes, splits, touch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["cat/1.jpg", "dog/1.jpg"], {"cat/1.jpg": "cat", "dog/1.jpg": "dog"}),
        (["data/images/a/1.jpg", "data/images/b/1.jpg"], {"data/images/a/1.jpg": "a", "data/images/b/1.jpg": "b"}),
        (["a/x/1.jpg", "b/y/1.jpg", "c/1.jpg"], {"a/x/1.jpg": "a/x", "b/y/1.jpg": "b/y", "c/1.jpg": "c"}),
        (["s1/a/1.jpg", "s1/b/1.jpg", "s2/a/1.jpg"], {"s1/a/1.jpg": "a", "s1/b/1.jpg": "b", "s2/a/1.jpg": "a"}),
        (["1.jpg", "2.jpg"], {}),
        (["cats/1.jpg", "cats/2.jpg"], {}),
        (["images/1.jpg", "masks/1.png"], {}),
        ([f"id{number}/picture.jpg" for number in range(5)], {}),
        (["train/1.jpg", "car/1.jpg", "bus/2.jpg"], {"train/1.jpg": "train", "car/1.jpg": "car", "bus/2.jpg": "bus"}),
    ],
)  # fmt: skip
def test_class_folders(tmp_path: Path, names: list[str], expected: dict[str, str]) -> None:
    assert classes(discover([touch(tmp_path, *names)], CONFIG)) == expected


@pytest.mark.parametrize(
    "names",
    [
        ("train/cat/1.jpg", "train/dog/1.jpg", "val/cat/2.jpg"),
        ("Training/cat/1.jpg", "Training/dog/1.jpg", "Validation/cat/2.jpg"),
        ("images/train/cat/1.jpg", "images/train/dog/1.jpg", "images/val/cat/2.jpg"),
        ("cat/train/1.jpg", "dog/train/1.jpg", "cat/val/2.jpg"),
        ("seg_train/cat/1.jpg", "seg_train/dog/1.jpg", "seg_val/cat/2.jpg"),
    ],
)
def test_split_folders(tmp_path: Path, names: tuple[str, ...]) -> None:
    data = discover([touch(tmp_path, *names)], CONFIG)
    assert [splits(data)[name] for name in names] == ["train", "train", "val"]
    assert [classes(data)[name] for name in names] == ["cat", "dog", "cat"]


@pytest.mark.parametrize("beside", ["docs/teaser.jpg", "results/plots/1.jpg", "teaser.jpg"])
@pytest.mark.parametrize("parent", ["data", "a/b"])
def test_split_folders_beside_other_images(tmp_path: Path, parent: str, beside: str) -> None:
    names = [f"{parent}/{split}/{kind}/{n}.jpg" for split in ("train", "val") for kind in ("cat", "dog") for n in "12"]
    data = discover([touch(tmp_path, *names, beside)], CONFIG)
    assert classes(data) == {name: name.split("/")[-2] for name in names}
    assert splits(data) == {name: name.split("/")[-3] for name in names}
    assert any("1 image lies outside the split folders" in sentence for sentence in data.evidence)


def test_split_folders_in_several_parents(tmp_path: Path) -> None:
    names = [
        f"data/{form}/{split}/{kind}/1.jpg" for form in ("raw", "small") for split in ("train", "val") for kind in "ab"
    ]
    touch(tmp_path, *names)
    for name in names:
        (tmp_path / name).write_text(name)  # copies of the same pictures would count once
    data = discover([tmp_path], CONFIG)
    assert classes(data) == {name: name.split("/")[-2] for name in names}
    assert splits(data) == {name: name.split("/")[-3] for name in names}


def test_split_folders_with_a_word_in_common(tmp_path: Path) -> None:
    names = [f"seg_{split}/seg_{split}/{kind}/{n}.jpg" for split in ("train", "test") for kind in "ab" for n in "12"]
    data = discover([touch(tmp_path, *names, "seg_pred/seg_pred/1.jpg")], CONFIG)
    assert classes(data) == {name: name.split("/")[-2] for name in names}
    assert set(splits(data).values()) == {"train", "test"}


def test_empty_class_folders_are_declared(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg", "dog/1.jpg")
    (tmp_path / "bird").mkdir()
    data = discover([tmp_path], CONFIG)
    assert data.table("classes")["class"].to_list() == ["bird", "cat", "dog"]
    assert data.table("classes")["class_id"].to_list() == [0, 1, 2]


def test_a_folder_within_a_class_folder_is_of_that_class(tmp_path: Path) -> None:
    for name in ("cat/1.jpg", "cat/2.jpg", "cat/extra/3.jpg", "dog/4.jpg", "dog/5.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    labels = discover([tmp_path], Config()).table("labels")
    assert dict(labels.select("path", "class").iter_rows())["cat/extra/3.jpg"] == "cat"
    assert set(labels["class"]) == {"cat", "dog"}


def test_images_at_all_depths_are_no_classes(tmp_path: Path) -> None:
    for name in ("0.jpg", "a/1.jpg", "a/b/2.jpg", "c/3.jpg", "c/4.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    data = discover([tmp_path], Config())
    assert data.table("labels").is_empty()
    assert any("a/b within another folder of images" in sentence for sentence in data.evidence)


def test_very_many_folders_take_no_time(tmp_path: Path) -> None:
    place = str(touch(tmp_path, "a/1.jpg")).encode()
    tree = walk(place, [place], Config())
    many = replace(tree, folders=(*tree.folders, *(f"{number}" for number in range(30_000))))
    start = time.process_time()
    assert len(_bare_folders(many)) == 30_000
    assert time.process_time() - start < 5
