from __future__ import annotations

import json
from typing import Any

import pytest

from datalint.dataset.containers.json.blocks import Fault, blocks
from datalint.dataset.formats.coco import segments
from datalint.dataset.formats.coco.records import ANNOTATIONS


def read(*entries: Any) -> Any:
    data = json.dumps({"image_id": 7, "segments_info": entries}).encode()
    ((block, _),) = blocks(data, 0, ANNOTATIONS)
    return segments.read(data, block, 0, 4)


def test_segments_are_objects_of_their_annotation() -> None:
    found = read({"id": 1, "category_id": 2, "bbox": [1, 2, 3, 4]}, {"id": 2, "category_id": 3, "bbox": []})
    assert found.select("number", "segment", "id", "image_id", "category_id", "raw").rows() == [
        (4, 0, "1", "7", "2", [1.0, 2.0, 3.0, 4.0]),
        (4, 1, "2", "7", "3", None),
    ]
    assert read().is_empty()


@pytest.mark.parametrize(
    ("entry", "pointer", "reason"),
    [
        ({"id": 1}, "", "a segment without category_id"),
        ({"category_id": 1, "bbox": [1, 2]}, "/bbox", "a box of 2 numbers"),
        ({"category_id": 1, "bbox": [1, 2, "3", 4]}, "/bbox/2", "a text in place of a number"),
        ({"category_id": []}, "/category_id", "a list as an id"),
        (7, "", "a number in place of an object"),
    ],
)
def test_a_segment_that_is_wrong_is_named(entry: Any, pointer: str, reason: str) -> None:
    found = read({"id": 5, "category_id": 1}, entry)
    assert isinstance(found, Fault)
    assert (found.pointer, found.reason) == (f"/segments_info/1{pointer}", reason)
