from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.containers.json.places import BrokenJSONError, items
from datalint.dataset.containers.json.spans import block_end, following, larger, spans

_values = st.recursive(
    st.none() | st.integers() | st.text('ab{}[],:"\\ é', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a{}"\\,', max_size=3), inner, max_size=3),
    max_leaves=8,
)
_objects = st.dictionaries(st.text("ab", max_size=2), _values, max_size=3)


def row(data: bytes, at: int, size: int) -> list[tuple[int, int]]:
    """Every object in a row, block by block."""
    found: list[tuple[int, int]] = []
    follows: int | None = at
    while follows is not None:
        starts, ends = spans(data, follows, size)
        found += zip(starts.tolist(), ends.tolist(), strict=True)
        follows, size = following(data, found[-1][1]), larger(size)
    return found


@settings(max_examples=50, deadline=None)
@given(st.lists(_objects, min_size=1, max_size=6), st.sampled_from([None, 1]), st.integers(1, 200))
def test_spans_are_those_of_the_items(values: list[Any], indent: int | None, size: int) -> None:
    data = json.dumps(values, indent=indent, ensure_ascii=False).encode()
    assert row(data, data.index(b"{"), size) == list(items(data, 0))


def test_a_row_ends_where_something_else_stands_between() -> None:
    for between in (b", 7, ", b" ", b", , ", b",x"):
        data = b'{"a": 1}, {"b": {}}' + between + b'{"c": 3}]'
        assert row(data, 0, 1000) == [(0, 8), (10, 19)]


def test_only_an_object_that_ends_counts() -> None:
    starts, ends = spans(b'{"a": "\\\\"}, {"b": "', 0, 1000)
    assert (starts.tolist(), ends.tolist()) == ([0], [11])
    with pytest.raises(BrokenJSONError, match="ends in the middle"):
        spans(b'{"a": {', 0, 1000)


def test_the_end_of_a_block_is_behind_a_brace() -> None:
    data = b'{"a": 1}, {"b": 2}, {"c'
    assert (block_end(data, 0, len(data)), block_end(data, 0, 12)) == (18, 8)
