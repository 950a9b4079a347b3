from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.formats.coco import shapes
from tests.dataset.formats.coco.factory import compressed

_polygons = st.lists(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-99, 99), max_size=8).map(
        lambda numbers: numbers[: len(numbers) // 2 * 2]
    ),
    max_size=3,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(_polygons, max_size=6), st.sampled_from([None, 1]), st.booleans())
def test_polygons_are_as_a_parser_has_them(records: list[Any], indent: int | None, mixed: bool) -> None:
    raws = [json.dumps(record, indent=indent).encode() for record in records]
    if mixed:  # one that needs a closer look makes all of them be read one by one
        raws.append(b'[[1, 2, "x", 4]]')
    found = shapes.read(raws, {})
    assert found.polygons.rows() == [
        (row, part, points) for row, record in enumerate(records) for part, points in enumerate(record)
    ]
    assert list(found.faults) == ([len(records)] if mixed else [])


def test_records_without_a_segmentation() -> None:
    found = shapes.read([b"", b"null", b"[]", b'"x"'], {})
    assert found.polygons.is_empty()
    assert {row: fault.reason for row, fault in found.faults.items()} == {3: "a text in place of a segmentation"}


def test_those_that_only_the_slow_parser_reads() -> None:
    found = shapes.read([b"", b"[[1, 2]]"], {0: [[float("inf"), 1.0]]})
    assert found.polygons["points"].to_list() == [[float("inf"), 1.0], [1.0, 2.0]]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 1 << 20), max_size=12), min_size=1, max_size=5))
def test_compressed_runs_have_the_sum_of_the_plain_ones(masks: list[list[int]]) -> None:
    for good in (True, False):
        found = shapes.read(
            [
                json.dumps({"counts": counts, "size": [sum(runs) + (not good), 1]}).encode()
                for runs in masks
                for counts in (runs, compressed(runs))
            ],
            {},
        )
        assert len(found.masks) == 2 * len(masks)
        assert found.faults == {}
        assert sorted(found.sums) == ([] if good else list(range(2 * len(masks))))


@pytest.mark.parametrize(
    ("mask", "pointer"),
    [
        ({"counts": [1, -2], "size": [1, 1]}, "/counts/1"),
        ({"counts": None, "size": [1, 1]}, "/counts"),
        ({"counts": "P", "size": [1, 1]}, "/counts"),
        ({"counts": [1], "size": [1, "1"]}, "/size"),
        ({"counts": [1], "size": [1.5, 1]}, "/size"),
        ({"size": [1, 1]}, ""),
    ],
)
def test_masks_that_cannot_be_used(mask: Any, pointer: str) -> None:
    found = shapes.read([json.dumps(mask).encode()], {})
    assert [fault.pointer for fault in found.faults.values()] == [f"/segmentation{pointer}"]
