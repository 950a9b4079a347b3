from __future__ import annotations

import math
from typing import Any

import numpy as np

from datalint.dataset.formats.coco.objects import OBJECTS, PLAIN, table


def read(**columns: Any) -> Any:
    count = len(next(iter(columns.values())))
    names = ("id", "image_id", "category_id", "bbox", "area", "iscrowd", "keypoints", "num_keypoints")
    every = {name: columns.get(name, [None] * count) for name in names}
    numbers = np.arange(count)
    return table(every, numbers, numbers, np.full(count, PLAIN, np.uint8))


def test_ids_are_text() -> None:
    assert read(id=[1, None, 2])["id"].to_list() == ["1", None, "2"]
    assert read(id=[1, "x", 2.0, 10**25])["id"].to_list() == ["1", "x", "2", str(10**25)]


def test_lists_of_one_length_and_of_several() -> None:
    boxes: Any
    for boxes in ([[1.0, 2.0], [3.0, 4.0]], [[1.0], [2.0, 3.0]], [None, [1.0]], [[], []], [None, None]):
        assert read(bbox=boxes)["raw"].to_list() == boxes


def test_everything_else_is_null() -> None:
    found = read(iscrowd=[0, 1, True, None])
    assert found["crowd"].to_list() == [False, True, True, None]
    assert found.schema == OBJECTS
    assert read(id=[]).schema == OBJECTS


def test_counts_that_are_no_numbers_are_left_out() -> None:
    assert read(num_keypoints=[1, None, 2.5])["labelled"].to_list() == [1.0, None, 2.5]
    assert read(num_keypoints=["1", True, [2], 3])["labelled"].to_list() == [None, None, None, 3.0]
    assert read(num_keypoints=[10**400, 1])["labelled"].to_list() == [math.inf, 1.0]
