"""BDD100K: frames, boxes, polygons, splits, and what is broken where."""

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
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.bdd100k import FORMATS
from datalint.dataset.formats.label_files import read

CORNERS = {"x1": 1, "y1": 2.5, "x2": 9, "y2": 8}
CAR: dict[str, Any] = {"id": "0", "category": "car", "attributes": {"occluded": False}, "box2d": CORNERS}
AREA = {"id": 1, "category": "area", "poly2d": [{"vertices": [[1, 2], [9, 2], [9, 9]], "closed": True}]}


def frame(name: Any, *labels: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "labels": list(labels), **more}


def text(*frames: Any) -> str:
    """Each frame in a line of its own, from line 2."""
    return "[\n" + ",\n".join(json.dumps(one) for one in frames) + "\n]"


def make(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, *frames: Any) -> Annotations:
    images = {f"images/100k/train/{name}.jpg": "x" for name in ("a", "b")}
    (found,) = make(root, {"labels/det_20/det_train.json": text(*frames), **images})
    return found


def problems(annotations: Annotations) -> list[tuple[str, int | None, str | None]]:
    return [(problem.kind, problem.line, problem.pointer) for problem in annotations.problems]


def test_boxes_of_frames(tmp_path: Path) -> None:
    crowd = {**CAR, "id": None, "attributes": {"crowd": True}}
    found = one(tmp_path, frame("a.jpg", CAR, crowd), {"name": "b.jpg", "attributes": {}})
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "pointer", "raw", "unit", "id", "crowd").rows() == [
        (
            "images/100k/train/a.jpg",
            "car",
            2,
            f"/0/labels/{number}",
            [1.0, 2.5, 9.0, 8.0],
            "xyxy-pixels",
            name,
            is_crowd,
        )
        for number, (name, is_crowd) in enumerate([("0", False), (None, True)])
    ]
    assert found.named["path"].to_list() == ["images/100k/train/a.jpg", "images/100k/train/b.jpg"]
    assert found.splits["split"].to_list() == ["train", "train"]
    assert found.evidence == ("BDD100K: labels/det_20/det_train.json, 2 images, 2 boxes, 1 class.",)


def test_polygons_in_both_forms(tmp_path: Path) -> None:
    lane = {"category": "lane", "poly2d": [{"vertices": [[1, 2], [9, 2]], "types": "LL", "closed": False}]}
    old = {"category": "area", "poly2d": [[1, 2, "L"], [9, 2, "C"], [9, 9, "C"]], "box2d": CORNERS}
    found = one(tmp_path, frame("a.jpg", AREA, lane, old, {"category": "car", "box3d": {"alpha": 0}}))
    assert found.problems == []
    assert found.polygons.select("class", "box", "points", "closed").rows() == [
        ("area", None, [1.0, 2.0, 9.0, 2.0, 9.0, 9.0], True),
        ("lane", None, [1.0, 2.0, 9.0, 2.0], False),
        ("area", 0, [1.0, 2.0, 9.0, 2.0, 9.0, 9.0], True),
    ]
    assert "1 label in space or as run lengths" in found.evidence[1]


def test_frames_in_an_object_and_in_folders_of_videos(tmp_path: Path) -> None:
    content = json.dumps({"frames": [frame("0.jpg", CAR, videoName="v2", frameIndex=0)], "config": {}})
    (found,) = make(tmp_path, {"labels.json": content, "images/v1/0.jpg": "x", "images/v2/0.jpg": "x"})
    assert found.boxes.select("path", "pointer").rows() == [("images/v2/0.jpg", "/frames/0/labels/0")]


def test_files_of_splits_are_one_dataset(tmp_path: Path) -> None:
    files = {f"labels/det_{split}.json": text(frame(f"{split}.jpg", CAR)) for split in ("train", "val")}
    (found,) = make(tmp_path, {**files, "images/train.jpg": "x", "images/val.jpg": "x"})
    assert found.source == "labels"
    assert found.splits["split"].to_list() == ["train", "val"]


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of a label"),
        ({**CAR, "category": " "}, "/category", "the label has no `category`"),
        ({"category": "car"}, "", "neither `box2d` nor `poly2d`"),
        ({**CAR, "box2d": [1, 2, 3, 4]}, "/box2d", "a list in place of a box"),
        ({**CAR, "box2d": {"x1": 1}}, "/box2d", "the box has no `y1`"),
        ({**CAR, "box2d": {**CORNERS, "x2": "far"}}, "/box2d/x2", "`x2` is"),
        ({**AREA, "poly2d": []}, "/poly2d", "in place of polygons"),
        ({**AREA, "poly2d": [{"vertices": []}]}, "/poly2d/0", "the polygon has no `vertices`"),
        ({**AREA, "poly2d": [{"vertices": [[1, 2], [3]]}]}, "/poly2d/0/vertices/1", "a list that is not a point"),
        ({**AREA, "poly2d": [[1, 2, "L"], ["x", 2, "L"]]}, "/poly2d/1", "a list that is not a point"),
    ],
)
def test_a_bad_label_costs_that_label(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, frame("b.jpg"), frame("a.jpg", CAR, bad, CAR))
    assert problems(found) == [("syntax", 3, f"/1/labels/1{step}")]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


def test_bad_frames(tmp_path: Path) -> None:
    found = one(tmp_path, frame("a.jpg", CAR), 7, frame(None, CAR), {"name": "b.jpg", "labels": {}}, frame("a.jpg"))
    assert problems(found) == [
        ("syntax", 3, "/1"),
        ("syntax", 4, "/2/name"),
        ("syntax", 5, "/3/labels"),
        ("repeated-id", 6, "/4"),
    ]
    assert "with 1 label" in found.problems[1].reason


def test_a_file_that_ends_early(tmp_path: Path) -> None:
    content = text(frame("a.jpg", CAR), frame("b.jpg", CAR))[:-30]
    (found,) = make(tmp_path, {"p.json": content, "a.jpg": "x", "b.jpg": "x"})
    assert found.boxes.height == 1
    assert [problem.line for problem in found.problems] == [3]
    (found,) = make(tmp_path / "b", {"p.json": '{"frames": ' + content, "a.jpg": "x", "b.jpg": "x"})
    assert found.boxes.height == 1
    assert problems(found)[0][:2] == ("syntax", 3)


@pytest.mark.parametrize("content", ["[]", "{", '[{"name": "a.jpg", "labels": []}]', '{"name": "a", "frames": []}'])
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert make(tmp_path, {"a.json": content, "a.jpg": "x"}) == []


VALUES = st.one_of(
    st.just(CAR),
    st.just(AREA),
    st.fixed_dictionaries({"category": st.sampled_from(["car", "", None])}, optional={"box2d": st.just({"x1": 1})}),
    st.none(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        (found,) = make(Path(folder), {"p.json": text(frame("b.jpg", CAR), frame("a.jpg", *values)), "a.jpg": "x"})
    lost = sum(problem.kind == "syntax" for problem in found.problems)
    assert found.boxes.height - 1 + found.polygons.height + lost == len(values)
