"""Lists with boxes: images and boxes of a line, names of classes, and what is broken in which line."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.keras_yolo import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

IMAGES: Files = {"img/a b.jpg": None, "img/c.png": None}
LINE = "img/a b.jpg 10,20,110,220,0 30,40,50.5,60,1"


def test_boxes_and_images_without_any(tmp_path: Path) -> None:
    annotations = one(
        tmp_path, IMAGES | {"2007_train.txt": f"{LINE}\nimg/c.png\n", "voc_classes.txt": "cat\ndog\n"}, FORMATS
    )
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "class_id", "line", "raw", "unit").rows() == [
        ("img/a b.jpg", "cat", 0, 1, [10.0, 20.0, 110.0, 220.0], "xyxy-pixels"),
        ("img/a b.jpg", "dog", 1, 1, [30.0, 40.0, 50.5, 60.0], "xyxy-pixels"),
    ]
    assert annotations.named["path"].to_list() == ["img/a b.jpg", "img/c.png"]
    assert annotations.classes.select("class", "class_id").rows() == [("cat", 0), ("dog", 1)]
    assert annotations.splits["split"].to_list() == ["train", "train"]
    assert annotations.evidence == ("list with boxes: 2007_train.txt, 2 images, 2 boxes, 2 classes.",)


def test_classes_that_nobody_names(tmp_path: Path) -> None:
    files = {"train.txt": LINE, "val.txt": "img/c.png 1,2,3,4,7\n"}
    annotations = one(tmp_path, IMAGES | files, FORMATS)
    assert annotations.boxes["class"].to_list() == ["0", "1", "7"]
    assert annotations.splits["split"].to_list() == ["train", "val"]
    names = one(tmp_path / "2", IMAGES | files | {"classes.txt": "cat\ndog\n"}, FORMATS)
    assert problems(names) == [("unknown-category", 1, "class 7 of 2 classes, counted from 0")]
    assert names.classes.height == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("img/c.png 1,2,3,4", "box 1: '1,2,3,4' is of 4 numbers"),
        ("img/c.png 1,2,x,4,0", "box 1: 'x' is not a number"),
        ("img/c.png 1,2,3,4,cat", "box 1: 'cat' is not the number of a class"),
        ("1,2,3,4,0", "'1,2,3,4,0' does not begin with an image"),
        ("../../x.jpg 1,2,3,4,0", "the path '../../x.jpg' leads outside the dataset, with 1 box"),
    ],
)
def test_a_bad_box_costs_that_box(tmp_path: Path, bad: str, reason: str) -> None:
    lines = f"{LINE}\nimg/d.jpg 1,2,3,4,0\n{bad}\n"
    annotations = one(tmp_path, IMAGES | {"img/d.jpg": None, "train.txt": lines}, FORMATS)
    assert problems(annotations) == [("syntax", 3, reason)]
    assert annotations.boxes.height == 3


def test_an_image_that_is_not_there(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {"train.txt": f"{LINE}\nimg/gone.jpg 1,2,3,4,0\n"}, FORMATS)
    assert annotations.named.select("file_row", "path").rows() == [(0, "img/a b.jpg"), (None, "img/gone.jpg")]


@pytest.mark.parametrize(
    "content", ["", "img/c.png\n", "img/c.png 0\n", "img/c.png cat\n", "img/c.png 1 2 3 4 0\n", "0 .5 .5 .1 .1\n"]
)
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, IMAGES | {"train.txt": content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, IMAGES | {"train.txt": f"{LINE}\nimg/c.png 1,2,3,4,1\n"})
    assert data.layouts == ("keras-yolo",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


BOXES = st.lists(st.sampled_from(["1,2,3,4,0", "1,2,3", "a,b,c,d,e", ",,,,", "nan,1,2,3,5", "1,2,3,4,-1"]), max_size=6)


@given(BOXES)
def test_boxes_are_used_or_problems(boxes: list[str]) -> None:
    with TemporaryDirectory() as folder:
        line = " ".join(["img/c.png", *boxes])
        annotations = one(Path(folder), IMAGES | {"train.txt": f"{LINE}\n{LINE}\n{line}\n"}, FORMATS)
    told = [problem for problem in annotations.problems if problem.kind == "syntax"]
    assert annotations.boxes.height + len(told) == len(boxes) + 4
