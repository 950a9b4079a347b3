"""The table of folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from PIL import Image

from datalint.dataset.discover import discover
from tests.dataset.test_discover import CONFIG, touch

if TYPE_CHECKING:
    from pathlib import Path

    from datalint.dataset import Dataset


def roles(data: Dataset) -> dict[str, str]:
    return dict(data.table("folders").select("path", "role").iter_rows())


def test_roles(tmp_path: Path) -> None:
    names = [
        f"{split}/{kind}/{kind}{n}/{f}.jpg"
        for split in ("train", "test")
        for kind in ("run", "sit")
        for n in (1, 2)
        for f in "ab"
    ]
    data = discover([touch(tmp_path, *names, "docs/a.jpg")], CONFIG)
    assert roles(data) == {
        "docs": "images",
        **dict.fromkeys(("train", "test"), "split"),
        **{name.rsplit("/", 2)[0]: "class" for name in names},
        **{name.rsplit("/", 1)[0]: "group" for name in names},
    }
    counts = dict(data.table("folders").select("path", "images").iter_rows())
    assert (counts["train"], counts["train/run"], counts["train/run/run1"], counts["docs"]) == (8, 4, 2, 1)


def test_folders_that_are_not_entered(tmp_path: Path) -> None:
    names = (
        "cat/1.jpg",
        "dog/1.jpg",
        ".checkpoints/1.jpg",
        ".checkpoints/sub/2.JPG",
        "@eaDir/x.txt",
        "cat/.deep/1.jpg",
    )
    data = discover([touch(tmp_path, *names)], CONFIG)
    assert roles(data) == {".checkpoints": "hidden", "cat": "class", "dog": "class"}
    assert data.table("folders").filter(path=".checkpoints")["images"].item() == 2


def test_classes_that_are_not_read(tmp_path: Path) -> None:
    images = [f"benign/{n}.png" for n in range(4)]
    unread = [*(f"malignant/{n}.dcm" for n in range(6)), "malignant/0.npy"]
    data = discover([touch(tmp_path, *images, *unread, "docs/a.pdf")], CONFIG)
    assert set(data.table("classes")["class"]) == {"benign", "malignant"}
    found = data.table("folders").filter(path="malignant").select("role", "images", "unread", "extension").row(0)
    assert found == ("class", 0, 7, "dcm")


def test_arrays_beside_images_of_the_same_name_are_not_missed(tmp_path: Path) -> None:
    names = [f"{kind}/{n}.{form}" for kind in ("cat", "dog") for n in range(3) for form in ("png", "npy")]
    data = discover([touch(tmp_path, *names)], CONFIG)
    assert data.table("folders")["unread"].sum() == 0


def test_masks_and_labels(tmp_path: Path) -> None:
    touch(tmp_path, "images/1.jpg", "images/2.jpg")
    (tmp_path / "labels").mkdir()
    for name in ("1", "2", "classes"):
        (tmp_path / "labels" / f"{name}.txt").write_text("cat\n" if name == "classes" else "0 0.5 0.5 0.2 0.2\n")
    assert roles(discover([tmp_path], CONFIG)) == {"images": "images", "labels": "labels"}


def test_the_config_says_what_folders_are(tmp_path: Path) -> None:
    names = [f"{kind}/{place}/{n}.jpg" for kind in ("cat", "dog") for place in ("north", "south") for n in range(2)]
    touch(tmp_path, *names)
    for name in names:
        (tmp_path / name).write_text(name)  # copies of one picture would be a copied folder
    assert set(discover([tmp_path], CONFIG).table("labels")["class"]) == {"north", "south"}
    config = replace(CONFIG, folders={"*/north": "group", "*/south": "group"})
    data = discover([tmp_path], config)
    assert set(data.table("labels")["class"]) == {"cat", "dog"}
    found = data.table("folders").filter(path="cat/north").select("role", "evidence").row(0)
    assert found == ("group", "the config says so")


def test_the_config_names_classes(tmp_path: Path) -> None:
    touch(tmp_path, "2019/a/x/1.jpg", "2019/b/1.jpg", "2020/a/y/1.jpg", "2020/b/2.jpg")
    data = discover([tmp_path], replace(CONFIG, folders={"*/a": "class", "*/b": "class"}))
    assert set(data.table("labels")["class"]) == {"a", "b"}


def test_the_config_names_masks(tmp_path: Path) -> None:
    for number in range(4):
        for folder, value in (("photos", None), ("Teacher 2019", number % 2)):
            (tmp_path / folder).mkdir(exist_ok=True)
            mask = Image.new("L", (20, 20), 0 if value is None else value)
            mask.save(tmp_path / folder / f"{number}.png")
    assert discover([tmp_path], CONFIG).masks.is_empty()
    data = discover([tmp_path], replace(CONFIG, folders={"Teacher*": "masks"}))
    assert set(data.masks["path"]) == {f"Teacher 2019/{number}.png" for number in range(4)}
    assert roles(data)["Teacher 2019"] == "masks"
