"""FAIR1M: quadrilaterals, images without objects, and objects that cannot be used; none of it is Pascal VOC."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.fair1m import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

CORNERS = ("1.5,2", "30,2", "30,40", "1.5,40", "1.5,2")
IMAGES: Files = {"train/part1/images/1.tif": None, "train/part1/images/2.tif": None}


def plane(*points: str, name: str = "<name>Boeing737</name>") -> str:
    corners = "".join(f"<point>{point}</point>" for point in points)
    return f"<object><possibleresult>{name}</possibleresult><points>{corners}</points></object>"


def text(name: str, *objects: str) -> str:
    head = (
        f"<annotation>\n<source><filename>{name}</filename></source>\n<size><width>64</width><height>48</height></size>"
    )
    return head + "\n<objects>\n" + "\n".join(objects) + "\n</objects></annotation>"


def test_quadrilaterals_and_images_without_objects(tmp_path: Path) -> None:
    outline = plane("1,1", "5,1", "6,3", "5,5", "1,5")
    files = {
        "train/part1/labelXml/1.xml": text("1.tif", plane(*CORNERS), outline),
        "train/part1/labelXml/2.xml": text("2.tif"),
    }
    annotations = one(tmp_path, IMAGES | files, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "line", "raw", "unit").rows() == [
        ("train/part1/images/1.tif", "Boeing737", 5, [1.5, 2.0, 30.0, 2.0, 30.0, 40.0, 1.5, 40.0], "quad-pixels")
    ]
    assert annotations.polygons["line"].to_list() == [6]
    assert annotations.named.select("width", "height").unique().rows() == [(64.0, 48.0)]
    assert annotations.splits["split"].to_list() == ["train", "train"]
    assert found(tmp_path, {}).layouts == ("fair1m",)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (plane(*CORNERS, name=""), "the object has no class"),
        (plane("1,2", "3,4"), "the object has 2 corners"),
        (plane("1,2", "3,x", "4,5", "6,7"), "'3,x' is not a point"),
        (plane("1,2", "3", "4,5", "6,7"), "'3' is not a point"),
        ("<object/>", "the object has no class"),
    ],
)
def test_a_bad_object_costs_that_object(tmp_path: Path, bad: str, reason: str) -> None:
    lines = text("1.tif", plane(*CORNERS), bad, plane(*CORNERS))
    annotations = one(tmp_path, IMAGES | {"train/part1/labelXml/1.xml": lines}, FORMATS)
    assert problems(annotations) == [("syntax", 6, reason)]
    assert annotations.boxes["line"].to_list() == [5, 7]


@pytest.mark.parametrize("content", ["", "<annotation><object/></annotation>", "<HRSC_Image/>", "x"])
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, IMAGES | {"train/part1/labelXml/1.xml": content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    files = {f"train/part1/labelXml/{name}.xml": text(f"{name}.tif", plane(*CORNERS)) for name in "12"}
    data = found(tmp_path, IMAGES | files)
    assert data.layouts == ("fair1m",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


OBJECTS = st.lists(st.lists(st.sampled_from(["1,2", "3,4", "5,6", "nan,1", "x", ""]), max_size=6), max_size=5)


@given(OBJECTS)
def test_objects_are_used_or_problems(objects: list[list[str]]) -> None:
    lines = text("1.tif", *(plane(*points) for points in objects))
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), IMAGES | {"train/part1/labelXml/1.xml": lines}, FORMATS)
    assert annotations.boxes.height + annotations.polygons.height + len(annotations.problems) == len(objects)
