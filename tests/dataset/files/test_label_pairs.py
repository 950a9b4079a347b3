"""Which text file holds the labels of which image."""

from __future__ import annotations

import polars as pl
import pytest

from datalint.dataset.files.label_pairs import image_folder, label_folder, pairs, text_files


def paired(*paths: str) -> set[tuple[str, str]]:
    """(text, image) of each pair."""
    ordered = sorted(paths)
    names = [path.rpartition("/")[2] for path in ordered]
    files = pl.DataFrame(
        {
            "path": ordered,
            "folder": [path.rpartition("/")[0] for path in ordered],
            "name": names,
            "stem": [name.rpartition(".")[0] for name in names],
            "extension": [name.rpartition(".")[2] for name in names],
            "candidate": [name.endswith(("jpg", "png")) for name in names],
            "bytes": [1] * len(ordered),
        }
    ).with_row_index("file_row")
    texts = text_files(files)
    return {
        (ordered[label], ordered[image]) for label, image in pairs(files, texts).select("label", "image").iter_rows()
    }


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("images/train", "labels/train"),
        ("train/images", "train/labels"),
        ("images", "labels"),
        ("images/images/x", "images/labels/x"),
        ("pictures/train", "pictures/train"),
        ("", ""),
    ],
)
def test_the_rule_of_ultralytics(images: str, labels: str) -> None:
    assert label_folder(images) == labels
    assert image_folder(labels) == images or labels == images


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("labels/a.txt", "images/a.jpg"),
        ("a.txt", "a.jpg"),
        ("images/a.txt", "images/a.jpg"),
        ("x/Labels/a.txt", "x/Images/a.jpg"),
        ("x/L/train/a.txt", "x/I/train/a.jpg"),
    ],
)
def test_where_labels_are_looked_for(text: str, image: str) -> None:
    assert paired(text, image) == {(text, image)}


def test_the_first_place_counts() -> None:
    assert paired("images/a.jpg", "labels/a.txt", "images/a.txt") == {("labels/a.txt", "images/a.jpg")}
    assert paired("images/a.jpg", "images/a.png", "labels/a.txt") == {
        ("labels/a.txt", "images/a.jpg"),
        ("labels/a.txt", "images/a.png"),
    }


def test_folders_of_other_files_are_no_labels() -> None:
    assert paired("x/I/a.jpg", "x/notes/a.txt", "x/notes/b.txt", "x/notes/c.txt") == set()
    assert paired("deep/er/x/a.jpg", "y/a.txt") == set()
