"""One object a line, its class a word among numbers: what a form says of lines, and that none is lost."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats import object_lines
from datalint.dataset.formats.object_lines import Form
from tests.dataset.formats.yolo.test_datasets import make

FORM = Form(
    name="made-up",
    title="Made up",
    counts=(5,),
    class_at=2,
    box=(0, 4),
    unit="xywh-pixels",
    expected="5 words",
    folders=re.compile("notes"),
    images="images",
    ignored="nothing",
    header="^#",
)
GOOD = "1 2 cat 3 4"


def read(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    place = str(make(root, files)).encode()
    return object_lines.read(walk(place, [place], Config()), FORM)


def test_a_form_says_what_the_words_are(tmp_path: Path) -> None:
    lines = f"# a header\n{GOOD}\n5 6 nothing 7 8\n{GOOD} 5\n1 2 cat x 4\n"
    (found,) = read(tmp_path, {"images/a.png": b"x", "notes/a.txt": lines, "notes/gone.txt": GOOD})
    assert found.boxes.select("class", "raw", "unit", "crowd", "line").rows() == [
        ("cat", [1.0, 2.0, 3.0, 4.0], "xywh-pixels", False, 2),
        ("nothing", [5.0, 6.0, 7.0, 8.0], "xywh-pixels", True, 3),
    ]
    assert [(problem.line, problem.column, problem.reason) for problem in found.problems] == [
        (None, None, "there is no image of this name"),
        (4, None, "6 words in the line"),
        (5, 9, "'x' is not a number"),
    ]
    assert found.evidence == (
        "Made up: notes, 1 image, 2 boxes, 1 class.",
        "nothing marks 1 region to be ignored.",
    )


def test_other_lines_are_left_alone(tmp_path: Path) -> None:
    assert read(tmp_path, {"images/a.png": b"x", "notes/a.txt": "1 2 3 4 5\n", "notes/b.txt": "#\n"}) == []
    assert read(tmp_path / "2", {"a.png": b"x", "elsewhere/b.txt": GOOD}) == []


WORDS = st.sampled_from(["1", "2.5", "cat", "x y", "1,5", "#", "\t", "nan"])


@given(st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=6))
@settings(max_examples=50, deadline=None)
def test_no_line_is_lost(lines: list[str]) -> None:
    lines = [GOOD] * 7 + lines
    with TemporaryDirectory() as folder:
        (found,) = read(Path(folder), {"images/a.png": b"x", "notes/a.txt": "\n".join(lines)})
    records = {number for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")}
    used = found.boxes["line"].to_list()
    told = [problem.line for problem in found.problems]
    assert sorted([*used, *told]) == sorted(records)
