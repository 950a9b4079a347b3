"""MOTS: boxes around masks, where frames are, and run lengths that cannot be used."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.mots import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

#: A mask of 4 x 4 pixels at 1, 1 in an image of 32 x 24.
RUNS = "i04d000000Wd0"
LINE = f"0 1005 1 24 32 {RUNS}"
IMAGES: Files = {"training/image_02/0001/000000.png": None, "training/image_02/0001/000001.png": None}
NAME = "instances_txt/0001.txt"


def test_boxes_around_masks(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {NAME: f"{LINE}\n1 10000 10 24 32 {RUNS}\n"}, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "class_id", "raw", "unit", "id", "crowd").rows() == [
        ("training/image_02/0001/000000.png", "car", 1, [1.0, 1.0, 4.0, 4.0], "xywh-pixels", "1005", False),
        ("training/image_02/0001/000001.png", "ignored region", 10, [1.0, 1.0, 4.0, 4.0], "xywh-pixels", "10000", True),
    ]
    assert annotations.named.select("width", "height").unique().rows() == [(32.0, 24.0)]


def test_folders_of_the_challenge(tmp_path: Path) -> None:
    files = {"train/MOTS20-02/img1/000001.jpg": None, "train/MOTS20-02/gt/gt.txt": "1" + LINE[1:]}
    annotations = one(tmp_path, files, FORMATS)
    assert annotations.boxes["path"].to_list() == ["train/MOTS20-02/img1/000001.jpg"]
    assert annotations.splits["split"].to_list() == ["train"]


@pytest.mark.parametrize(
    ("bad", "kind", "reason"),
    [
        (f"0 1005 1 25 32 {RUNS}", "syntax", "the run lengths are of 768 pixels, the image is of 800 pixels"),
        ("0 1005 1 24 32 ~~~", "syntax", "the run lengths cannot be decoded"),
        (f"0 x 1 24 32 {RUNS}", "syntax", "'x' is not a number that can stand here"),
        (f"0 1005 1 0 32 {RUNS}", "syntax", "'0' is not a number that can stand here"),
        ("0 1005 1 24 32", "syntax", "5 words in the line"),
        (f"0 1005 7 24 32 {RUNS}", "unknown-category", "7 is not the number of a class"),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path: Path, bad: str, kind: str, reason: str) -> None:
    annotations = one(tmp_path, IMAGES | {NAME: f"{LINE}\n{bad}\n{LINE}\n"}, FORMATS)
    assert problems(annotations) == [(kind, 2, reason)]
    assert annotations.boxes["line"].to_list() == ([1, 3] if kind == "syntax" else [1, 2, 3])


@pytest.mark.parametrize("content", ["", "0 1 2 3 4 5\n", "0 0.5 0.5 0.1 0.1\n", "Car 0 0 1 2 3\n"])
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, IMAGES | {NAME: content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, IMAGES | {NAME: f"{LINE}\n1{LINE[1:]}\n"})
    assert data.layouts == ("mots",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


LINES = st.lists(st.sampled_from(["0", "1", "24", "32", "x", RUNS, "~"]), max_size=7).map(" ".join)


@given(st.lists(LINES, max_size=6))
def test_lines_are_used_or_problems(lines: list[str]) -> None:
    lines = [LINE] * 7 + lines
    with TemporaryDirectory() as root:
        annotations = one(Path(root), IMAGES | {NAME: "\n".join(lines)}, FORMATS)
    told = [problem.line or 0 for problem in annotations.problems if problem.kind == "syntax"]
    wanted = [number for number, line in enumerate(lines, 1) if line.strip()]
    assert sorted([*annotations.boxes["line"].to_list(), *told]) == wanted
