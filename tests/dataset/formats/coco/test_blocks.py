from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from datalint.dataset.containers.json.blocks import blocks
from datalint.dataset.formats.coco import uniform
from datalint.dataset.formats.coco.blocks import (
    POLYGONS,
    read_annotations,
    read_categories,
    read_images,
    read_uniform,
)
from datalint.dataset.formats.coco.records import ANNOTATIONS, CATEGORIES, IMAGES
from tests.dataset.formats.coco.factory import SQUARE, annotation, document, read, reported


@pytest.mark.parametrize(
    ("changes", "pointer", "reason"),
    [
        ({"bbox": [1, 2, 3]}, "/annotations/0/bbox", "a box of 3 numbers"),
        ({"bbox": [1, 2, "3", 4]}, "/annotations/0/bbox/2", "a text in place of a number"),
        ({"bbox": "1 2 3 4"}, "/annotations/0/bbox", "a text in place of a list"),
        ({"area": "large"}, "/annotations/0/area", "a text in place of a number"),
        ({"image_id": 99}, "/annotations/0/image_id", "no image has the id 99"),
        ({"image_id": None}, "/annotations/0", "an annotation without image_id"),
        ({"category_id": None}, "/annotations/0", "an annotation without category_id"),
        ({"bbox": None}, "/annotations/0", "an annotation without bbox and segmentation"),
        ({"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}, "/annotations/0/segmentation/0", "a polygon of 7 numbers"),
        ({"segmentation": [SQUARE, [1, None]]}, "/annotations/0/segmentation/1/1", "a null in place of a number"),
        ({"segmentation": [1, 2, 3]}, "/annotations/0/segmentation/0", "a number in place of a polygon"),
        ({"segmentation": {"counts": [1]}}, "/annotations/0/segmentation", "a mask without its size"),
        ({"segmentation": {"counts": "\x7f", "size": [1, 1]}}, "/annotations/0/segmentation/counts",
         "runs that cannot be decoded"),
        ({"keypoints": [1, 2, 2, 3]}, "/annotations/0/keypoints", "keypoints of 4 numbers"),
    ],
)  # fmt: skip
def test_a_faulty_annotation_costs_itself(tmp_path: Path, changes: Any, pointer: str, reason: str) -> None:
    content = document(annotations=[annotation(**changes), annotation(id=2)])
    (found,) = read(tmp_path, labels_json=content)
    assert reported(found) == [("syntax", pointer, reason)]
    assert found.boxes["id"].to_list() == ["2"]
    problem = found.problems[0]
    assert problem.line == 1
    text = (tmp_path / "labels.json").read_text()
    value = content["annotations"][0]
    for part in pointer.split("/")[3:]:
        value = value[int(part) if isinstance(value, list) else part] if part in value or part.isdigit() else value
    assert problem.column is not None
    assert text[problem.column - 1 :].startswith(json.dumps(value))


def test_infinity_is_kept_and_a_key_that_is_there_twice_is_not(tmp_path: Path) -> None:
    text = json.dumps(document())
    text = text.replace("[1, 1, 8, 8]", "[-Infinity, NaN, 1e400, 8]").replace(
        '"id": 2, "image_id"', '"id": 2, "id": 3, "image_id"'
    )
    (found,) = read(tmp_path, labels_json=text.encode())
    assert repr(found.boxes["raw"].to_list()) == "[[-inf, nan, inf, 8.0]]"
    assert len(found.polygons) == 1
    assert reported(found) == [("syntax", "/annotations/1/id", "the key 'id' occurs twice")]
    assert found.problems[0].column == text.index('"id": 3') + 1


def block(decoder: Any, *records: Any) -> Any:
    """Records as one block."""
    ((found, _),) = blocks(json.dumps(records)[1:].encode(), 0, decoder)
    return found


def test_images_and_categories_that_say_too_little() -> None:
    images = block(IMAGES, {"id": 1, "file_name": "a"}, {"id": 2}, {"coco_url": "x"}, {"id": 3.0, "coco_url": "h/v/c"})
    assert read_images(images, 5).select("number", "id", "name").rows() == [(5, "1", "a"), (8, "3", "v/c")]
    assert {row: fault.reason for row, fault in images.faults.items()} == {
        1: "an image without file_name",
        2: "an image without id",
    }
    categories = block(CATEGORIES, {"id": 1}, {"name": "b"}, {"id": 2, "name": "c"})
    assert [(entry.number, entry.category.name) for entry in read_categories(categories, 0)] == [(2, "c")]
    assert sorted(categories.faults) == [0, 1]


def test_polygons_and_masks_are_of_the_annotations_that_are_used() -> None:
    size = {"counts": [4], "size": [2, 2]}
    found = block(
        ANNOTATIONS,
        annotation(segmentation=[SQUARE]),
        annotation(bbox=[1], segmentation=[SQUARE]),
        annotation(bbox=[1], segmentation=size),
        annotation(segmentation=[SQUARE, SQUARE]),
        annotation(segmentation={"counts": [5], "size": [2, 2]}),
    )
    objects = read_annotations(b"", found, 10)
    assert objects.frame["number"].to_list() == [10, 13, 14]
    assert objects.polygons.select("object", "part").rows() == [(0, 0), (1, 0), (1, 1)]
    assert objects.run_lengths["number"].to_list() == [14]
    assert (sorted(found.faults), sorted(objects.sums)) == ([1, 2], [4])


def test_annotations_are_the_same_whichever_reader_takes_them() -> None:
    records = [
        annotation(id=n, bbox=[n, 1, 2.5, 3], area=n / 3, iscrowd=n % 2, segmentation=[SQUARE] * (1 + n % 2))
        for n in range(20)
    ]
    data = json.dumps(records).encode()
    alike = uniform.read(data, 1, len(data) - 1)
    assert alike is not None
    quick, slow = read_uniform(alike, 3), read_annotations(data, block(ANNOTATIONS, *records), 3)
    assert quick.frame.drop("at").equals(slow.frame.drop("at"))
    assert quick.polygons.cast(dict(POLYGONS)).equals(slow.polygons)  # type: ignore[arg-type]
