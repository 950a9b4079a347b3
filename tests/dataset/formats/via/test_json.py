"""VIA's JSON: images, regions of version 1 and 2, projects, and what is broken where."""

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
from datalint.dataset.formats.via import FORMATS

RECT: dict[str, Any] = {"name": "rect", "x": 1, "y": 2.5, "width": 3, "height": 4}
TYPE: dict[str, Any] = {"type": "dropdown", "options": {"bird": "", "cup": "a cup"}, "default_options": {}}


def region(shape: Any = RECT, **attributes: Any) -> dict[str, Any]:
    return {"shape_attributes": shape, "region_attributes": attributes or {"class": "cat"}}


def image(name: Any, *regions: Any, **file_attributes: Any) -> dict[str, Any]:
    return {"filename": name, "size": 12345, "regions": list(regions), "file_attributes": file_attributes}


def text(*images: Any) -> str:
    """Each image in a line of its own, from line 2."""
    lines = [f'"{number}": {json.dumps(one)}' for number, one in enumerate(images)]
    return "{\n" + ",\n".join(lines) + "\n}"


def project(*images: Any, **region: Any) -> str:
    """The same with a project around it; each image in a line of its own, from line 4."""
    attributes = json.dumps({"region": region, "file": {}})
    return f'{{"_via_settings": {{}},\n"_via_img_metadata":\n{text(*images)},\n"_via_attributes": {attributes}}}'


def make(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, content: str | bytes) -> Annotations:
    found = make(root, {"via.json": content, "a.jpg": "x", "b.jpg": "x"})
    assert len(found) == 1
    return found[0]


def problems(annotations: Annotations) -> list[tuple[str, int | None, str | None]]:
    return [(problem.kind, problem.line, problem.pointer) for problem in annotations.problems]


def test_every_shape(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        text(
            image(
                "a.jpg",
                region(),
                region({"name": "circle", "cx": 9, "cy": 8, "r": 2}),
                region({"name": "ellipse", "cx": 9, "cy": 8, "rx": 3, "ry": 2}),
                region({"name": "ellipse", "cx": 9, "cy": 8, "rx": 3, "ry": 2, "theta": 1.5707963267948966}),
                region({"name": "polygon", "all_points_x": [1, 2, 3], "all_points_y": [4, 5, "6"]}),
                region({"name": "polyline", "all_points_x": [1, 2], "all_points_y": [4, 5]}),
                region({"name": "point", "cx": 9, "cy": 8}),
            ),
            image("b.jpg"),
        ),
    )
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "pointer", "unit").rows() == [
        ("a.jpg", "cat", 2, f"/0/regions/{number}", unit)
        for number, unit in enumerate(["xywh-pixels", "cxcywh-pixels", "cxcywh-pixels", "cxcywh-pixels"])
    ]
    assert [[round(value, 6) for value in raw] for raw in found.boxes["raw"].to_list()] == [
        [1.0, 2.5, 3.0, 4.0],
        [9.0, 8.0, 4.0, 4.0],
        [9.0, 8.0, 6.0, 4.0],
        [9.0, 8.0, 4.0, 6.0],
    ]
    assert found.polygons.select("points", "closed").rows() == [
        ([1.0, 4.0, 2.0, 5.0, 3.0, 6.0], True),
        ([1.0, 4.0, 2.0, 5.0], False),
    ]
    assert found.keypoints["points"].to_list() == [[9.0, 8.0, 2.0]]
    assert found.named.select("path", "line", "pointer").rows() == [("a.jpg", 2, "/0"), ("b.jpg", 3, "/1")]
    assert found.evidence == (
        "VIA: via.json, 2 images, 4 boxes, 2 polygons and lines, 1 set of points, 1 class.",
        "The class of a region is its attribute `class`.",
    )


def test_version_1_has_regions_by_number_and_keys_with_sizes(tmp_path: Path) -> None:
    entry = {**image("a.jpg"), "fileref": "", "base64_img_data": "", "regions": {"0": region(), "1": region()}}
    found = one(tmp_path, json.dumps({"a.jpg12345": entry}))
    assert found.boxes["pointer"].to_list() == ["/a.jpg12345/regions/0", "/a.jpg12345/regions/1"]


