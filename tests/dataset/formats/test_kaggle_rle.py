"""Run lengths of Kaggle: boxes around masks, classes in their own column or the image's, and cells that are wrong."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from datalint.dataset.formats.kaggle_rle import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

HEADER = "ImageId,EncodedPixels\n"


def picture(width: int = 6, height: int = 4) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.arange(width * height, dtype=np.uint8).reshape(height, width)).save(out, "PNG")
    return out.getvalue()


IMAGES: Files = {"train/a.png": picture(), "train/b.png": picture()}


def test_boxes_around_masks(tmp_path: Path) -> None:
    """Pixel 6 is the second of the second column of 4."""
    lines = "a.png,6 2 10 2\na.png,1 24\nb.png,\n"
    annotations = one(tmp_path, IMAGES | {"train.csv": HEADER + lines}, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "line", "raw", "unit").rows() == [
        ("train/a.png", None, 2, [1.0, 1.0, 2.0, 2.0], "xywh-pixels"),
        ("train/a.png", None, 3, [0.0, 0.0, 6.0, 4.0], "xywh-pixels"),
    ]
    assert annotations.named.select("path", "line").rows() == [("train/a.png", 2), ("train/b.png", 4)]
    assert annotations.splits["split"].to_list() == ["train", "train"]


@pytest.mark.parametrize(
    "table",
    [
        "ImageId,ClassId,EncodedPixels\na.png,3,6 2\nb.png,4,-1\n",
        "ImageId_ClassId,EncodedPixels\na.png_3,6 2\nb.png_4,\n",
        "id,label,rle\na,3,6 2\nb,4,\n",
        "EncodedPixels,Image_Label\n6 2,a.png_3\n,b.png_4\n",
    ],
)
def test_columns_and_classes(tmp_path: Path, table: str) -> None:
    annotations = one(tmp_path, IMAGES | {"train.csv": table}, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "raw").rows() == [("train/a.png", "3", [1.0, 1.0, 1.0, 2.0])]
    assert annotations.named["path"].to_list() == ["train/a.png", "train/b.png"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("6 2 10", "3 numbers, which are not pairs"),
        ("6 x", "'x' is not a number of pixels"),
        ("6 2.5", "'2.5' is not a number of pixels"),
        ("0 2", "a run begins at pixel 0"),
        ("6 0", "a run has no length"),
        ("6 3 8 2", "the run that begins at 8 overlaps the one before it, 6 3"),
        ("6 3 1 2", "the run that begins at 1 lies before the one before it, 6 3"),
        ("24 2", "the mask ends at pixel 25 of 24 (6x4)"),
    ],
)
def test_a_bad_cell_costs_that_row(tmp_path: Path, cell: str, reason: str) -> None:
    annotations = one(tmp_path, IMAGES | {"train.csv": f"{HEADER}a.png,6 2\na.png,{cell}\n"}, FORMATS)
    assert problems(annotations) == [("syntax", 3, reason)]
    assert annotations.boxes["line"].to_list() == [2]


def test_images_that_are_not_there(tmp_path: Path) -> None:
    table = "ImageId,EncodedPixels,Height,Width\ngone.png,6 2,4,6\nlost.png,6 2,,\n,6 2,,\na.png,1 2,4,6\n"
    annotations = one(tmp_path, IMAGES | {"train.csv": table}, FORMATS)
    assert problems(annotations) == [("syntax", 4, "no image is named, with a mask")]
    assert annotations.named.filter(annotations.named["file_row"].is_null())["path"].to_list() == [
        "gone.png",
        "lost.png",
    ]
    assert annotations.boxes["line"].to_list() == [2, 5]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sample_submission.csv", HEADER + "a.png,1 1\n"),
        ("train.csv", "ImageId,Label\na.png,cat\n"),
        ("train.csv", "EncodedPixels\n1 2\n"),
        ("train.csv", ""),
    ],
)
def test_other_files_are_left_alone(tmp_path: Path, name: str, content: str) -> None:
    assert read(tmp_path, IMAGES | {name: content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, IMAGES | {"train.csv": HEADER + "a.png,6 2 10 2\nb.png,\n"})
    assert data.layouts == ("kaggle-rle",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


CELLS = st.lists(st.sampled_from(["1", "2", "5", "24", "0", "x", "-1"]), max_size=6).map(" ".join)


@given(st.lists(st.tuples(st.sampled_from(["a.png", "b.png", ""]), CELLS), max_size=6))
@settings(max_examples=40)
def test_rows_are_used_or_problems(rows: list[tuple[str, str]]) -> None:
    table = HEADER + "".join(f"{name},{cell}\n" for name, cell in rows) + "a.png,\n"
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), IMAGES | {"train.csv": table}, FORMATS)
    nothing = sum(bool(name) and cell in ("", "-1") for name, cell in rows)
    assert annotations.boxes.height + nothing + len(annotations.problems) == len(rows)
