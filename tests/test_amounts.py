"""Shares in words: rounded, and never to nothing or all where they are neither."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.amounts import Share, percent


@pytest.mark.parametrize(
    ("share", "digits", "said"),
    [
        (0.35, 0, "35 %"),
        (0.0, 0, "0 %"),
        (1.0, 1, "100.0 %"),
        (0.0004, 1, "under 0.1 %"),
        (0.99998, 1, "over 99.9 %"),
        (0.004, 0, "under 1 %"),
        (0.996, 0, "over 99 %"),
        (12.5, 1, "1,250.0 %"),
        (math.nan, 1, "nan %"),
    ],
)
def test_percent(share: float, digits: int, said: str) -> None:
    assert percent(share, digits) == said


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(0, 3))
def test_what_is_neither_nothing_nor_all_does_not_read_so(share: float, digits: int) -> None:
    said = percent(share, digits)
    assert not said.startswith((f"{0:.{digits}f} ", f"{100:.{digits}f} "))


@given(st.floats(allow_nan=False), st.sampled_from(["", ".2f", ",.9g", "g", ".3e"]))
def test_other_formats_stay_those_of_a_number(value: float, spec: str) -> None:
    assert format(Share(value), spec) == format(value, spec)


def test_a_share_in_a_template() -> None:
    assert "{a:.0%} of {b:.1%}".format_map({"a": Share(0.5), "b": Share(1e-9)}) == "50 % of under 0.1 %"
