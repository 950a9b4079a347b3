"""Ultralytics' NDJSON: classes, images, objects of every task, and what is broken where."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.formats.ultralytics import FORMATS
from tests.dataset.formats.reading import lost, places, read

HEAD: dict[str, Any] = {"type": "dataset", "task": "detect", "class_names": {"0": "cat", "1": "dog"}}
BOX = [0, 0.5, 0.5, 0.25, 0.125]


def image(name: Any, annotations: Any = None, **more: Any) -> dict[str, Any]:
    found = {"type": "image", "file": name, "width": 64, "height": 48, "split": "train", **more}
    return found if annotations is None else {**found, "annotations": annotations}


def text(*lines: Any) -> str:
    """One object a line; that of the dataset is line 1."""
    return "".join(json.dumps(line) + "\n" for line in lines)


def one(root: Path, *images: Any, head: Any = HEAD) -> Annotations:
    pictures = {f"images/train/{name}.jpg": "x" for name in ("a", "b")}
    (found,) = read(root, {"coco8.ndjson": text(head, *images), **pictures}, FORMATS)
    return found


def test_boxes(tmp_path: Path) -> None:
    found = one(tmp_path, image("a.jpg", {"boxes": [BOX, [1, *BOX[1:]]]}), image("b.jpg"))
    assert found.problems == []
    assert found.boxes.select("path", "class", "class_id", "line", "pointer", "raw", "unit").rows() == [
        ("images/train/a.jpg", "cat", 0, 2, None, [0.5, 0.5, 0.25, 0.125], "cxcywh-share"),
        ("images/train/a.jpg", "dog", 1, 2, None, [0.5, 0.5, 0.25, 0.125], "cxcywh-share"),
    ]
    assert found.named.select("path", "width", "height", "line").rows() == [
        ("images/train/a.jpg", 64.0, 48.0, 2),
        ("images/train/b.jpg", 64.0, 48.0, 3),
    ]
    assert found.splits["split"].to_list() == ["train", "train"]
    assert found.classes.select("class", "class_id").rows() == [("cat", 0), ("dog", 1)]
    assert found.evidence == ("Ultralytics' NDJSON: coco8.ndjson, 2 images, 2 boxes, 2 classes.",)


def test_objects_of_the_other_tasks(tmp_path: Path) -> None:
    corners = [0.1, 0.1, 0.4, 0.1, 0.4, 0.3, 0.1, 0.3]
    drawn = {"segments": [[0, *corners[:6]]], "obb": [[1, *corners]], "classification": [1]}
    found = one(tmp_path, image("a.jpg", drawn))
    assert found.problems == []
    assert found.polygons.select("class", "points", "unit").rows() == [("cat", corners[:6], "share")]
    assert found.boxes.select("class", "raw", "unit").rows() == [("dog", corners, "quad-share")]
    assert found.labels.select("path", "class").rows() == [("images/train/a.jpg", "dog")]


@pytest.mark.parametrize(
    ("shape", "numbers", "points"),
    [
        ([2, 3], [0.1, 0.2, 1, 0.3, 0.4, 2], [0.1, 0.2, 1.0, 0.3, 0.4, 2.0]),
        ([3, 2], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.1, 0.2, 2.0, 0.3, 0.4, 2.0, 0.5, 0.6, 2.0]),
        (None, [0.1, 0.2, 0, 0.3, 0.4, 2], [0.1, 0.2, 0.0, 0.3, 0.4, 2.0]),
        (None, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 2.0, 0.3, 0.4, 2.0]),
    ],
)
def test_points_of_a_pose(tmp_path: Path, shape: Any, numbers: list[float], points: list[float]) -> None:
    found = one(tmp_path, image("a.jpg", {"pose": [[*BOX, *numbers]]}), head={**HEAD, "kpt_shape": shape})
    assert found.problems == []
    assert found.keypoints.select("box", "points", "unit").rows() == [(0, points, "share")]
    assert found.boxes["raw"].to_list() == [BOX[1:]]


def test_images_are_found_below_the_file_s_name_and_by_url(tmp_path: Path) -> None:
    signed = "https://storage.example.com/x/b%20b.jpg?signature=1"
    lines = text(HEAD, image("a.jpg", split="val"), image(None, url=signed))
    (found,) = read(tmp_path, {"d.ndjson": lines, "d/images/val/a.jpg": "x", "e/a.jpg": "y", "b b.jpg": "x"}, FORMATS)
    assert found.named["path"].to_list() == ["d/images/val/a.jpg", "b b.jpg"]
    assert found.problems == []


@pytest.mark.parametrize(
    ("key", "bad", "step", "reason"),
    [
        ("boxes", 7, "annotations/boxes/1", "a number in place of an object"),
        ("boxes", [0, 0.5, 0.5, 0.1], "annotations/boxes/1", "3 numbers after the class"),
        ("boxes", ["cat", 0.5, 0.5, 0.1, 0.1], "annotations/boxes/1/0", "a text in place of a number"),
        ("boxes", [0.5, 0.5, 0.5, 0.1, 0.1], "annotations/boxes/1/0", "the class is not a whole number"),
        ("boxes", [0, 0.5, None, 0.1, 0.1], "annotations/boxes/1/2", "null in place of a number"),
        ("segments", [0, 0.5, 0.5, 0.1, 0.1], "annotations/segments/1", "4 numbers after the class"),
        ("obb", [0, 0.5, 0.5, 0.1, 0.1, 0.3], "annotations/obb/1", "5 numbers after the class"),
        ("pose", [0, 0.5, 0.5, 0.1, 0.1], "annotations/pose/1", "4 numbers after the class"),
        ("classification", -1, "annotations/classification/1", "the class is not a whole number"),
    ],
)
def test_a_bad_object_costs_that_object(tmp_path: Path, key: str, bad: Any, step: str, reason: str) -> None:
    good = {
        "boxes": BOX,
        "segments": [0, 0.1, 0.1, 0.2, 0.1, 0.2, 0.2],
        "obb": [0, 0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.1, 0.2],
        "pose": [*BOX, 0.1, 0.2, 2],
        "classification": 0,
    }[key]
    found = one(tmp_path, image("b.jpg"), image("a.jpg", {key: [good, bad, good]}))
    assert places(found) == [("syntax", 3, None)]
    assert found.problems[0].reason.startswith(f"{step}: {reason}")
    assert found.boxes.height + found.polygons.height + found.labels.height == 2


def test_bad_lines(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        image("a.jpg", {"boxes": [BOX]}),
        7,
        {"type": "video"},
        image(None, {"boxes": [BOX]}),
        image("b.jpg", {"boxes": {}}),
        image("a.jpg", []),
        image("gone.jpg"),
    )
    assert sorted(places(found), key=str) == [
        ("repeated-id", 7, None),
        ("syntax", 3, None),
        ("syntax", 4, None),
        ("syntax", 5, None),
        ("syntax", 6, None),
        ("syntax", 7, None),
    ]
    assert found.named["file_row"].null_count() == 1


def test_classes_that_are_not_declared(tmp_path: Path) -> None:
    found = one(tmp_path, image("a.jpg", {"boxes": [[2, *BOX[1:]], BOX]}))
    assert [(problem.kind, problem.line, problem.reason) for problem in found.problems] == [
        ("unknown-category", 2, "the class 2 is not declared")
    ]
    assert found.boxes["class"].to_list() == ["2", "cat"]
    without = one(tmp_path / "b", image("a.jpg", {"boxes": [BOX]}), head={"type": "dataset", "task": "detect"})
    assert places(without) == [("classes", 1, None)]
    odd = one(tmp_path / "c", image("a.jpg", {"boxes": [BOX]}), head={**HEAD, "class_names": {"0": "cat", "x": "y"}})
    assert places(odd) == [("classes", 1, None)]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"type": "user", "file": "a.jpg"}\n',
        '{"messages": [{"role": "user", "content": [{"type": "image", "file": "a.jpg"}]}]}\n',
        '[{"type": "image", "file": "a.jpg"}]',
    ],
)
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.jsonl": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(BOX), st.none(), st.lists(st.sampled_from([0, 1, 0.5, 5, "x", None, float("nan")]), max_size=6)
)


@settings(max_examples=80, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        (found,) = read(
            Path(folder), {"p.ndjson": text(HEAD, image("a.jpg", {"boxes": values})), "a.jpg": "x"}, FORMATS
        )
    assert found.boxes.height + lost(found) == len(values)
