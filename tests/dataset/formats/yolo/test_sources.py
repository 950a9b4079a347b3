"""YOLO: where a data file says the images are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dataset.formats.yolo.test_data_file import START
from tests.dataset.formats.yolo.test_datasets import BOX, images, named, of_split, only


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("train: images/train\nval: images/val", []),
        ("path: .\ntrain: images/train/\nval: ./images/val", []),
        ("path: ../{root}\ntrain: [images/train]\nval:\n  - images/val", []),
        ("path: {root}\ntrain: images/train\nval: images/val", []),
        ("path: {whole}\ntrain: images/train\nval: {whole}/images/val", []),
        ("train: ../images/train\nval: ../images/val", []),
        ("train: ../{root}/images/train\nval: ../{root}/images/val", []),
        ("path: ../{root}\ntrain: ../{root}/images/train\nval: images/val", []),
        ("train: train.txt\nval: images\\val", []),
        ("path: /content/drive/data\ntrain: images/train\nval: images/val", [("data-path", 1)]),
        ("path: C:\\data\ntrain: images/train\nval: images/val", [("data-path", 1)]),
        ("train: /content/images/train\nvalid: images/val", [("data-path", 1)]),
        ("train: images/train\nval: images/valid\nvalidation: images/val", [("data-path", 2)]),
        ("train: images/train\nval:\n- nowhere\n- images/val", [("data-path", 3)]),
        ("train: images/train\nval: ../../../etc", [("data-path", 2)]),
    ],
)
def test_ways_to_name_folders(tmp_path: Path, text: str, expected: list[tuple[str, int]]) -> None:
    text = text.replace("{root}", tmp_path.name).replace("{whole}", tmp_path.as_posix())
    found = only(
        tmp_path,
        {
            "data.yaml": f"{text}\nnames: [cat]\n",
            "train.txt": "./images/train/a.jpg\n",
            **images("images/train/a.jpg", "images/val/b.jpg"),
            "labels/train/a.txt": BOX,
            "labels/val/b.txt": BOX,
        },
    )
    assert [(problem.kind, problem.line) for problem in found.problems] == expected
    assert named(found) == ["images/train/a.jpg", "images/val/b.jpg"]
    assert {split: len(rows) for split, rows in of_split(found).items()} == {"train": 1, "val": 1}


def test_the_same_folder_is_two_splits(tmp_path: Path) -> None:
    found = only(tmp_path, {"data.yaml": START + "names: [cat]", **images("images/a.jpg"), "labels/a.txt": BOX})
    assert sorted(found.splits["split"].to_list()) == ["train", "val"]
