"""Cityscapes: polygons of the images of cities, and what is broken where."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.formats.cityscapes import FORMATS
from tests.dataset.formats.reading import lost, places, read

POINTS = [[0, 20], [60, 20.5], [60, 47]]
ROAD: dict[str, Any] = {"label": "road", "polygon": POINTS}
FRAME = "aachen/aachen_000000_000019"


def text(*objects: Any) -> str:
    """Each object in a line of its own, from line 2."""
    lines = ",\n".join(json.dumps(one) for one in objects)
    return f'{{"imgHeight": 48, "imgWidth": 64, "objects": [\n{lines}\n]}}'


def one(root: Path, *objects: Any) -> Annotations:
    files = {
        f"gtFine/train/{FRAME}_gtFine_polygons.json": text(*objects),
        f"leftImg8bit/train/{FRAME}_leftImg8bit.png": "x",
        "leftImg8bit/val/aachen/aachen_000000_000019_leftImg8bit.png": "y",
    }
    (found,) = read(root, files, FORMATS)
    return found


def test_polygons(tmp_path: Path) -> None:
    found = one(tmp_path, ROAD, {**ROAD, "label": "cargroup"}, {**ROAD, "label": "ground", "id": 3})
    image = f"leftImg8bit/train/{FRAME}_leftImg8bit.png"
    assert found.problems == []
    assert found.polygons.select("path", "class", "line", "pointer", "points", "closed").rows() == [
        (image, name, 2 + number, f"/objects/{number}", [0.0, 20.0, 60.0, 20.5, 60.0, 47.0], True)
        for number, name in enumerate(("road", "car", "ground"))
    ]
    assert found.named.select("path", "width", "height").rows() == [(image, 64.0, 48.0)]
    assert found.splits["split"].to_list() == ["train"]
    assert found.source == f"gtFine/train/{FRAME}_gtFine_polygons.json"


def test_persons_have_boxes(tmp_path: Path) -> None:
    person = {"label": "pedestrian", "instanceId": 24000, "bbox": [-4, 2, 10, 30], "bboxVis": [0, 2, 6, 30]}
    files = {
        f"gtBboxCityPersons/val/{FRAME}_gtBbox_cityPersons.json": text(
            person, {"label": "ignore", "bbox": [1, 2, 3, 4]}
        ),
        f"leftImg8bit/val/{FRAME}_leftImg8bit.png": "x",
    }
    (found,) = read(tmp_path, files, FORMATS)
    assert found.problems == []
    assert found.boxes.select("class", "raw", "unit", "crowd").rows() == [
        ("pedestrian", [0.0, 2.0, 6.0, 30.0], "xywh-pixels", False),
        ("ignore", [1.0, 2.0, 3.0, 4.0], "xywh-pixels", True),
    ]


def test_cities_and_splits_are_one_dataset(tmp_path: Path) -> None:
    frames = ("train/aachen/aachen_1_2", "train/bochum/bochum_1_2", "val/ulm/ulm_1_2")
    files = {f"gtCoarse/{frame}_gtCoarse_polygons.json": text(ROAD) for frame in frames}
    images = {f"leftImg8bit/{frame}_leftImg8bit.png": "x" for frame in frames}
    (found,) = read(tmp_path, {**files, **images}, FORMATS)
    assert found.named["path"].to_list() == list(images)
    assert found.splits["split"].to_list() == ["train", "train", "val"]


def test_images_under_other_names_and_missing_ones(tmp_path: Path) -> None:
    files = {"a_gtFine_polygons.json": text(ROAD), "a.png": "x", "b_gtFine_polygons.json": text(ROAD)}
    (found,) = read(tmp_path, files, FORMATS)
    assert found.named.select("path", "file_row").rows()[0][0] == "a.png"
    assert found.named["file_row"].null_count() == 1


def test_deleted_objects_are_left_out(tmp_path: Path) -> None:
    found = one(tmp_path, {**ROAD, "deleted": 1}, {**ROAD, "deleted": 0})
    assert found.polygons.height == 1
    assert "1 object marked as deleted" in found.evidence[1]


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of an object"),
        ({**ROAD, "label": " "}, "/label", "the object has no `label`"),
        ({"label": "road"}, "", "null in place of points"),
        ({**ROAD, "polygon": []}, "/polygon", "0 points"),
        ({**ROAD, "polygon": [[1, 2], [3]]}, "/polygon/1", "a list that is not a point"),
        ({"label": "person", "bbox": [1, 2, 3]}, "/bbox", "a list of 3 in place of 4 numbers"),
    ],
)
def test_a_bad_object_costs_that_object(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, ROAD, bad, ROAD)
    assert places(found) == [("syntax", 3, f"/objects/1{step}")]
    assert reason in found.problems[0].reason
    assert found.polygons.height == 2


@pytest.mark.parametrize("content", ["[]", "{", '{"objects": []}', '{"imageHeight": 1, "imageWidth": 2, "shapes": []}'])
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.json": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(ROAD),
    st.none(),
    st.fixed_dictionaries({"label": st.sampled_from(["car", "", None])}, optional={"polygon": st.just([[1, 2]])}),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        (found,) = read(Path(folder), {"a_gtFine_polygons.json": text(*values), "a.png": "x"}, FORMATS)
    assert found.polygons.height + lost(found) == len(values)
