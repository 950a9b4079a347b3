"""LabelMe's desktop program: shapes, images, flags, and what is broken where."""

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
from datalint.dataset.formats.label_files import read
from datalint.dataset.formats.labelme import FORMATS

CAT: dict[str, Any] = {
    "label": "cat",
    "points": [[1, 2], [3, 4.5], [5, 6]],
    "shape_type": "polygon",
    "group_id": None,
    "flags": {},
}


def shape(kind: str, *points: list[Any], label: Any = "cat") -> dict[str, Any]:
    return {"label": label, "points": list(points), "shape_type": kind}


def text(*shapes: Any, **other: Any) -> str:
    """A file whose first shape stands in line 5, each in a line of its own."""
    inner = ",\n".join(json.dumps(one) for one in shapes)
    rest = {"imagePath": "a.jpg", "imageData": "iVBORw0KGgo=", "imageHeight": 48, "imageWidth": 64, **other}
    tail = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in rest.items())
    return f'{{\n"version": "5.4.1",\n"flags": {{}},\n"shapes": [\n{inner}\n],\n{tail}\n}}'


def make(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, content: str | bytes) -> Annotations:
    found = make(root, {"a.json": content, "a.jpg": "x"})
    assert len(found) == 1
    return found[0]


def problems(annotations: Annotations) -> list[tuple[str, int | None, str | None]]:
    return [(problem.kind, problem.line, problem.pointer) for problem in annotations.problems]


def test_every_shape(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        text(
            CAT,
            shape("rectangle", [9, 8], [1, 2]),
            shape("circle", [5, 5], [8, 9]),
            shape("line", [1, 2], [3, 4]),
            shape("linestrip", [1, 2], [3, 4], [5, 6]),
            shape("point", [1, 2]),
            shape("mask", [1, 2], [3, 4]),
            shape("rotation", [1, 2], [3, 4], [5, 6], [7, 8], label=7),
            flags={"indoor": True, "night": False},
        ),
    )
    assert problems(found) == [("syntax", 18, "/flags")]  # the key stands twice
    assert found.boxes.select("class", "line", "pointer", "raw", "unit").rows() == [
        ("cat", 6, "/shapes/1", [1.0, 2.0, 9.0, 8.0], "xyxy-pixels"),
        ("cat", 7, "/shapes/2", [5.0, 5.0, 10.0, 10.0], "cxcywh-pixels"),
        ("cat", 11, "/shapes/6", [1.0, 2.0, 3.0, 4.0], "xyxy-pixels"),
        ("7", 12, "/shapes/7", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], "quad-pixels"),
    ]
    assert found.polygons.select("line", "points", "closed").rows() == [
        (5, [1.0, 2.0, 3.0, 4.5, 5.0, 6.0], True),
        (8, [1.0, 2.0, 3.0, 4.0], False),
        (9, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], False),
    ]
    assert found.keypoints["points"].to_list() == [[1.0, 2.0, 2.0]]
    assert found.labels.select("class", "pointer").rows() == [("indoor", "/flags/indoor")]
    assert found.named.select("path", "width", "height", "pointer").rows() == [("a.jpg", 64.0, 48.0, "/imagePath")]


def test_shapes_of_x_anylabeling(tmp_path: Path) -> None:
    more: dict[str, Any] = {
        "score": None,
        "description": "",
        "difficult": False,
        "attributes": {},
        "kie_linking": [],
        "direction": 1.5,
    }
    corners: list[list[float]] = [[1, 2], [9, 2], [9, 8], [1, 8]]
    shapes = [
        {**shape("rectangle", *corners), **more},
        {**shape("rotation", *corners), **more},
        {**shape("quadrilateral", *corners), **more},
        {**shape("cuboid", *corners, *([x + 3, y + 3] for x, y in corners)), **more},
    ]
    found = one(tmp_path, text(*shapes, checked=False))
    assert [problem for problem in found.problems if problem.pointer != "/flags"] == []
    assert found.boxes.select("raw", "unit").rows() == [
        ([1.0, 2.0, 9.0, 8.0], "xyxy-pixels"),
        ([1.0, 2.0, 9.0, 2.0, 9.0, 8.0, 1.0, 8.0], "quad-pixels"),
    ]
    assert found.polygons.select("pointer", "part", "points", "closed").rows() == [
        ("/shapes/2", 0, [1.0, 2.0, 9.0, 2.0, 9.0, 8.0, 1.0, 8.0], True),
        ("/shapes/3", 0, [1.0, 2.0, 9.0, 2.0, 9.0, 8.0, 1.0, 8.0], True),
        ("/shapes/3", 1, [4.0, 5.0, 12.0, 5.0, 12.0, 11.0, 4.0, 11.0], True),
    ]


