"""Folders that are copies of others are counted once, and nothing that only they have is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from datalint.dataset.discover import discover
from tests.dataset.test_discover import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

    from datalint.dataset import Dataset


def write(root: Path, *names: str, start: str = "") -> Path:
    """Files that differ from each other; those at the same place below another `start` are the same."""
    for name in names:
        file = root / start / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    return root


def copies(data: Dataset) -> dict[str, str]:
    return dict(data.table("folders").filter(role="copy").select("path", "of").iter_rows())


def images(data: Dataset) -> set[str]:
    return set(data.table("images")["path"])


PETS = [f"{kind}/{number}.jpg" for kind in ("cat", "dog") for number in range(5)]
SPLIT = [f"{split}/{name}" for split in ("train", "test") for name in PETS]


@pytest.mark.parametrize(
    ("original", "copy", "names"),
    [
        ("", "pets", PETS),
        ("pets", "pets/pets", PETS),
        ("pets", "pets/pets", SPLIT),
        ("train", "train - Copy", PETS),
        ("train", "train (1)", PETS),
        ("train", "train_zip/train", PETS),
        ("data", "backup/old", PETS),
        ("images", "images_backup", [f"{number}.jpg" for number in range(9)]),
    ],
)
def test_copies(tmp_path: Path, original: str, copy: str, names: list[str]) -> None:
    write(tmp_path, *names, start=original)
    write(tmp_path, *names, start=copy)
    data = discover([tmp_path], CONFIG)
    assert copies(data) == {copy: original or "."}
    assert images(data) == {f"{original}/{name}".removeprefix("/") for name in names}
    skipped = data.table("skipped").filter(kind="copy")
    assert set(skipped["path"]) == {f"{copy}/{name}" for name in names}
    if "/" in names[0]:
        assert set(data.table("labels")["class"]) == {"cat", "dog"}


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ("train", "val", PETS),  # a leak
        ("cat", "dog", [f"{number}.jpg" for number in range(9)]),  # two classes of the same pictures
        ("a/train", "a/test", PETS),
        ("left", "right", ["1.jpg", "2.jpg"]),
    ],
)
def test_no_copies(tmp_path: Path, one: str, other: str, names: list[str]) -> None:
    write(tmp_path, *names, start=one)
    write(tmp_path, *names, start=other)
    data = discover([tmp_path], CONFIG)
    assert copies(data) == {}
    assert len(images(data)) == 2 * len(names)


def test_other_pictures_of_the_same_names(tmp_path: Path) -> None:
    write(tmp_path, *PETS, start="pets")
    for name in PETS:
        file = tmp_path / "pets" / "pets" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name[::-1].encode())  # the same size
    assert copies(discover([tmp_path], CONFIG)) == {}


def test_what_only_the_copy_has_stays_and_keeps_its_class(tmp_path: Path) -> None:
    write(tmp_path, *PETS, start="pets")
    write(tmp_path, *PETS, "cat/new.jpg", start="pets/pets")
    data = discover([tmp_path], CONFIG)
    assert copies(data) == {"pets/pets": "pets"}
    assert images(data) == {f"pets/{name}" for name in PETS} | {"pets/pets/cat/new.jpg"}
    assert dict(data.table("labels").select("path", "class").iter_rows())["pets/pets/cat/new.jpg"] == "cat"


def test_a_copy_of_a_copy(tmp_path: Path) -> None:
    for start in ("pets", "pets - Copy", "pets - Copy (2)"):
        write(tmp_path, *PETS, start=start)
    data = discover([tmp_path], CONFIG)
    assert copies(data) == {"pets - Copy": "pets", "pets - Copy (2)": "pets"}
    assert len(images(data)) == len(PETS)


def test_a_folder_that_only_seems_to_be_a_copy_hides_no_real_one(tmp_path: Path) -> None:
    """Files of one size and name, as uncompressed pictures are, but of other bytes."""
    for name in PETS:
        for start in ("b/pets", "a/pets"):
            file = tmp_path / start / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes((name if start == "b/pets" else name[::-1]).encode())
    write(tmp_path, *PETS, start="c/pets")
    assert copies(discover([tmp_path], CONFIG)) == {"c": "b"}
