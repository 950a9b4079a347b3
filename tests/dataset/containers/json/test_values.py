from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.containers.json.values import (
    a_number,
    as_float,
    clean,
    cleaned,
    escaped,
    is_number,
    kind_of,
    loads,
    type_of,
    unescaped,
)


@pytest.mark.parametrize(
    ("value", "name", "words"),
    [
        ({}, "object", "an object"),
        ([], "list", "a list"),
        ("", "text", "a text"),
        (True, "boolean", "true or false"),
        (1, "number", "a number"),
        (1.5, "number", "a number"),
        (None, "null", "null"),
    ],
)
def test_a_value_has_a_type_in_words(value: Any, name: str, words: str) -> None:
    assert (type_of(value), kind_of(value)) == (name, words)


def test_numbers_and_texts_that_are_numbers() -> None:
    assert [a_number(value) for value in (1, 2.5, " 3.0 ", "-7", "x", "", None, True, [1])] == [
        1.0, 2.5, 3.0, -7.0, None, None, None, None, None,
    ]  # fmt: skip
    assert math.isnan(a_number("NaN") or 0)
    assert not is_number(True)
    assert as_float(-(10**400)) == -math.inf


def test_long_whole_numbers_and_names_that_json_does_not_have() -> None:
    assert loads("9" * 300) == 10**300 - 1
    assert loads("9" * 6000) == math.inf
    assert loads("[-Infinity, 1e400]") == [-math.inf, math.inf]
    with pytest.raises(json.JSONDecodeError):
        loads("{'a': 1}")


def test_lone_surrogates_become_question_marks() -> None:
    assert clean("a\ud800é") == "a?é"
    assert cleaned({"\ud800": ["\udfff", 1, None]}) == {"?": ["?", 1, None]}


@given(st.text(max_size=200))
def test_a_key_comes_back_from_a_pointer(key: str) -> None:
    assert unescaped(escaped(key)) == key
    assert "/" not in escaped(key)
