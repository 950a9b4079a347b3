"""One object of one frame a line: which frames there are, what is wrong with lines, and that none is lost."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats import mot, uavdt, visdrone_video
from datalint.dataset.formats.frame_lines import floats
from datalint.dataset.formats.label_format import Fault
from tests.dataset.formats.reading import Files, one, problems

LINE = "1,7,10,20,30,40,1,1,0.5"


def mot_files(*lines: str, **more: str) -> Files:
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in more.items()}
    return {"v/img1/000001.jpg": None, "v/img1/000002.jpg": None, "v/gt/gt.txt": "\n".join(lines), **named}


def test_frames_without_a_line_hold_nothing(tmp_path: Path) -> None:
    annotations = one(tmp_path, mot_files(LINE), mot.FORMATS)
    assert annotations.problems == []
    assert annotations.named.select("path", "line").rows() == [("v/img1/000001.jpg", 1), ("v/img1/000002.jpg", None)]


def test_a_frame_that_is_not_there_is_an_image_that_is_not_there(tmp_path: Path) -> None:
    annotations = one(tmp_path, mot_files(LINE, "9" + LINE[1:]), mot.FORMATS)
    assert annotations.named.filter(pl.col("file_row").is_null())["path"].to_list() == ["v/img1/000009.jpg"]
    assert annotations.boxes["line"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("1,7,10,20,30,40,1", "7 words in the line"),
        ("x,7,10,20,30,40,1,1,1", "'x' is not the number of a frame"),
        ("-1,7,10,20,30,40,1,1,1", "'-1' is not the number of a frame"),
        ("1,7,10,2o,30,40,1,1,1", "'2o' is not a number"),
        ("1,7,10,2_0,30,40,1,1,1", "'2_0' is not a number"),
        ("1,7,10,,30,40,1,1,1", "'' is not a number"),
        ("1,7,10,20,30,40,1,1.5,1", "'1.5' is not the number of a class"),
        ("1,7,10,20,30,40,1,9223372036854775808,1", "'9223372036854775808' is not the number of a class"),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path: Path, bad: str, reason: str) -> None:
    annotations = one(tmp_path, mot_files(LINE, bad, LINE), mot.FORMATS)
    assert problems(annotations) == [("syntax", 2, reason)]
    assert annotations.boxes["line"].to_list() == [1, 3]


def test_numbers() -> None:
    assert floats(["1", "-2.5", "1e3", "inf"], "") == [1.0, -2.5, 1000.0, float("inf")]
    assert isinstance(floats(["nan"], ""), list)
    assert floats(["0x1"], "numbers") == Fault("", "'0x1' is not a number", "numbers")


FORMS = {
    "v/gt/gt.txt": (mot, LINE, "v/img1"),
    "GT/M1_gt_whole.txt": (uavdt, "1,7,1,2,3,4,1,1,1", "M1"),
    "annotations/u.txt": (visdrone_video, "1,7,1,2,3,4,1,4,0,0", "sequences/u"),
}
WORDS = st.sampled_from(["1", "2", "99", "-1", "x", "", "nan", "1.5"])


@given(st.sampled_from(sorted(FORMS)), st.lists(st.lists(WORDS, max_size=11).map(",".join), max_size=6))
def test_lines_are_used_or_problems(name: str, lines: list[str]) -> None:
    module, good, folder = FORMS[name]
    lines = [good] * 7 + lines
    with TemporaryDirectory() as root:
        annotations = one(Path(root), {f"{folder}/img000001.jpg": None, name: "\n".join(lines)}, module.FORMATS)
    told = [problem.line for problem in annotations.problems if problem.kind == "syntax"]
    wanted = [number for number, line in enumerate(lines, 1) if line.strip()]
    assert sorted([*annotations.boxes["line"], *told]) == wanted
