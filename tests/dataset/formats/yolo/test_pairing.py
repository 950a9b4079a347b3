"""YOLO: which label file is of which image, and which is of none."""

from __future__ import annotations

from pathlib import Path

from tests.dataset.formats.yolo.test_datasets import BOX, images, only, problems


def test_files_without_an_image_are_told(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        {
            **images("images/a.jpg"),
            "labels/a.txt": BOX,
            "labels/gone.txt": BOX,
            "labels/classes.txt": "cat\ndog\n",
            "README.txt": "about",
        },
    )
    assert sorted(problems(found)) == [
        ("unused-file", "labels/classes.txt", None),
        ("unused-file", "labels/gone.txt", None),
    ]
    assert "('cat', 'dog')" in str(found.problems)
    assert found.boxes["class"].to_list() == ["cat"]
    assert "README.txt" not in found.outcomes


def test_labels_without_any_image_are_read(tmp_path: Path) -> None:
    found = only(tmp_path, {"labels/train/a.txt": BOX, "labels/train/b.txt": ""})
    assert found.named.select("file_row", "path").rows() == [(None, "images/train/a"), (None, "images/train/b")]
    assert problems(found) == []


def test_images_of_one_name_share_their_labels(tmp_path: Path) -> None:
    found = only(tmp_path, {**images("images/a.jpg", "images/a.png"), "labels/a.txt": BOX})
    assert found.boxes["path"].to_list() == ["images/a.jpg", "images/a.png"]
