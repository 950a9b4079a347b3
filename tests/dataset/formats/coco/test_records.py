from __future__ import annotations

import json
from typing import Any

import pytest

from datalint.dataset.containers.json.blocks import Block, Decoder, blocks
from datalint.dataset.formats.coco.records import ANNOTATIONS, CATEGORIES, IMAGES, plain


def read(decoder: Decoder[Any], **fields: Any) -> Block[Any]:
    ((block, _),) = blocks(json.dumps(fields).encode(), 0, decoder)
    return block


def test_an_id_is_the_same_as_a_number_and_as_a_text() -> None:
    assert [plain(value) for value in (7, 7.0, "7", 7.5, None)] == ["7", "7", "7", "7.5", None]


def test_an_image_is_used_without_its_size() -> None:
    block = read(IMAGES, id=1, file_name="a.jpg", width="x", height=float("nan"))
    (record,) = block.records
    assert record is not None
    assert (record.width, repr(record.height)) == (None, "nan")
    assert block.faults[0].reason == "a text as a width: the size is not used"


def test_names_of_keypoints_may_be_anything() -> None:
    (record,) = read(CATEGORIES, id=1, name="x", keypoints=["nose", 1]).records
    assert record is not None
    assert record.keypoints == ["nose", "1"]


@pytest.mark.parametrize(
    ("fields", "pointer", "reason"),
    [
        ({"id": True}, "/id", "a boolean as an id"),
        ({"id": float("nan")}, "/id", "a number as an id"),
        ({"bbox": [1, "2"]}, "/bbox/1", "a text in place of a number"),
        ({"bbox": {}}, "/bbox", "a object in place of a list"),
        ({"iscrowd": "0"}, "/iscrowd", "a text in place of a number"),
        ({"caption": 1}, "/caption", "a number in place of a text"),
        ({"area": "x", "segments_info": {}}, "/area", "a text in place of a number"),
        ({"area": float("inf"), "segments_info": {}}, "/segments_info", "a object in place of a list"),
        ({"area": float("inf"), "segments_info": [1]}, "/segments_info/0", "a number in place of an object"),
        ({"area": float("inf"), "segments_info": [{"id": []}]}, "/segments_info/0/id", "a list as an id"),
        ({"segments_info": [{"bbox": [1, 2, 3, float("inf")]}], "area": "x"}, "/area", "a text in place of a number"),
        ({"segments_info": [{"bbox": [float("inf")]}]}, "/segments_info/0/bbox", "numbers that are not finite"),
    ],
)
def test_the_first_field_that_is_wrong_is_named(fields: Any, pointer: str, reason: str) -> None:
    block = read(ANNOTATIONS, **fields)
    assert block.records == [None]
    assert [(fault.pointer, fault.reason) for fault in block.faults.values()] == [(pointer, reason)]


def test_what_only_the_slow_parser_reads_is_kept() -> None:
    block = read(ANNOTATIONS, area=float("inf"), segmentation=[[float("nan")]], segments_info=[{"id": 1, "x": 2}])
    assert block.columns["area"] == [float("inf")]
    assert block.columns["segments_info"] == [b'[{"id":1}]']
    assert repr(block.rests) == "{0: [[nan]]}"