@pytest.mark.parametrize(
    ("bad", "pointer", "reason"),
    [
        ({**CAT, "label": None}, "/shapes/1/label", "the shape has no label"),
        ({"points": [[1, 2]]}, "/shapes/1", "the shape has no label"),
        ({**CAT, "points": None}, "/shapes/1/points", "the shape has no points"),
        ({**CAT, "points": [[1, 2], [3]]}, "/shapes/1/points/1", "the point is not a pair of numbers"),
        ({**CAT, "points": [[1, 2], ["3", 4]]}, "/shapes/1/points/1", "the point is not a pair of numbers"),
        ({**CAT, "points": []}, "/shapes/1/points", "the polygon has 0 points"),
        (shape("rectangle", [1, 2]), "/shapes/1/points", "the rectangle has 1 point"),
        (shape("blob", [1, 2]), "/shapes/1/shape_type", "the shape type is 'blob'"),
        (["x"], "/shapes/1", "a list in place of a shape"),
    ],
)
def test_a_bad_shape_costs_that_shape(tmp_path: Path, bad: Any, pointer: str, reason: str) -> None:
    found = one(tmp_path, text(CAT, bad, CAT))
    assert problems(found) == [("syntax", 6, pointer)]
    assert reason in found.problems[0].reason
    assert found.polygons.height == 2


def test_broken_json_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = text(CAT, CAT, CAT)
    cut = one(tmp_path, whole[: whole.rindex('"label"') + 4])
    assert problems(cut) == [("syntax", 7, "/shapes/2")]
    assert cut.polygons.height == 2
    assert cut.named["path"].to_list() == ["a.jpg"]


def test_one_broken_shape_costs_itself(tmp_path: Path) -> None:
    found = one(tmp_path, text(CAT, CAT, CAT).replace('"points": [[1', '"points" [[1', 1))
    assert problems(found) == [("syntax", 5, "/shapes/0")]
    assert found.polygons.height == 2


def test_odd_numbers_and_encodings(tmp_path: Path) -> None:
    odd = text(CAT, CAT).replace("4.5", "NaN", 1).replace("4.5", "1e999").replace("cat", "Kätzchen")
    found = one(tmp_path, odd.encode("utf-16"))
    assert [str(points[3]) for points in found.polygons["points"].to_list()] == ["nan", "inf"]
    assert found.polygons["class"].to_list() == ["Kätzchen"] * 2
    assert [problem.kind for problem in found.problems] == ["encoding"]


def test_keys_twice_and_more_behind_the_end(tmp_path: Path) -> None:
    found = one(tmp_path, text(CAT).replace('"label"', '"points": [], "label"') + "\n}")
    assert sorted(problems(found), key=str) == [("syntax", 12, ""), ("syntax", 5, "/shapes/0/points")]


def test_which_image(tmp_path: Path) -> None:
    found = make(
        tmp_path,
        {
            **{f"images/{name}.jpg": "x" for name in "abcd"},
            "labels/a.json": text(CAT, imagePath="..\\images\\a.jpg"),
            "labels/b.json": text(CAT, imagePath="renamed.png"),
            "labels/c.json": text(CAT, imagePath="/home/me/c.jpg"),
            "labels/d.json": text(CAT, imagePath=None),
            "labels/e.json": text(CAT, imagePath="e.jpg"),
            "labels/f.json": text(CAT, imagePath="../../../../f.jpg"),
        },
    )[0]
    assert found.named["path"].to_list() == [*(f"images/{name}.jpg" for name in "abcd"), "labels/e.jpg", "labels/f"]
    assert [(problem.kind, problem.file, problem.pointer) for problem in found.problems] == [
        ("path", "labels/c.json", "/imagePath"),
        ("path", "labels/f.json", "/imagePath"),
    ]
    assert found.source == "labels"


@pytest.mark.parametrize(
    "content",
    [
        '{"name": "x", "version": "1.0.0", "dependencies": {}}',
        '{"layout": {"shapes": [], "imagePath": ""}}',
        '{"shapes": [], "version": 1}',
        '{"images": [], "annotations": [], "categories": []}',
        "[]",
        "",
        "\0\0",
    ],
)
def test_other_json_is_left_alone(tmp_path: Path, content: str) -> None:
    assert make(tmp_path, {"a.json": content, "a.jpg": "x"}) == []


def test_long_outlines_hide_the_other_keys(tmp_path: Path) -> None:
    found = one(tmp_path, text(shape("polygon", *([1, 2] for _ in range(10_000)))))
    assert found.polygons["points"].list.len().to_list() == [20_000]


WHOLE = text(CAT, CAT, CAT).encode()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_records_are_used_or_told(data: st.DataObject) -> None:
    values = data.draw(
        st.lists(st.sampled_from([CAT, None, {}, [], {**CAT, "points": 3}, {**CAT, "label": []}]), max_size=5)
    )
    mutated = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        found = make(Path(folder), {"a.jpg": "x", "a.json": text(*values), "b.json": bytes(mutated)})[0]
    mine = found.polygons.filter(found.polygons["file"] == "a.json").height
    assert mine + sum(problem.file == "a.json" for problem in found.problems) == len(values)
    others = found.polygons.filter(found.polygons["file"] == "b.json").height
    assert "b.json" not in found.outcomes or others == 3 or any(problem.file == "b.json" for problem in found.problems)
