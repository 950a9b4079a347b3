"""CelebA: attributes, boxes, landmarks and splits of the same images, and lines that cannot be used."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.containers.records import Kind
from datalint.dataset.formats.celeba import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

IMAGES: Files = {"Img/img_celeba/000001.jpg": None, "Img/img_celeba/000002.jpg": None}
ATTRIBUTES = "2\nBald Smiling Young \n000001.jpg -1  1  1\n000002.jpg -1 -1 -1\n"
BOXES = "2\nimage_id x_1 y_1 width height\n000001.jpg    95  71 226 313\n000002.jpg    72  94 221 306\n"
LANDMARKS = "1\nlefteye_x lefteye_y nose_x nose_y\n000001.jpg 165 184 244 176\n"
SPLITS = "000001.jpg 0\n000002.jpg 2\n"


def test_every_table(tmp_path: Path) -> None:
    files = {
        "Anno/list_attr_celeba.txt": ATTRIBUTES,
        "Anno/list_bbox_celeba.txt": BOXES,
        "Anno/list_landmarks_celeba.txt": LANDMARKS,
        "Eval/list_eval_partition.txt": SPLITS,
    }
    annotations = one(tmp_path, IMAGES | files, FORMATS)
    assert annotations.problems == []
    assert annotations.labels.select("path", "class", "line").rows() == [
        ("Img/img_celeba/000001.jpg", "Smiling", 3),
        ("Img/img_celeba/000001.jpg", "Young", 3),
    ]
    assert annotations.boxes.select("class", "line", "raw", "unit").rows() == [
        ("face", 3, [95.0, 71.0, 226.0, 313.0], "xywh-pixels"),
        ("face", 4, [72.0, 94.0, 221.0, 306.0], "xywh-pixels"),
    ]
    assert annotations.keypoints["points"].to_list() == [[165.0, 184.0, 2.0, 244.0, 176.0, 2.0]]
    assert annotations.named["path"].to_list() == list(IMAGES)
    assert annotations.splits["split"].to_list() == ["train", "test"]
    assert annotations.classes["class"].to_list() == ["Bald", "Smiling", "Young"]


def test_tables_with_commas(tmp_path: Path) -> None:
    files = {
        "list_attr_celeba.csv": "image_id,Bald,Young\n000001.jpg,-1,1\n000002.jpg,-1,1\n",
        "list_eval_partition.csv": "image_id,partition\n000001.jpg,0\n000002.jpg,1\n",
        "list_landmarks_align_celeba.csv": "image_id,lefteye_x,lefteye_y\n000001.jpg,69,109\n",
        "list_bbox_celeba.csv": "image_id,x_1,y_1,width,height\n000001.jpg,95,71,226,313\n",
    }
    images: Files = {f"img_align_celeba/img_align_celeba/00000{number}.jpg": None for number in (1, 2)}
    annotations = one(tmp_path, images | files, FORMATS)
    assert annotations.problems == []
    assert annotations.labels["class"].to_list() == ["Young", "Young"]
    assert annotations.keypoints.height == 1
    assert annotations.splits["split"].to_list() == ["train", "val"]
    assert annotations.boxes.is_empty()
    assert annotations.outcomes["list_bbox_celeba.csv"].kind is Kind.UNUSED


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("000001.jpg 1 2 3", "3 values"),
        ("000001.jpg 1 2 3 x", "'x' is not a number"),
        ("1 2 3 4 5", "'1' is not an image"),
        ("../../../../1.jpg 1 2 3 4", "the path '../../../../1.jpg' leads outside the dataset"),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path: Path, bad: str, reason: str) -> None:
    text = "2\nx_1 y_1 width height\n000002.jpg 1 2 3 4\n" + bad
    annotations = one(tmp_path, IMAGES | {"Anno/list_bbox_celeba.txt": text}, FORMATS)
    assert problems(annotations) == [("syntax", 4, reason)]
    assert annotations.boxes["line"].to_list() == [3]


def test_what_else_is_wrong(tmp_path: Path) -> None:
    text = "9\nBald Young\n000001.jpg 1 -1\n000001.jpg 1 1\n000002.jpg 1 2\ngone.jpg 1 1\n"
    annotations = one(tmp_path, IMAGES | {"list_attr.txt": text}, FORMATS)
    assert problems(annotations) == [
        ("syntax", 1, "9 images are announced, and 4 follow"),
        ("repeated-id", 4, "the image '000001.jpg' is listed again, after line 3"),
        ("syntax", 5, "the value '2' is none of -1, 0, 1"),
    ]
    assert annotations.named["file_row"].null_count() == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", ""),
        ("a.txt", "000001.jpg cat\n"),
        ("identity_CelebA.txt", "000001.jpg 2880\n000002.jpg 2937\n"),
        ("a.txt", "2\n1 2 3 4 5\n0 0 0 1 1\n"),
        ("train.csv", "image_id,Bald,Young\n000001.jpg,-1,1\n"),
    ],
)
def test_other_files_are_left_alone(tmp_path: Path, name: str, content: str) -> None:
    assert read(tmp_path, IMAGES | {name: content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, IMAGES | {"Anno/list_attr_celeba.txt": ATTRIBUTES, "Eval/list_eval_partition.txt": SPLITS})
    assert data.layouts == ("celeba",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


LINES = st.lists(st.sampled_from(["000001.jpg", "1", "2.5", "nan", "x"]), max_size=6).map(" ".join)


@given(st.lists(LINES, max_size=6))
def test_lines_are_used_or_problems(lines: list[str]) -> None:
    lines = [line for line in lines if line]
    text = f"{len(lines) + 1}\nx_1 y_1 width height\n000002.jpg 1 2 3 4\n" + "\n".join(lines)
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), IMAGES | {"Anno/list_bbox_celeba.txt": text}, FORMATS)
    told = [problem for problem in annotations.problems if problem.kind == "syntax"]
    assert annotations.boxes.height + len(told) == len(lines) + 1
