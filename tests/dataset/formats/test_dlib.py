"""dlib's XML: boxes and parts, and what is broken in which line."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.dlib import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

IMAGES: Files = {"a.jpg": None, "b.jpg": None}
BOX = "<box top='1' left='2' width='30' height='40'/>"
PARTS = (
    "<box top='1' left='2' width='30' height='40' ignore='1'><label>face</label>"
    "<part name='0' x='3' y='4'/><part name='1' x='5' y='6'/></box>"
)


def text(*images: str) -> str:
    return "<?xml version='1.0'?>\n<dataset>\n<images>\n" + "\n".join(images) + "\n</images>\n</dataset>\n"


def image(name: str, *boxes: str) -> str:
    return "\n".join([f"<image file='{name}'>", *boxes, "</image>"])


def test_boxes_and_parts(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {"training.xml": text(image("a.jpg", BOX, PARTS), image("b.jpg"))}, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "line", "raw", "unit", "crowd").rows() == [
        ("a.jpg", None, 5, [2.0, 1.0, 30.0, 40.0], "xywh-pixels", False),
        ("a.jpg", "face", 6, [2.0, 1.0, 30.0, 40.0], "xywh-pixels", True),
    ]
    assert annotations.keypoints.select("box", "points").rows() == [(1, [3.0, 4.0, 2.0, 5.0, 6.0, 2.0])]
    assert annotations.named.select("path", "line").rows() == [("a.jpg", 4), ("b.jpg", 8)]
    assert annotations.splits["split"].to_list() == ["train", "train"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("<box top='1' left='2' width='3'/>", "there is no `height`"),
        ("<box top='1' left='2' width='3' height='x'/>", "`height` is 'x', not a number"),
    ],
)
def test_a_bad_box_costs_that_box(tmp_path: Path, bad: str, reason: str) -> None:
    annotations = one(tmp_path, IMAGES | {"x.xml": text(image("a.jpg", BOX, bad, BOX))}, FORMATS)
    assert problems(annotations) == [("syntax", 6, reason)]
    assert annotations.boxes["line"].to_list() == [5, 7]


def test_what_else_is_wrong(tmp_path: Path) -> None:
    part = PARTS.replace("x='5'", "x='?'")
    listed = text(image("a.jpg", part), image("../../c.jpg", BOX), image("gone.jpg", BOX), image("a.jpg", BOX))
    annotations = one(tmp_path, IMAGES | {"x.xml": listed}, FORMATS)
    assert problems(annotations) == [
        ("syntax", 5, "the part '1' has no x and y that are numbers"),
        ("syntax", 7, "the path '../../c.jpg' leads outside the dataset, with 1 box"),
        ("repeated-id", 13, "the image 'a.jpg' is listed again, after line 4"),
    ]
    assert annotations.named["path"].to_list() == ["a.jpg", "gone.jpg", "a.jpg"]


@pytest.mark.parametrize("content", ["", "<dataset/>", "<annotations><image file='a.jpg'/></annotations>", "x"])
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, IMAGES | {"x.xml": content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, IMAGES | {"x.xml": text(image("a.jpg", BOX), image("b.jpg", BOX))})
    assert data.layouts == ("dlib",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


BOXES = st.lists(st.sampled_from([BOX, "<box/>", BOX.replace("30", "nan"), BOX.replace("30", "3 0")]), max_size=6)


@given(BOXES)
def test_boxes_are_used_or_problems(boxes: list[str]) -> None:
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), IMAGES | {"x.xml": text(image("a.jpg", *boxes))}, FORMATS)
    assert annotations.boxes.height + len(annotations.problems) == len(boxes)
