"""Datumaro: items, annotations of every type, and what is broken where."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.formats.datumaro import FORMATS
from tests.dataset.formats.reading import lost, places, read

CAT: dict[str, Any] = {"id": 0, "type": "bbox", "label_id": 0, "bbox": [2, 1.5, 40, 30], "group": 0}
RUNS = [25, 4, 20, 4, 20, 4, 20, 4, 667]


def item(name: str, *annotations: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "annotations": list(annotations), "image": {"path": f"{name}.jpg", "size": [48, 64]}, **more}


def text(*items: Any) -> str:
    """Each item in a line of its own, from line 2."""
    labels: list[dict[str, Any]] = [{"name": name, "parent": "", "attributes": []} for name in ("cat", "dog")]
    head = {"dm_format_version": "1.0", "infos": {}, "categories": {"label": {"labels": labels, "attributes": []}}}
    return f'{json.dumps(head)[:-1]}, "items": [\n' + ",\n".join(json.dumps(one) for one in items) + "\n]}"


def one(root: Path, *items: Any) -> Annotations:
    pictures = {f"images/train/{name}.jpg": "x" for name in ("a", "b")}
    (found,) = read(root, {"annotations/train.json": text(*items), **pictures}, FORMATS)
    return found


def test_boxes_and_labels(tmp_path: Path) -> None:
    crowd = {**CAT, "label_id": 1, "attributes": {"is_crowd": True}}
    found = one(tmp_path, item("a", CAT, crowd, {"type": "label", "label_id": 1}), item("b"))
    assert found.problems == []
    assert found.boxes.select("path", "class", "class_id", "line", "pointer", "raw", "unit", "crowd").rows() == [
        ("images/train/a.jpg", "cat", 0, 2, "/items/0/annotations/0", [2.0, 1.5, 40.0, 30.0], "xywh-pixels", None),
        ("images/train/a.jpg", "dog", 1, 2, "/items/0/annotations/1", [2.0, 1.5, 40.0, 30.0], "xywh-pixels", True),
    ]
    assert found.labels.select("path", "class", "pointer").rows() == [
        ("images/train/a.jpg", "dog", "/items/0/annotations/2")
    ]
    assert found.named.select("path", "width", "height").rows() == [
        ("images/train/a.jpg", 64.0, 48.0),
        ("images/train/b.jpg", 64.0, 48.0),
    ]
    assert found.splits["split"].to_list() == ["train", "train"]
    assert found.classes["class"].to_list() == ["cat", "dog"]


def test_shapes(tmp_path: Path) -> None:
    shapes: tuple[dict[str, Any], ...] = (
        {"type": "polygon", "points": [1, 2, 9, 2, 9, 9]},
        {"type": "polyline", "points": [1, 2, 9, 2]},
        {"type": "points", "points": [3, 4, 5, 6], "visibility": [2, 2]},
        {"type": "ellipse", "points": [1, 2, 9, 8]},
        {"type": "mask", "rle": {"counts": RUNS, "size": [24, 32]}},
        {"type": "mask", "rle": {"counts": "i04d000000Wd0", "size": [24, 32]}},
        {"type": "caption", "caption": "a cat"},
    )
    found = one(tmp_path, item("a", *({"label_id": 0, **shape} for shape in shapes)))
    assert found.problems == []
    assert found.polygons.select("points", "closed").rows() == [
        ([1.0, 2.0, 9.0, 2.0, 9.0, 9.0], True),
        ([1.0, 2.0, 9.0, 2.0], False),
    ]
    assert found.keypoints["points"].to_list() == [[3.0, 4.0, 2.0, 5.0, 6.0, 2.0]]
    assert found.boxes.select("raw", "unit", "pointer").rows() == [
        ([1.0, 2.0, 9.0, 8.0], "xyxy-pixels", "/items/0/annotations/3"),
        ([1.0, 1.0, 5.0, 5.0], "xyxy-pixels", "/items/0/annotations/4"),
        ([1.0, 1.0, 5.0, 5.0], "xyxy-pixels", "/items/0/annotations/5"),
    ]
    assert "Of Datumaro's annotations not read: 1 annotation of the type caption." in found.evidence


def test_where_images_lie(tmp_path: Path) -> None:
    files = {
        "annotations/train.json": text(item("a", CAT), {"id": "c", "annotations": []}),
        "annotations/val.json": text(item("b", image={"path": "val/b.jpg"}), {"id": "d", "point_cloud": {"path": "d"}}),
        "images/train/c.png": "x",
        "images/a.jpg": "x",
        "images/val/b.jpg": "x",
    }
    (found,) = read(tmp_path, files, FORMATS)
    assert found.problems == []
    assert found.named["path"].to_list() == ["images/a.jpg", "images/train/c.png", "images/val/b.jpg"]
    assert found.splits["split"].to_list() == ["train", "train", "val"]
    assert found.source == "annotations"
    assert "1 item without an image" in found.evidence[1]


def test_paths_of_another_machine(tmp_path: Path) -> None:
    far = {"path": "/home/me/images/train/a.jpg"}
    found = one(tmp_path, item("a", CAT, image=far), item("b", CAT, image={"path": "C:\\x\\gone.jpg"}))
    assert places(found) == [("path", 2, "/items/0/image/path")]
    assert found.named["path"].to_list() == ["images/train/a.jpg", "images/train/gone.jpg"]
    assert found.boxes.height == 2


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of an annotation"),
        ({**CAT, "type": None}, "/type", "the annotation has no type"),
        ({**CAT, "label_id": "cat"}, "/label_id", "a text in place of the number of a class"),
        ({**CAT, "label_id": 1 << 64}, "/label_id", "the number of the class is too large"),
        ({"type": "label"}, "", "the label has no `label_id`"),
        ({**CAT, "bbox": [1, 2, 3]}, "/bbox", "a list of 3 in place of 4 numbers"),
        ({**CAT, "bbox": [1, 2, 3, "x"]}, "/bbox/3", "a text in place of a number"),
        ({"type": "bbox", "label_id": 0}, "", "null in place of 4 numbers"),
        ({**CAT, "type": "polygon", "points": [1, 2, 3, 4]}, "/points", "a list of 4 numbers"),
        ({**CAT, "type": "mask"}, "", "null in place of runs"),
        ({**CAT, "type": "mask", "rle": {"counts": RUNS}}, "/rle/size", "null in place of 2 numbers"),
        ({**CAT, "type": "mask", "rle": {"size": [24, 32]}}, "/rle/counts", "null in place of runs"),
        ({**CAT, "type": "mask", "rle": {"counts": [-1], "size": [24, 32]}}, "/rle/counts", "a list in place of runs"),
        ({**CAT, "type": "mask", "rle": {"counts": "~", "size": [24, 32]}}, "/rle/counts", "the runs cannot be"),
        ({**CAT, "type": "mask", "rle": {"counts": [4], "size": [24, 32]}}, "/rle/counts", "the runs make 4 pixels"),
        ({**CAT, "type": "mask", "rle": {"counts": RUNS, "size": [0, 3]}}, "/rle/size", "the size is not"),
    ],
)
def test_a_bad_annotation_costs_that_annotation(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, item("b"), item("a", CAT, bad, CAT))
    assert places(found) == [("syntax", 3, f"/items/1/annotations/1{step}")]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


def test_bad_items(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        item("a", CAT),
        7,
        {"id": None, "annotations": [CAT]},
        {**item("b"), "annotations": {}},
        {"id": "b", "image": {"path": "b.jpg"}},
        item("gone"),
    )
    assert places(found) == [
        ("syntax", 3, "/items/1"),
        ("syntax", 4, "/items/2/id"),
        ("syntax", 5, "/items/3/annotations"),
        ("repeated-id", 6, "/items/4"),
        ("syntax", 6, "/items/4"),
    ]
    assert found.named["file_row"].null_count() == 1


def test_a_file_that_ends_early(tmp_path: Path) -> None:
    content = text(item("a", CAT), item("b", CAT))[:-30]
    (found,) = read(tmp_path, {"p.json": content, "a.jpg": "x", "b.jpg": "x"}, FORMATS)
    assert found.boxes.height == 1
    assert [place[:2] for place in places(found)] == [("syntax", 3)]


def test_classes_that_are_not_declared(tmp_path: Path) -> None:
    found = one(tmp_path, item("a", {**CAT, "label_id": 2}, {**CAT, "label_id": None}))
    assert places(found) == [("unknown-category", 2, "/items/0/annotations/0")]
    assert found.boxes["class"].to_list() == ["2", None]


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"items": []}', '{"categories": {"label": {"labels": []}}, "images": []}', '{"a": 1}']
)
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.json": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(CAT),
    st.none(),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["bbox", "mask", "polygon", None]), "label_id": st.sampled_from([0, 7, None, "x"])},
        optional={"bbox": st.just([1, 2, 3, 4]), "rle": st.just({"counts": RUNS, "size": [24, 32]})},
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        (found,) = read(Path(folder), {"p.json": text(item("a", *values)), "a.jpg": "x"}, FORMATS)
    assert found.boxes.height + found.polygons.height + lost(found) == len(values)
