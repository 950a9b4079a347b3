"""VIA's CSV: every shape, images without regions, and what is broken in which line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.discover import discover
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.label_files import read
from datalint.dataset.formats.via import FORMATS

HEADER = "#filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"
RECT = {"name": "rect", "x": 1, "y": 2, "width": 3, "height": 4}


def cell(value: Any) -> str:
    return '"' + json.dumps(value, ensure_ascii=False).replace('"', '""') + '"'


def row(name: str, shape: Any = RECT, attributes: Any = None, count: int = 1, of_image: Any = None) -> str:
    said = cell({"class": "cat"} if attributes is None else attributes)
    return f"{name},123,{cell(of_image or {})},{count},0,{cell(shape)},{said}"


def make(root: Path, *rows: str, header: str = HEADER) -> list[Annotations]:
    for name in ("a.jpg", "b.jpg", "ä.jpg"):
        (root / name).write_bytes(b"x")
    (root / "via.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, *rows: str, header: str = HEADER) -> Annotations:
    (found,) = make(root, *rows, header=header)
    return found


def test_every_shape(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        row("a.jpg"),
        row("a.jpg", {"name": "circle", "cx": 9, "cy": 8, "r": 2}, {"class": "dög"}),
        row("ä.jpg", {"name": "polygon", "all_points_x": [1, 2, 3], "all_points_y": [4, 5, 6]}),
        row("ä.jpg", {"name": "point", "cx": 1, "cy": 2}),
        row("b.jpg", {}, {}, 0),
    )
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "raw", "unit").rows() == [
        ("a.jpg", "cat", 2, [1.0, 2.0, 3.0, 4.0], "xywh-pixels"),
        ("a.jpg", "dög", 3, [9.0, 8.0, 4.0, 4.0], "cxcywh-pixels"),
    ]
    assert found.polygons.select("path", "line", "closed").rows() == [("ä.jpg", 4, True)]
    assert found.keypoints["points"].to_list() == [[1.0, 2.0, 2.0]]
    assert found.named.select("path", "line").rows() == [("a.jpg", 2), ("ä.jpg", 4), ("b.jpg", 6)]
    assert found.precision == 2
    assert found.evidence[0] == ("VIA: via.csv, 3 images, 2 boxes, 1 polygon or line, 1 set of points, 2 classes.")


def test_version_2_and_tables_that_python_wrote(tmp_path: Path) -> None:
    python = "a.jpg,\"{'name': 'rect', 'x': 1, 'y': 2, 'width': 3, 'height': 4}\",\"{'class': 'cat'}\""
    found = one(tmp_path, python, header="filename,region_shape_attributes,region_attributes")
    assert found.boxes.select("class", "raw").rows() == [("cat", [1.0, 2.0, 3.0, 4.0])]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row("a.jpg", {"name": "polygon", "all_points_x": [1], "all_points_y": []}), "the polygon has 1 x and 0 y"),
        (row("a.jpg", {}), "the region has no shape"),
        (row("a.jpg", attributes={}), "the region has no `class`"),
        (row(""), "no image is named, with 1 region"),
        (row("../../x.jpg"), "leads outside the dataset, with 1 region"),
        ('a.jpg,1,{},1,0,"{""name"":",{}', "a cell that is not JSON: not valid JSON"),
        ("a.jpg,1,{},1", "4 fields in a table of 7 columns"),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path: Path, bad: str, reason: str) -> None:
    found = one(tmp_path, row("a.jpg"), bad, row("b.jpg"))
    assert [(problem.kind, problem.line) for problem in found.problems] == [("syntax", 3)]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


def test_other_tables_are_left_alone(tmp_path: Path) -> None:
    assert make(tmp_path, "a.jpg,cat", header="filename,label") == []


def test_it_is_read_once(tmp_path: Path) -> None:
    """Not again as a table of boxes."""
    make(tmp_path, row("a.jpg"), row("b.jpg"))
    data = discover([tmp_path], Config())
    assert data.layouts == ("via",)
    assert data.table("boxes").height == 2


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_records_are_used_or_told(data: st.DataObject) -> None:
    kinds = {
        "good": row("a.jpg"),
        "shape": row("a.jpg", {"name": "blob"}),
        "class": row("b.jpg", attributes={"other": "x"}),
        "cell": 'a.jpg,1,{},1,0,"{",{}',
        "short": "a.jpg",
        "nameless": row(""),
    }
    drawn = data.draw(st.lists(st.sampled_from(sorted(kinds)), max_size=8))
    with TemporaryDirectory() as folder:
        found = one(Path(folder), row("a.jpg"), *(kinds[kind] for kind in drawn))
    assert found.boxes.height + len(found.problems) == len(drawn) + 1
