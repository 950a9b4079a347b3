from __future__ import annotations

import math

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.assembly import lists


@given(st.lists(st.lists(st.floats(width=64, allow_nan=False), max_size=5), max_size=8))
def test_lists_come_back_as_they_were(values: list[list[float]]) -> None:
    column = lists.of_floats(values)
    assert column.dtype == pl.List(pl.Float64)
    assert column.to_list() == values


def test_what_is_no_number_is_kept() -> None:
    (found,) = lists.of_floats([[math.nan, math.inf]]).to_list()
    assert math.isnan(found[0])
    assert found[1] == math.inf
