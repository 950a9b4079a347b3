"""SuperAnnotate: metadata, instances of every type, and what is broken where."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.formats.superannotate import FORMATS
from tests.dataset.formats.reading import lost, places, read

CORNERS = {"x1": 2, "y1": 1.5, "x2": 40, "y2": 30}
CAT: dict[str, Any] = {"type": "bbox", "classId": 5, "className": "cat", "points": CORNERS, "pointLabels": {}}
QUAD = {"x1": 1, "y1": 2, "x2": 9, "y2": 2, "x3": 9, "y3": 8, "x4": 1, "y4": 8}


def text(*instances: Any, name: Any = "a.jpg", **more: Any) -> str:
    """Each instance in a line of its own, from line 2."""
    head = {"metadata": {"name": name, "width": 64, "height": 48, "annotatorEmail": None}, **more}
    lines = ",\n".join(json.dumps(one) for one in instances)
    return f'{json.dumps(head)[:-1]}, "instances": [\n{lines}\n], "tags": []}}'


def one(root: Path, *instances: Any, **files: str) -> Annotations:
    (found,) = read(root, {"a.jpg.json": text(*instances), "a.jpg": "x", **files}, FORMATS)
    return found


def test_shapes(tmp_path: Path) -> None:
    shapes: tuple[dict[str, Any], ...] = (
        {"type": "rbbox", "points": QUAD},
        {"type": "ellipse", "cx": 20, "cy": 10, "rx": 4, "ry": 3, "angle": 0},
        {"type": "polygon", "points": [1, 2, 9, 2, 9, 9]},
        {"type": "polyline", "points": [1, 2, 9, 2]},
        {"type": "point", "x": 3, "y": 4},
        {"type": "template", "points": [{"id": 1, "x": 5, "y": 6}], "connections": []},
        {"type": "tag"},
    )
    found = one(tmp_path, CAT, *({"className": "dog", **shape} for shape in shapes))
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "pointer", "raw", "unit").rows() == [
        ("a.jpg", "cat", 2, "/instances/0", [2.0, 1.5, 40.0, 30.0], "xyxy-pixels"),
        ("a.jpg", "dog", 3, "/instances/1", [1.0, 2.0, 9.0, 2.0, 9.0, 8.0, 1.0, 8.0], "quad-pixels"),
        ("a.jpg", "dog", 4, "/instances/2", [20.0, 10.0, 8.0, 6.0], "cxcywh-pixels"),
    ]
    assert found.polygons.select("points", "closed").rows() == [
        ([1.0, 2.0, 9.0, 2.0, 9.0, 9.0], True),
        ([1.0, 2.0, 9.0, 2.0], False),
    ]
    assert found.keypoints["points"].to_list() == [[3.0, 4.0, 2.0], [5.0, 6.0, 2.0]]
    assert found.labels["class"].to_list() == ["dog"]
    assert found.named.select("path", "width", "height").rows() == [("a.jpg", 64.0, 48.0)]


def test_classes_of_the_project(tmp_path: Path) -> None:
    listed = json.dumps([{"id": 5, "name": "cat"}, {"id": 6, "name": "cow"}, {"name": "hen"}, 7])
    nameless = {key: value for key, value in CAT.items() if key != "className"}
    (found,) = read(
        tmp_path,
        {
            "train/a.jpg.json": text(nameless, {**nameless, "classId": 9}),
            "train/a.jpg": "x",
            "classes/classes.json": listed,
        },
        FORMATS,
    )
    assert found.problems == []
    assert found.boxes["class"].to_list() == ["cat", "9"]
    assert found.classes["class"].to_list() == ["cat", "cow", "hen"]
    assert found.splits["split"].to_list() == ["train"]
    assert str(found.outcomes["classes/classes.json"]) == "read as SuperAnnotate: 3 classes"


def test_files_that_name_no_image_have_its_name(tmp_path: Path) -> None:
    files = {"a.jpg___objects.json": text(CAT, name=None), "b.png.json": text(name=None), "a.jpg": "x", "b.png": "x"}
    (found,) = read(tmp_path, files, FORMATS)
    assert found.problems == []
    assert found.named["path"].to_list() == ["a.jpg", "b.png"]


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    found = one(tmp_path, {"type": "cuboid", "className": "cat", "points": {}}, {"classId": 1, "parts": []})
    assert found.problems == []
    assert found.evidence[1:] == (
        "Of SuperAnnotate's annotations not read: 1 cuboid.",
        "Of SuperAnnotate's annotations not read: 1 mask.",
    )


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of an instance"),
        ({**CAT, "className": ""}, "/className", "the instance has no `className`"),
        ({"type": "bbox", "points": CORNERS}, "", "the instance has no `className`"),
        ({**CAT, "type": "star"}, "/type", "the type is 'star', which is not read"),
        ({**CAT, "points": [1, 2]}, "/points", "a list in place of a box"),
        ({**CAT, "points": {"x1": 1}}, "/points", "the box has no `y1`"),
        ({**CAT, "points": {**CORNERS, "x2": None}}, "/points/x2", "`x2` is null"),
        ({**CAT, "type": "polygon", "points": [1, 2, 3]}, "/points", "a list of 3 numbers"),
        ({**CAT, "type": "polygon", "points": [1, 2, 3, 4, 5, "x"]}, "/points/5", "a text in place of a number"),
        ({**CAT, "type": "point", "x": 1}, "", "the point has no `y`"),
        ({**CAT, "type": "template", "points": [{"x": 1}]}, "/points/0", "an object that is not a point"),
        ({**CAT, "type": "ellipse", "cx": 1}, "", "the ellipse has no `cy`"),
    ],
)
def test_a_bad_instance_costs_that_instance(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, CAT, bad, CAT)
    assert places(found) == [("syntax", 3, f"/instances/1{step}")]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


@pytest.mark.parametrize("content", ["[]", "{", '{"instances": []}', '{"metadata": {"name": "a.jpg"}, "objects": []}'])
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.json": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(CAT),
    st.none(),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["polygon", "bbox", None]), "className": st.sampled_from(["cat", "", None])},
        optional={"points": st.just([1, 2, 9, 2, 9, 9])},
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        (found,) = read(Path(folder), {"a.jpg.json": text(*values), "a.jpg": "x"}, FORMATS)
    assert found.boxes.height + found.polygons.height + lost(found) == len(values)
