from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.containers.json.places import (
    BrokenJSONError,
    Places,
    end,
    find,
    parse,
)
from datalint.dataset.containers.json.values import escaped
from datalint.dataset.containers.records import LONGEST_NAME


def locate(data: bytes, pointer: str) -> tuple[int, int] | None:
    at = find(data, pointer)
    return None if at is None else Places(data).at(at)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    # Longer keys are cut in pointers.
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=LONGEST_NAME), inner, max_size=4),
    max_leaves=20,
)


def _leaves(value: Any, pointer: str = "") -> list[tuple[str, Any]]:
    found = [(pointer, value)]
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += _leaves(item, f"{pointer}/{number}")
    if isinstance(value, dict):
        for key, item in value.items():
            found += _leaves(item, f"{pointer}/{escaped(key)}")
    return found


@given(_values, st.sampled_from([None, 1]), st.booleans())
def test_every_pointer_leads_to_its_value(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    data = text.encode("utf-8", "surrogatepass")
    for pointer, expected in _leaves(value):
        at = find(data, pointer)
        assert at is not None
        stop = end(data, at)
        assert repr(json.loads(data[at:stop].decode("utf-8", "surrogatepass"))) == repr(expected)
        before = data[:at].decode()
        line, column = Places(data).at(at)
        assert line == before.count("\n") + 1
        assert column == len(before) - (before.rfind("\n") + 1) + 1


def test_line_and_column_are_of_the_value() -> None:
    data = b'{\n "images": [],\n "annotations": [\n  {"id": 1},\n  {"id": 2, "bbox": [1, NaN]}\n ]}'
    assert locate(data, "/annotations/1/bbox/1") == (5, 25)
    assert locate(data, "/annotations/1") == (5, 3)
    assert locate(data, "/annotations/2") is None
    assert locate(data, "/annotations/-1") is None
    assert locate(data, "/nothing") is None
    assert locate(data, "annotations") is None
    assert locate(data, "") == (1, 1)


def test_columns_count_characters_and_lines_end_as_anyone_writes_them() -> None:
    text = '{"née": 1,\r\n"日本": "x", "b": 2,\r"c": 3}'
    data = text.encode()
    assert locate(data, "/b") == (2, 17)
    assert locate(data, "/c") == (3, 6)
    assert locate(b"\xef\xbb\xbf" + data, "/née") == (1, 9)


def test_a_value_of_a_file_that_ends_early_is_found_where_it_begins() -> None:
    data = b'{"a": [1, 2, {"b": "text that does not'
    assert locate(data, "/a/2/b") == (1, 20)
    assert locate(data, "/a/3") is None
    with pytest.raises(BrokenJSONError, match="does not end"):
        end(data, 6)


def test_depth_costs_no_recursion() -> None:
    data = b'{"a": ' + b"[" * 300_000 + b"]" * 300_000 + b', "b": {"c": 1}}'
    assert locate(data, "/b/c") == (1, len(data) - 2)
    with pytest.raises(BrokenJSONError, match="nested too deeply"):
        parse(data, 6, end(data, 6))


def test_parse_reads_what_people_have() -> None:
    data = b'{"a": [NaN, -Infinity, 1e400, ' + b"9" * 6000 + b'], "b": "\\ud800"}'
    value = parse(data, 0, len(data))
    assert repr(value["a"]) == "[nan, -inf, inf, inf]"
    assert value["b"] == "?"
    with pytest.raises(BrokenJSONError) as caught:
        parse(b"xx {'a': 1}", 3, 11)
    assert caught.value.at == 4
