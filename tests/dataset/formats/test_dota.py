"""DOTA: turned boxes of labelTxt, lines in front of them, versions of the labels side by side."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats import dota
from tests.dataset.formats.yolo.test_datasets import make

SHIP = "10.0 10.0 30.0 12.0 28.0 40.0 8.0 38.0 ship 0\n"
HEADER = "imagesource:GoogleEarth\ngsd:0.146343590398\n"


def read(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    place = str(make(root, files)).encode()
    return dota.read(walk(place, [place], Config()), Config())


@pytest.mark.parametrize("labels", ["train/labelTxt", "train/labelTxt-v1.5", "train/annotations"])
def test_turned_boxes(tmp_path: Path, labels: str) -> None:
    (found,) = read(
        tmp_path, {"train/images/P1.png": b"x", f"{labels}/P1.txt": HEADER + SHIP + SHIP.replace(" 0\n", "\n")}
    )
    assert found.boxes.select("class", "raw", "unit", "line").rows() == [
        ("ship", [10.0, 10.0, 30.0, 12.0, 28.0, 40.0, 8.0, 38.0], "quad-pixels", 3),
        ("ship", [10.0, 10.0, 30.0, 12.0, 28.0, 40.0, 8.0, 38.0], "quad-pixels", 4),
    ]
    assert found.splits["split"].to_list() == ["train"]
    assert found.evidence == (f"DOTA: {labels}, 1 image, 2 boxes, 1 class.",)


def test_versions_do_not_add_up(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "images/P1.png": b"x",
        "labelTxt-v1.0/P1.txt": SHIP,
        "labelTxt-v1.5/P1.txt": SHIP * 2,
    }
    (found,) = read(tmp_path, files)
    assert found.boxes.height == 2
    assert str(found.outcomes["labelTxt-v1.0/P1.txt"]).startswith("not added")
    assert found.evidence[1] == "labelTxt-v1.0 is about the same images as labelTxt-v1.5, which was read."


def test_text_in_images_is_no_dota(tmp_path: Path) -> None:
    lines = '108 225 132 0 1 0 0 1 3 "F"\n'
    assert read(tmp_path, {"images/1.png": b"x", "labels/1.txt": lines, "labels/2.txt": "0,0,3,1,4,6,1,7,FOOD"}) == []


def test_lines_that_cannot_be_used(tmp_path: Path) -> None:
    lines = SHIP + SHIP.replace("ship", "small ship") + SHIP.replace("12.0", "12,0") + SHIP.replace("0\n", "no\n")
    (found,) = read(tmp_path, {"images/P1.png": b"x", "labelTxt/P1.txt": SHIP * 4 + lines})
    told = sorted(found.problems, key=lambda problem: problem.line or 0)
    assert [(problem.line, problem.column, problem.reason) for problem in told] == [
        (6, None, "11 words in the line"),
        (7, 16, "'12,0' is not a number"),
        (8, 45, "'no' is not a number"),
    ]


VALID = (HEADER + SHIP * 3).encode()


@given(st.lists(st.tuples(st.integers(0, len(VALID)), st.integers(0, 6), st.binary(max_size=6)), max_size=8))
@settings(max_examples=50, deadline=None)
def test_no_line_is_lost(changes: list[tuple[int, int, bytes]]) -> None:
    content = VALID
    for place, cut, added in changes:
        content = content[:place] + added + content[place + cut :]
    with TemporaryDirectory() as folder:
        for found in read(Path(folder), {"images/P1.png": b"x", "labelTxt/P1.txt": content}):
            used = found.boxes["line"].to_list()
            told = [problem.line for problem in found.problems if problem.kind == "syntax"]
            assert len({*used, *told}) == len(used) + len(told)
            assert used or changes
