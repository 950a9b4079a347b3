"""V7's Darwin JSON: items, annotations of every shape, and what is broken where."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.formats.darwin import FORMATS
from tests.dataset.formats.reading import lost, places, read

SIDES = {"x": 2, "y": 1.5, "w": 40, "h": 30}
CAT: dict[str, Any] = {"id": "1", "name": "cat", "bounding_box": SIDES, "slot_names": ["0"], "properties": []}
PATH = [{"x": 1, "y": 2}, {"x": 9, "y": 2}, {"x": 9, "y": 9}]
FLAT = [1.0, 2.0, 9.0, 2.0, 9.0, 9.0]


def text(*annotations: Any, name: Any = "a.jpg", **more: Any) -> str:
    """Each annotation in a line of its own, from line 2."""
    slots = [{"type": "image", "slot_name": "0", "width": 64, "height": 48}]
    head = {"version": "2.0", "item": {"name": name, "path": "/", "slots": slots, **more}}
    lines = ",\n".join(json.dumps(one) for one in annotations)
    return f'{json.dumps(head)[:-1]}, "annotations": [\n{lines}\n]}}'


def one(root: Path, *annotations: Any) -> Annotations:
    (found,) = read(root, {"annotations/a.json": text(*annotations), "images/a.jpg": "x"}, FORMATS)
    return found


def test_shapes(tmp_path: Path) -> None:
    shapes: tuple[dict[str, Any], ...] = (
        {"polygon": {"paths": [PATH, PATH]}, "bounding_box": SIDES},
        {"polygon": {"path": PATH, "additional_paths": []}},
        {"line": {"path": PATH[:2]}},
        {"keypoint": {"x": 3, "y": 4}},
        {"skeleton": {"nodes": [{"name": "nose", "occluded": False, "x": 5, "y": 6}]}},
        {"ellipse": {"angle": 0, "center": {"x": 20, "y": 10}, "radius": {"x": 4, "y": 3}}},
        {"tag": {}},
    )
    found = one(tmp_path, CAT, *({"name": "dog", **shape} for shape in shapes))
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "pointer", "raw", "unit").rows() == [
        ("images/a.jpg", "cat", 2, "/annotations/0", [2.0, 1.5, 40.0, 30.0], "xywh-pixels"),
        ("images/a.jpg", "dog", 3, "/annotations/1", [2.0, 1.5, 40.0, 30.0], "xywh-pixels"),
        ("images/a.jpg", "dog", 7 + 1, "/annotations/6", [20.0, 10.0, 8.0, 6.0], "cxcywh-pixels"),
    ]
    assert found.polygons.select("box", "part", "points", "closed").rows() == [
        (1, 0, FLAT, True),
        (1, 1, FLAT, True),
        (None, 0, FLAT, True),
        (None, 0, FLAT[:4], False),
    ]
    assert found.keypoints["points"].to_list() == [[3.0, 4.0, 2.0], [5.0, 6.0, 2.0]]
    assert found.labels.select("path", "class").rows() == [("images/a.jpg", "dog")]
    assert found.named.select("path", "width", "height").rows() == [("images/a.jpg", 64.0, 48.0)]


def test_files_of_splits_and_folders(tmp_path: Path) -> None:
    files = {
        "annotations/train/a.json": text(CAT),
        "annotations/val/a.json": text(CAT),
        "annotations/val/b.json": text(name="x.jpg", path="/day 1"),
        "images/train/a.jpg": "x",
        "images/val/a.jpg": "x",
        "images/day 1/x.jpg": "x",
    }
    (found,) = read(tmp_path, files, FORMATS)
    assert found.problems == []
    assert found.named["path"].to_list() == ["images/train/a.jpg", "images/val/a.jpg", "images/day 1/x.jpg"]
    assert found.splits["split"].to_list() == ["train", "val", "val"]
    assert found.evidence[0] == "V7 Darwin: annotations, 3 label files, 3 images, 2 boxes, 1 class."


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    found = one(tmp_path, {"name": "cat", "mask": {}}, {"name": "__raster_layer__", "raster_layer": {"dense_rle": [0]}})
    assert found.problems == []
    assert "Of V7 Darwin's annotations not read: 1 mask." in found.evidence


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of an object"),
        ({**CAT, "name": None}, "/name", "the annotation has no `name`"),
        ({"name": "cat"}, "", "the annotation is not drawn"),
        ({**CAT, "bounding_box": {"x": 1}}, "/bounding_box", "the box has no `y`"),
        ({**CAT, "bounding_box": {**SIDES, "w": "x"}}, "/bounding_box/w", "`w` is a text"),
        ({"name": "cat", "polygon": []}, "/polygon", "a list in place of"),
        ({"name": "cat", "polygon": {"paths": []}}, "/polygon/paths", "a list in place of"),
        ({"name": "cat", "polygon": {"paths": [[{"x": 1}]]}}, "/polygon/paths/0/0", "an object that is not a point"),
        (
            {"name": "cat", "polygon": {"paths": [PATH]}, "bounding_box": 1},
            "/bounding_box",
            "a number in place of a box",
        ),
        ({"name": "cat", "line": {"path": PATH[:1]}}, "/line/path", "1 point"),
        ({"name": "cat", "keypoint": {"x": 1}}, "/keypoint", "the keypoint has no `y`"),
        ({"name": "cat", "skeleton": 7}, "/skeleton/nodes", "a number in place of points"),
        ({"name": "cat", "ellipse": {"center": {"x": 1, "y": 1}}}, "/ellipse/radius", "null in place of a radius"),
    ],
)
def test_a_bad_annotation_costs_that_annotation(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, CAT, bad, CAT)
    assert places(found) == [("syntax", 3, f"/annotations/1{step}")]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


def test_bad_files(tmp_path: Path) -> None:
    files = {
        "a.json": text(CAT, name="gone.jpg"),
        "b.json": text(CAT, name=None),
        "c.json": text(CAT)[:-30],
        "d.json": text().replace('"annotations": [\n\n]', '"annotations": {}'),
        "e.json": text().replace(', "annotations": [\n\n]', ""),
    }
    (found,) = read(tmp_path, {**files, **{f"{name}.jpg": "x" for name in "abcde"}}, FORMATS)
    told = [(problem.file, problem.pointer) for problem in found.problems]
    assert {file for file, _ in told} == {"c.json", "d.json", "e.json"}
    assert ("d.json", "/annotations") in told


@pytest.mark.parametrize("content", ["[]", "{", '{"annotations": [], "images": []}', '{"item": {}, "annotations": []}'])
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.json": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(CAT),
    st.just({"name": "cat", "polygon": {"paths": [PATH]}}),
    st.none(),
    st.fixed_dictionaries({"name": st.sampled_from(["cat", "", None])}, optional={"line": st.just({"path": PATH})}),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        (found,) = read(Path(folder), {"a.json": text(*values), "a.jpg": "x"}, FORMATS)
    assert found.boxes.height + found.polygons.height + lost(found) == len(values)
