"""ImageNet's localization: boxes of images that are named without extension, and what is broken in which line."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.imagenet_loc import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

IMAGES: Files = {"train/n01440764/n01440764_1.JPEG": None, "train/n01443537/n01443537_2.JPEG": None}
NAME = "LOC_train_solution.csv"
HEADER = "ImageId,PredictionString\n"
ROW = "n01440764_1,n01440764 1 2 30 40 n01440764 5 6 7 8 \n"


def test_boxes(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {NAME: HEADER + ROW + "n01443537_2,n01443537 0 0 9 9 \n"}, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("class", "line", "raw", "unit").rows() == [
        ("n01440764", 2, [1.0, 2.0, 30.0, 40.0], "xyxy-pixels"),
        ("n01440764", 2, [5.0, 6.0, 7.0, 8.0], "xyxy-pixels"),
        ("n01443537", 3, [0.0, 0.0, 9.0, 9.0], "xyxy-pixels"),
    ]
    assert annotations.named["path"].to_list() == list(IMAGES)
    assert annotations.splits["split"].to_list() == ["train", "train"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("n01443537_2,n01443537 1 2 3", "box 1: 4 words are left for it"),
        ("n01443537_2,n01443537 1 2 3 x", "box 1: 'x' is not a number"),
        ("n01443537_2,tench 1 2 3 4", "box 1: 'tench' is not a synset"),
        (",n01443537 1 2 3 4", "no image is named, with 1 box"),
    ],
)
def test_a_bad_box_costs_that_box(tmp_path: Path, bad: str, reason: str) -> None:
    annotations = one(tmp_path, IMAGES | {NAME: f"{HEADER}{ROW}{bad}\n"}, FORMATS)
    assert problems(annotations) == [("syntax", 3, reason)]
    assert annotations.boxes.height == 2


def test_an_image_that_is_not_there(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {NAME: f"{HEADER}{ROW}n9_9,n01443537 1 2 3 4\n"}, FORMATS)
    assert annotations.named.select("file_row", "path").rows()[-1] == (None, "n9_9")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("LOC_sample_submission.csv", HEADER + ROW),
        (NAME, HEADER + "a,0 1 2 3 4 5\n"),
        (NAME, "image_id,PredictionString\na,n01443537 1 2 3 4\n"),
        (NAME, ""),
        (NAME, f'"{HEADER}{ROW}'),
    ],
)
def test_other_files_are_left_alone(tmp_path: Path, name: str, content: str) -> None:
    assert read(tmp_path, IMAGES | {name: content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, IMAGES | {NAME: HEADER + ROW + "n01443537_2,n01443537 0 0 9 9 \n"})
    assert "imagenet-loc" in data.layouts
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


BOXES = st.lists(st.sampled_from(["n01443537 1 2 3 4", "x 1 2 3 4", "n01443537 a b c d", "n01443537 nan 1 inf 2"]))


@given(BOXES)
def test_boxes_are_used_or_problems(boxes: list[str]) -> None:
    with TemporaryDirectory() as folder:
        table = f"{HEADER}{ROW}n01443537_2,{' '.join(boxes)}\n"
        annotations = one(Path(folder), IMAGES | {NAME: table}, FORMATS)
    assert annotations.boxes.height + len(annotations.problems) == len(boxes) + 2
