"""Supervisely: images, objects of each geometry, and what is broken where."""

from __future__ import annotations

import base64
import io
import json
import os
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.label_files import read
from datalint.dataset.formats.supervisely import FORMATS

CORNERS = {"exterior": [[9, 2], [1, 8.5]], "interior": []}
BOX: dict[str, Any] = {"id": 1, "classTitle": "car", "geometryType": "rectangle", "points": CORNERS, "tags": []}


def mask(width: int, height: int) -> str:
    out = io.BytesIO()
    Image.new("1", (width, height), 1).save(out, "PNG")
    return base64.b64encode(zlib.compress(out.getvalue())).decode()


def text(*objects: Any, **more: Any) -> str:
    return json.dumps({"description": "", "tags": [], "size": {"height": 40, "width": 60}, "objects": objects, **more})


def make(root: Path, files: dict[str, str]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, *objects: Any) -> Annotations:
    (found,) = make(root, {"train/img/a.jpg": "x", "train/ann/a.jpg.json": text(*objects)})
    return found


def test_every_geometry(tmp_path: Path) -> None:
    triangle = {"exterior": [[0, 0], [9, 0], [9, 9]], "interior": []}
    found = one(
        tmp_path,
        BOX,
        {**BOX, "geometryType": "polygon", "points": triangle},
        {**BOX, "geometryType": "line", "points": CORNERS},
        {**BOX, "geometryType": "point", "points": {"exterior": [[3, 4]]}},
        {"classTitle": "leaf", "geometryType": "bitmap", "bitmap": {"origin": [5, 6], "data": mask(20, 10)}},
        {"classTitle": "hand", "geometryType": "graph", "nodes": {"a": {"loc": [1, 2]}, "b": {"loc": [3, 4]}}},
    )
    assert found.problems == []
    assert found.boxes.select("path", "class", "raw", "unit", "pointer").rows() == [
        ("train/img/a.jpg", "car", [1.0, 2.0, 9.0, 8.5], "xyxy-pixels", "/objects/0"),
        ("train/img/a.jpg", "leaf", [5.0, 6.0, 20.0, 10.0], "xywh-pixels", "/objects/4"),
    ]
    assert found.polygons.select("points", "closed").rows() == [
        ([0.0, 0.0, 9.0, 0.0, 9.0, 9.0], True),
        ([9.0, 2.0, 1.0, 8.5], False),
    ]
    assert found.keypoints["points"].to_list() == [[3.0, 4.0, 2.0], [1.0, 2.0, 2.0, 3.0, 4.0, 2.0]]
    assert found.named.select("path", "width", "height").rows() == [("train/img/a.jpg", 60.0, 40.0)]
    assert found.splits["split"].to_list() == ["train"]


def test_a_project(tmp_path: Path) -> None:
    classes = [{"title": "car", "shape": "rectangle"}, {"title": "dog", "shape": "polygon"}, {"title": None}, 7]
    (found,) = make(
        tmp_path,
        {
            "p/meta.json": json.dumps({"classes": classes, "tags": []}),
            "p/one/img/a.jpg": "x",
            "p/one/ann/a.jpg.json": text(BOX),
            "p/two/img/b.png": "x",
            "p/two/ann/b.json": text(),
        },
    )
    assert found.problems == []
    assert found.named["path"].to_list() == ["p/one/img/a.jpg", "p/two/img/b.png"]
    assert found.classes.select("class", "source").rows() == [("car", "p/meta.json"), ("dog", "p/meta.json")]
    assert str(found.outcomes["p/meta.json"]) == "read as Supervisely: 2 classes"
    assert found.evidence == ("Supervisely: p, 2 label files, 2 images, 1 box, 1 class.",)


@pytest.mark.parametrize(
    ("bad", "pointer", "reason"),
    [
        (7, "/objects/1", "a number in place of an object"),
        ({**BOX, "classTitle": ""}, "/objects/1/classTitle", "the object has no class"),
        ({**BOX, "geometryType": "cuboid"}, "/objects/1/geometryType", "the geometry is 'cuboid', which is not read"),
        ({**BOX, "points": {"exterior": [[1, 2]]}}, "/objects/1/points/exterior", "the rectangle has 1 point"),
        ({**BOX, "points": {"exterior": [[1, "x"]]}}, "/objects/1/points", "`exterior` is not a list of points"),
        ({**BOX, "points": None}, "/objects/1/points", "`exterior` is not a list of points"),
        ({**BOX, "geometryType": "bitmap"}, "/objects/1/bitmap", "the mask has no data and origin"),
        (
            {**BOX, "geometryType": "bitmap", "bitmap": {"origin": [0, 0], "data": "eJw="}},
            "/objects/1/bitmap/data",
            "the mask is not a PNG, deflated and in base64",
        ),
        ({**BOX, "geometryType": "graph", "nodes": {}}, "/objects/1/nodes", "the graph has no nodes with a place"),
    ],
)
def test_a_bad_object_costs_that_object(tmp_path: Path, bad: Any, pointer: str, reason: str) -> None:
    found = one(tmp_path, BOX, bad, BOX)
    assert [(problem.kind, problem.pointer, problem.reason) for problem in found.problems] == [
        ("syntax", pointer, reason)
    ]
    assert found.boxes.height == 2


def test_a_file_without_an_image(tmp_path: Path) -> None:
    (found,) = make(tmp_path, {"img/a.jpg": "x", "ann/a.jpg.json": text(BOX), "ann/gone.jpg.json": text(BOX)})
    assert found.named.select("path", "file_row").null_count().row(0) == (0, 1)
    assert found.boxes["path"].to_list() == ["img/a.jpg", "img/gone.jpg"]


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"shapes": [], "imagePath": "a.jpg"}', '{"images": [], "annotations": [], "categories": []}'],
)
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert make(tmp_path, {"ann/a.jpg.json": content, "img/a.jpg": "x"}) == []


def test_a_mask_that_unpacks_to_gigabytes_costs_nothing(tmp_path: Path) -> None:
    bomb = base64.b64encode(zlib.compress(bytes(50_000_000))).decode()
    found = one(tmp_path, {**BOX, "geometryType": "bitmap", "bitmap": {"origin": [0, 0], "data": bomb}})
    assert [problem.pointer for problem in found.problems] == ["/objects/0/bitmap/data"]


OBJECTS = st.one_of(
    st.just(BOX),
    st.none(),
    st.fixed_dictionaries(
        {
            "classTitle": st.sampled_from(["car", "", None]),
            "geometryType": st.sampled_from(["rectangle", "polygon", "point", "graph", "bitmap", "any", None]),
            "points": st.sampled_from([CORNERS, {}, None, {"exterior": [[1, 1]]}]),
        }
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(OBJECTS, max_size=6))
def test_records_are_used_or_problems(objects: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        found = one(Path(folder), *objects)
    used = found.boxes.height + found.polygons.height + found.keypoints.height
    assert used + len(found.problems) == len(objects)
