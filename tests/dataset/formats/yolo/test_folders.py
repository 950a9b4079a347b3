"""YOLO: which folders hold label files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dataset.formats.yolo.test_datasets import BOX, DATA, images, named, only, problems, read


@pytest.mark.parametrize(
    "files",
    [
        {"data.yaml": DATA, "images/train/a.jpg": b"x", "labels/train/a.txt": BOX},
        {"data.yaml": DATA, "images/train/a.jpg": b"x", "images/train/a.txt": BOX},
        {"images/train/a.jpg": b"x", "labels/train/a.txt": BOX},
        {"train/images/a.jpg": b"x", "train/labels/a.txt": BOX},
        {"a.jpg": b"x", "a.txt": BOX},
        {"Images/a.jpg": b"x", "Annotations/a.txt": BOX},
        {"pictures/train/a.jpg": b"x", "boxes/train/a.txt": BOX},
        {"images/images/a.jpg": b"x", "images/labels/a.txt": BOX},
    ],
)
def test_label_files_are_found(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    found = only(tmp_path, files)
    assert found.boxes.select("raw", "unit", "line", "class_id").rows() == [
        ([0.5, 0.5, 0.2, 0.2], "cxcywh-share", 1, 0)
    ]
    assert found.named["file_row"].null_count() == 0
    assert [kind for kind, _, _ in problems(found) if kind != "data-path"] == []


@pytest.mark.parametrize(
    "files",
    [
        {"a.jpg": b"x", "a.txt": "a photograph of 2 dogs and 1 cat\n"},
        {"image_2/a.png": b"x", "label_2/a.txt": "Car 0 0 -1 0 0 1 1 -1 -1 -1 -1 -1 -1 -1\n"},
        {"images/a.png": b"x", "labelTxt/a.txt": "0 0 0 2 2 2 2 0 plane 0\n"},
        {"RGB/a.png": b"x", "GTTXT/a.txt": "8 11 11 3 3\n8 11 11 3 3\n"},
        {"a.jpg": b"x", "train.txt": "a.jpg 3\n", "package.yaml": "name: x\nnc: 1\n"},
        {"a.jpg": b"x", "model.yaml": "nc: 80\nbackbone: [[1, 2]]\n", "config.yml": "train: {lr: 1}\nnames: [a]\n"},
        {"a.jpg": b"x", "automl.yaml": "train: data/train.csv\nnc: 3\n", "export.yaml": "path: best.pt\nnames: [a]\n"},
    ],
)
def test_files_of_other_formats_are_left_alone(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    assert read(tmp_path, files) == []


def test_folders_belong_to_the_nearest_data_file_or_list_of_classes(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "x/data.yaml": "train: images\nval: images\nnames: [cat]",
            **images("x/images/a.jpg", "x/more/images/b.jpg", "y/images/c.jpg", "z/images/d.jpg"),
            **{f"{folder}.txt": BOX for folder in ("x/labels/a", "x/more/labels/b", "y/labels/c", "z/labels/d")},
            "y/classes.txt": "dog\n",
        },
    )
    assert [(some.source, some.boxes["path"].to_list()) for some in found] == [
        ("x/data.yaml", ["x/images/a.jpg", "x/more/images/b.jpg"]),
        ("y/labels", ["y/images/c.jpg"]),
        ("z/labels", ["z/images/d.jpg"]),
    ]


def test_folders_of_empty_files_are_labels_beside_others(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {**images("pics/train/a.jpg", "pics/val/b.jpg"), "boxes/val/b.txt": ""}
    assert read(tmp_path / "alone", files) == []
    found = only(tmp_path / "beside", {**files, "boxes/train/a.txt": BOX})
    assert named(found) == ["pics/train/a.jpg", "pics/val/b.jpg"]
