"""VisDrone: boxes of numbers between commas, classes by their number, and lines that cannot be used."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats import visdrone
from tests.dataset.formats.reading import found
from tests.dataset.formats.yolo.test_datasets import make

CAR = "406,119,265,70,1,4,0,2\n"
IGNORED = "684,8,273,116,0,0,0,0\n"


def read(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    place = str(make(root, files)).encode()
    return visdrone.read(walk(place, [place], Config()), Config())


def test_boxes_and_classes(tmp_path: Path) -> None:
    lines = CAR + IGNORED + "1.5,2,3,4,1,11,0,0,\n"
    (only,) = read(tmp_path, {"train/images/a.jpg": b"x", "train/annotations/a.txt": lines})
    assert only.problems == []
    assert only.boxes.select("class", "class_id", "raw", "unit", "crowd", "line").rows() == [
        ("car", 4, [406.0, 119.0, 265.0, 70.0], "xywh-pixels", False, 1),
        ("ignored regions", 0, [684.0, 8.0, 273.0, 116.0], "xywh-pixels", True, 2),
        ("others", 11, [1.5, 2.0, 3.0, 4.0], "xywh-pixels", False, 3),
    ]
    assert only.splits["split"].to_list() == ["train"]
    assert only.evidence == (
        "VisDrone: train/annotations, 1 image, 3 boxes, 2 classes.",
        "ignored regions marks 1 region to be ignored.",
    )


def test_lines_that_cannot_be_used(tmp_path: Path) -> None:
    lines = CAR * 5 + "406,119,265,70,1,4,0\n406,119,x,70,1,4,0,2\n406,119,265,70,1,12,0,2\n"
    (only,) = read(tmp_path, {"images/a.jpg": b"x", "annotations/a.txt": lines})
    assert [(problem.line, problem.column, problem.reason) for problem in only.problems] == [
        (6, None, "7 words in the line"),
        (7, 9, "'x' is not a number"),
        (8, 18, "'12' is not the number of a class"),
    ]
    assert only.boxes.height == 5


def test_other_lines_are_left_alone(tmp_path: Path) -> None:
    corners = "377,117,463,117,465,130,378,130\n"
    files: dict[str, str | bytes] = {"images/a.jpg": b"x", "annotations/a.txt": corners}
    assert read(tmp_path, files) == []
    assert read(tmp_path / "2", {"images/a.jpg": b"x", "annotations/a.txt": "0 0.5 0.5 0.1 0.1\n"}) == []
    assert read(tmp_path / "3", {"images/a.jpg": b"x", "gt/gt.txt": "1,1,1,1,1,1,1,1\n"}) == []


def test_files_in_a_folder_of_yolo_are_read_once(tmp_path: Path) -> None:
    data = found(tmp_path, {"images/a.jpg": b"x", "labels/a.txt": CAR * 3})
    assert data.layouts == ("visdrone",)
    assert data.table("problems").is_empty()


VALID = (CAR * 2 + IGNORED).encode()


@given(st.lists(st.tuples(st.integers(0, len(VALID)), st.integers(0, 6), st.binary(max_size=6)), max_size=8))
@settings(max_examples=50, deadline=None)
def test_no_line_is_lost(changes: list[tuple[int, int, bytes]]) -> None:
    content = VALID
    for place, cut, added in changes:
        content = content[:place] + added + content[place + cut :]
    with TemporaryDirectory() as folder:
        for found in read(Path(folder), {"images/a.jpg": b"x", "annotations/a.txt": content}):
            used = found.boxes["line"].to_list()
            told = [problem.line for problem in found.problems if problem.kind == "syntax"]
            assert len({*used, *told}) == len(used) + len(told)
            assert used or changes
