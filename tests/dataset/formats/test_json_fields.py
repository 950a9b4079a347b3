"""Fields of JSON records: what is read, and why not."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats import json_fields
from datalint.dataset.formats.label_format import Fault


def step(found: Any) -> str:
    assert isinstance(found, Fault)
    return found.step


def test_classes() -> None:
    assert json_fields.class_name({"name": " cat "}, "name") == "cat"
    assert json_fields.class_name({"name": 7}, "name") == "7"
    assert step(json_fields.class_name({}, "name")) == ""
    wrong: list[Any] = ["", None, True, 1.5, []]
    assert [step(json_fields.class_name({"name": bad}, "name")) for bad in wrong] == ["/name"] * 5


def test_numbers() -> None:
    assert json_fields.numbers({"x": 1, "y": "2.5"}, "xy", "/at") == [1.0, 2.5]
    assert step(json_fields.numbers([1, 2], "xy", "/at")) == "/at"
    assert step(json_fields.numbers({"x": 1}, "xy", "/at")) == "/at"
    assert step(json_fields.numbers({"x": 1, "y": None}, "xy", "/at")) == "/at/y"
    assert json_fields.listed_numbers([1, 2], 2, "/at", "") == [1.0, 2.0]
    assert step(json_fields.listed_numbers([1, 2], 3, "/at", "")) == "/at"
    assert step(json_fields.listed_numbers([1, True], 2, "/at", "")) == "/at/1"


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ([[1, 2], [3, 4]], [1.0, 2.0, 3.0, 4.0]),
        ([{"x": 1, "y": 2}, [3, 4, "L"]], [1.0, 2.0, 3.0, 4.0]),
        ([[1, 2], [3]], "/at/1"),
        ([[1, 2], {"x": 1}], "/at/1"),
        ([[1, 2], 7], "/at/1"),
        ([[1, 2]], "/at"),
        ({}, "/at"),
    ],
)
def test_points(listed: Any, found: Any) -> None:
    read = json_fields.points(listed, "/at", 2)
    assert (read.step if isinstance(read, Fault) else read) == found


def test_flat_points() -> None:
    assert json_fields.flat_points([1, 2, 3, 4], "/at", 2) == [1.0, 2.0, 3.0, 4.0]
    assert [step(json_fields.flat_points(bad, "/at", 2)) for bad in ([1, 2], [1, 2, 3], "x", None)] == ["/at"] * 4
    assert step(json_fields.flat_points([1, 2, 3, "x"], "/at", 2)) == "/at/3"
    assert json_fields.visible([1, 2, 3, 4]) == [1, 2, 2.0, 3, 4, 2.0]


def test_the_box_around_an_ellipse() -> None:
    assert json_fields.around(4, 3, 0) == (8, 6)
    assert json_fields.around(4, 3, math.pi / 2) == pytest.approx((6, 8))
    assert json_fields.around(4, 3, math.pi / 4) == pytest.approx((math.sqrt(50), math.sqrt(50)))
    assert json_fields.around(4, 3, math.inf) == (8, 6)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda value: st.lists(value, max_size=4)))
def test_whatever_is_there_is_read_or_a_fault(value: Any) -> None:
    for read in (
        json_fields.points(value, ""),
        json_fields.flat_points(value, ""),
        json_fields.numbers(value, "xy", ""),
    ):
        assert isinstance(read, Fault) or all(isinstance(number, float) for number in read)
