"""YOLO: label files as tables."""

from __future__ import annotations

from pathlib import Path

from datalint.config.settings import Config
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.yolo import datasets as yolo
from tests.dataset.formats.yolo.test_datasets import BOX, DATA, images, named, of_split, only, problems


def test_classes_splits_and_backgrounds(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        {
            "data.yaml": DATA,
            **images("images/train/a.jpg", "images/train/b.png", "images/train/c.jpg", "images/val/d.jpg"),
            "labels/train/a.txt": "1 .5 .5 .1 .1\r\n\r\n0 5e-1 0.5 0.1 0.1\r\n",
            "labels/train/b.txt": "",
            "labels/val/d.txt": BOX,
        },
    )
    assert found.boxes.select("class", "line").rows() == [("dog", 1), ("cat", 3), ("cat", 1)]
    assert named(found) == ["images/train/a.jpg", "images/train/b.png", "images/val/d.jpg"]
    assert {split: len(rows) for split, rows in of_split(found).items()} == {"train": 3, "val": 1}
    assert found.classes.rows() == [("cat", 0, "data.yaml"), ("dog", 1, "data.yaml")]
    assert problems(found) == []
    assert found.evidence == ("YOLO detection: data.yaml, 3 images, 3 label files (1 empty), 3 boxes, 2 classes.",)


def test_unreadable_and_oddly_encoded_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"data.yaml": DATA, **images("images/train/a.jpg", "images/train/b.jpg")}
    files |= {"labels/train/a.txt": b"\xef\xbb\xbf0 .5 .5 .1 .1", "labels/train/b.txt": BOX.encode("utf-16")}
    found = only(tmp_path, {**files, "images/val/c.jpg": b"x"})
    assert found.boxes["line"].to_list() == [1, 1]
    assert {problem.kind for problem in found.problems} == {"encoding"}
    place = str(tmp_path).encode()
    tree = walk(place, [place], Config())
    (tmp_path / "labels/train/a.txt").unlink()
    (gone,) = yolo.read(tree, Config())
    assert str(gone.outcomes["labels/train/a.txt"]).startswith("cannot be read:")
    assert gone.boxes.height == 1
