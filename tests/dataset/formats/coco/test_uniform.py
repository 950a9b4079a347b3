from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.formats.coco import uniform
from tests.dataset.formats.coco.factory import SQUARE, annotation


def read(records: list[Any], space: str = " ") -> uniform.Uniform | None:
    data = json.dumps(records, separators=(f",{space}", f":{space}")).encode()
    return uniform.read(data, data.index(b"{"), data.rindex(b"}") + 1)


_number = st.integers(-(10**9), 10**9).map(lambda number: number / 1000)
_polygon = st.lists(_number, min_size=2, max_size=8).map(lambda numbers: numbers[: len(numbers) // 2 * 2])
_record = st.fixed_dictionaries(
    {
        "image_id": st.integers(0, 1 << 40),
        "bbox": st.lists(_number, min_size=4, max_size=4),
        "category_id": st.integers(0, 99),
        "area": _number,
        "segmentation": st.lists(_polygon, min_size=1, max_size=3),
        "iscrowd": st.integers(0, 1),
    }
)


@settings(max_examples=50, deadline=None)
@given(st.lists(_record, min_size=1, max_size=5), st.permutations(list("abcdef")), st.sampled_from(["", " ", "\n"]))
def test_numbers_are_as_a_parser_has_them(records: list[Any], order: list[str], space: str) -> None:
    names = [name for _, name in sorted(zip(order, records[0], strict=True))]
    records = [{name: record[name] for name in names} for record in records]
    found = read(records, space)
    assert found is not None
    columns = {name: column.to_list() for name, column in found.columns.items() if column is not None}
    assert columns == {
        "image_id": [str(record["image_id"]) for record in records],
        "category_id": [str(record["category_id"]) for record in records],
        "bbox": [record["bbox"] for record in records],
        "area": [record["area"] for record in records],
        "iscrowd": [record["iscrowd"] == 1 for record in records],
    }
    assert found.columns["id"] is None
    assert found.polygons.rows() == [
        (row, part, points) for row, record in enumerate(records) for part, points in enumerate(record["segmentation"])
    ]
    assert len(found.starts) == len(records)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "1"},
        {"id": 1.5},
        {"id": 1 << 60},
        {"bbox": [1, 2, 3]},
        {"bbox": None},
        {"area": 1e30},
        {"segmentation": []},
        {"segmentation": [[1, 2, 3]]},
        {"segmentation": {"counts": [1], "size": [1, 1]}},
        {"more": 1},
    ],
)
def test_what_does_not_fit_is_left_to_the_general_reader(changes: Any) -> None:
    like = annotation(segmentation=[SQUARE])
    assert read([like, like]) is not None
    assert read([like, like | changes]) is None
    assert read([like | changes, like | changes]) is None


def test_two_numbers_with_a_space_between_them_are_not_one() -> None:
    data = json.dumps([annotation(segmentation=[SQUARE])]).encode()[1:-1]
    assert uniform.read(data, 0, len(data)) is not None
    data = data.replace(b"9.0, 1.0", b"9.0 1.0, 1.0", 1)
    assert uniform.read(data, 0, len(data)) is None