def test_a_project_declares_its_classes(tmp_path: Path) -> None:
    regions = [region(name="x", type="bird"), region(name="y", type="dog"), region(name="z", type="")]
    found = one(tmp_path, project(image("a.jpg", *regions), name={"type": "text"}, type=TYPE))
    assert found.boxes["class"].to_list() == ["bird", "dog"]
    assert found.classes.rows() == [("bird", None, "via.json"), ("cup", None, "via.json")]
    where = "/_via_img_metadata/0/regions"
    assert problems(found) == [("unknown-category", 4, f"{where}/1"), ("syntax", 4, f"{where}/2/region_attributes")]
    assert [problem.reason for problem in found.problems] == [
        "'dog' is not an option of `type`",
        "the region has no `type`",
    ]
    assert "The class of a region is its attribute `type`." in found.evidence


def test_checked_boxes_are_classes(tmp_path: Path) -> None:
    boxes = [{"cat": True}, {"cat": True, "dög": True, "cup": False}, {}]
    found = one(tmp_path, text(image("a.jpg", *(region(kind=box) for box in boxes))))
    assert found.boxes.select("class", "pointer").rows() == [
        ("cat", "/0/regions/0"),
        ("cat", "/0/regions/1"),
        ("dög", "/0/regions/1"),
    ]
    assert problems(found) == [("syntax", 2, "/0/regions/2/region_attributes")]


def test_regions_without_any_attribute_are_objects_of_no_class(tmp_path: Path) -> None:
    bare = {"shape_attributes": RECT, "region_attributes": {}}
    found = one(tmp_path, text(image("a.jpg", bare, bare)))
    assert found.problems == []
    assert found.boxes["class"].to_list() == [None, None]
    assert found.evidence[1] == "The regions have no class: none of their attributes names one."


def test_file_attributes_are_labels_of_images(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        text(image("a.jpg", scene="in", caption="a cat"), image("b.jpg", scene="in"), image("c.jpg", scene="out")),
    )
    assert found.labels.select("path", "class", "line").rows() == [
        ("a.jpg", "in", 2),
        ("b.jpg", "in", 3),
        ("c.jpg", "out", 4),
    ]
    assert found.evidence[1] == "The label of an image is its attribute `scene`."


@pytest.mark.parametrize(
    ("bad", "pointer", "reason"),
    [
        (7, "", "a number in place of a region"),
        ({}, "", "the region has no shape"),
        (region([1]), "", "a list in place of a shape"),
        (region({"x": 1}), "/shape_attributes", "the shape is 'None'"),
        (region({**RECT, "name": "blob"}), "/shape_attributes/name", "the shape is 'blob'"),
        (region({"name": "rect", "x": 1, "y": 2, "width": 3}), "/shape_attributes", "the rect has no `height`"),
        (region({**RECT, "y": None}), "/shape_attributes/y", "`y` is null"),
        (region({"name": "polygon", "all_points_x": [1, 2]}), "/shape_attributes", "the polygon has no `all_points_y`"),
        (
            region({"name": "polygon", "all_points_x": [1, 2], "all_points_y": [1]}),
            "/shape_attributes",
            "the polygon has 2 x and 1 y",
        ),
        (
            region({"name": "polyline", "all_points_x": [1, []], "all_points_y": [1]}),
            "/shape_attributes/all_points_x/1",
            "a list among `all_points_x`",
        ),
        (
            region({"name": "polygon", "all_points_x": [], "all_points_y": []}),
            "/shape_attributes",
            "the polygon has no points",
        ),
        (region(other="x"), "/region_attributes", "the region has no `class`"),
        ({"shape_attributes": RECT}, "", "the region has no `class`"),
        ({"shape_attributes": RECT, "region_attributes": 3}, "/region_attributes", "the region has no `class`"),
    ],
)
def test_a_bad_region_costs_that_region(tmp_path: Path, bad: Any, pointer: str, reason: str) -> None:
    found = one(tmp_path, text(image("b.jpg"), image("a.jpg", region(), bad, region())))
    assert problems(found) == [("syntax", 3, f"/1/regions/1{pointer}")]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


