"""WFLW: faces with points and boxes, several an image, and lines that cannot be used."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.wflw import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

IMAGES: Files = {"WFLW_images/7--Cheering/a b.jpg": None, "WFLW_images/7--Cheering/c.jpg": None}
POINTS = " ".join(["1.5 2.5"] * 98)
FACE = f"{POINTS} 1 2 30 40 0 0 0 0 1 0 7--Cheering/c.jpg"
NAME = "WFLW_annotations/list_98pt_rect_attr_train.txt"


def test_faces(tmp_path: Path) -> None:
    text = f"{FACE}\n{FACE}\n{FACE.replace('c.jpg', 'a b.jpg')}\n"
    annotations = one(tmp_path, IMAGES | {NAME: text}, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "line", "raw", "unit").rows() == [
        ("WFLW_images/7--Cheering/c.jpg", "face", 1, [1.0, 2.0, 30.0, 40.0], "xyxy-pixels"),
        ("WFLW_images/7--Cheering/c.jpg", "face", 2, [1.0, 2.0, 30.0, 40.0], "xyxy-pixels"),
        ("WFLW_images/7--Cheering/a b.jpg", "face", 3, [1.0, 2.0, 30.0, 40.0], "xyxy-pixels"),
    ]
    assert annotations.keypoints.select("box", "line").rows() == [(0, 1), (1, 2), (2, 3)]
    assert annotations.keypoints["points"][0].to_list() == [1.5, 2.5, 2.0] * 98
    assert annotations.named.height == 2
    assert annotations.splits["split"].to_list() == ["train", "train"]


def test_points_alone(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {"list_98pt_test.txt": f"{POINTS} 7--Cheering/a b.jpg\n"}, FORMATS)
    assert annotations.named["path"].to_list() == ["WFLW_images/7--Cheering/a b.jpg"]
    assert annotations.boxes.is_empty()
    assert annotations.keypoints.height == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("1 2 3 c.jpg", "4 words in the line"),
        (FACE.replace("30 40", "30 x"), "'x' is not a number"),
        (FACE.replace("7--Cheering", "../../.."), "the path '../../../c.jpg' leads outside the dataset; 'WFLW"),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path: Path, bad: str, reason: str) -> None:
    annotations = one(tmp_path, IMAGES | {NAME: f"{FACE}\n{bad}\n{FACE}\n"}, FORMATS)
    ((_, line, told),) = problems(annotations)
    assert line == 2
    assert told.startswith(reason)
    assert {1, 3} <= set(annotations.boxes["line"])


def test_an_image_that_is_not_there(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {NAME: f"{FACE}\n{FACE.replace('c.jpg', 'gone.jpg')}\n"}, FORMATS)
    assert annotations.named["file_row"].null_count() == 1


@pytest.mark.parametrize("content", ["", "1 2 3 c.jpg\n", "0 .5 .5 .1 .1\n", f"{POINTS} 5\n"])
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, IMAGES | {NAME: content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, IMAGES | {NAME: f"{FACE}\n{FACE.replace('c.jpg', 'a b.jpg')}\n"})
    assert data.layouts == ("wflw",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


LINES = st.sampled_from([FACE, FACE[4:], FACE + " x", f"{POINTS} gone.jpg", "x", " ", FACE.replace("30", "nan")])


@given(st.lists(LINES, max_size=6))
def test_lines_are_used_or_problems(lines: list[str]) -> None:
    lines = [FACE, *lines]
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), IMAGES | {NAME: "\n".join(lines)}, FORMATS)
    used = set(annotations.keypoints["line"])
    told = {problem.line for problem in annotations.problems}
    assert used | told == {number for number, line in enumerate(lines, 1) if line.strip()}
    assert not used & told