def test_bad_images(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        text(
            image("a.jpg", region()),
            image("a.jpg"),
            image(None, region(), region()),
            image("../../x.jpg"),
            image("/home/me/b.jpg"),
            {"filename": "b.jpg", "file_attributes": {}},
            {**image("gone.jpg"), "regions": 3},
            "x",
        ),
    )
    assert sorted(problems(found), key=str) == [
        ("path", 6, "/4/filename"),
        ("repeated-id", 3, "/1"),
        ("repeated-id", 7, "/5"),
        ("syntax", 4, "/2/filename"),
        ("syntax", 5, "/3/filename"),
        ("syntax", 7, "/5"),
        ("syntax", 8, "/6/regions"),
        ("syntax", 9, "/7"),
    ]
    assert found.named["path"].to_list() == ["a.jpg", "a.jpg", "b.jpg", "b.jpg", "gone.jpg"]
    assert any("with 2 regions" in problem.reason for problem in found.problems)


def test_broken_json_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = project(image("a.jpg", region(), region()), image("b.jpg", region()), type=TYPE)
    cut = one(tmp_path, whole[: whole.rindex('"rect"')])
    assert problems(cut) == [("syntax", 5, "/_via_img_metadata")]
    assert cut.boxes.height == 2
    broken = one(tmp_path, text(image("a.jpg", region(), region())).replace('"x": 1', '"x" 1', 1))
    assert problems(broken) == [("syntax", 2, "/0/regions/0")]
    assert broken.boxes.height == 1


def test_odd_numbers_and_encodings(tmp_path: Path) -> None:
    odd = text(image("a.jpg", region(), region())).replace("2.5", "NaN", 1).replace("2.5", "1e999")
    found = one(tmp_path, odd.replace("cat", "Kätzchen").encode("utf-16"))
    assert [str(raw[1]) for raw in found.boxes["raw"].to_list()] == ["nan", "inf"]
    assert found.boxes["class"].to_list() == ["Kätzchen"] * 2
    assert [problem.kind for problem in found.problems] == ["encoding"]


def test_which_images_and_splits(tmp_path: Path) -> None:
    found = make(
        tmp_path,
        {
            **{f"{split}/{split}.jpg": "x" for split in ("train", "val")},
            **{f"{split}/via_region_data.json": text(image(f"{split}.jpg", region())) for split in ("train", "val")},
            "other/labels/via_test.json": text(image("ö.jpg", region())),
            "other/images/ö.jpg": "x",
        },
    )
    assert [(one.source, one.named["path"].to_list()) for one in found] == [
        ("other/labels/via_test.json", ["other/images/ö.jpg"]),
        ("", ["train/train.jpg", "val/val.jpg"]),
    ]
    assert [one.splits["split"].to_list() for one in found] == [["test"], ["train", "val"]]


@pytest.mark.parametrize(
    "content",
    [
        '{"_via_settings": {"ui": {}}, "_via_attributes": {}}',
        '{"info": {"regions": []}, "images": [], "annotations": []}',
        '{"a": {"filename": "a.jpg", "label": "cat"}}',
        '[{"filename": "a.jpg", "regions": [], "file_attributes": {}}]',
        "{}",
        "",
        "\0",
    ],
)
def test_other_json_is_left_alone(tmp_path: Path, content: str) -> None:
    assert make(tmp_path, {"a.json": content, "a.jpg": "x"}) == []


WHOLE = project(image("a.jpg", region(), region(), scene="x"), image("b.jpg", region()), type=TYPE).encode()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_records_are_used_or_told(data: st.DataObject) -> None:
    values = data.draw(
        st.lists(
            st.sampled_from(
                [
                    region(),
                    region({"name": "point", "cx": 1, "cy": 2}),
                    region({"name": "polygon", "all_points_x": [1, 2], "all_points_y": [1, 2]}),
                    region({"name": "polygon", "all_points_x": [1, 2], "all_points_y": [1]}),
                    region({}),
                    region(class_=None),
                    {"shape_attributes": RECT, "region_attributes": {"class": {"cat": True, "dog": True}}},
                    None,
                    [],
                ]
            ),
            max_size=6,
        )
    )
    mutated = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        images = [image("a.jpg", region(), *values)]
        found = make(Path(folder), {"a.jpg": "x", "b.jpg": "x", "a.json": text(*images), "b/b.json": bytes(mutated)})
    mine = next(one for one in found if one.source == "a.json")
    tables = (mine.boxes, mine.polygons, mine.keypoints)
    used = {pointer for table in tables for pointer in table["pointer"].to_list()}
    assert len(used) + len(mine.problems) == len(values) + 1
    for other in found:
        assert other.source == "a.json" or other.boxes.height == 3 or other.problems
