from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.containers.json import records as module
from datalint.dataset.containers.json.records import array_items, line_items, read_array, read_lines
from datalint.dataset.containers.limits import LONGEST_LINE, TooMuchError
from datalint.dataset.containers.records import ITEM, NotRecordsError, Problem


def places(problems: list[Problem]) -> list[tuple[int | None, int | None, str | None]]:
    return [(problem.line, problem.column, problem.pointer) for problem in problems]


def test_a_list_of_objects_is_a_table() -> None:
    records = read_array(b'[{"a": 1, "b": [1, 2]},\n {"a": 2.5, "c": true}]', "x.json")
    assert records.frame.rows() == [("1", f"1{ITEM}2", None), ("2.5", None, "1")]
    assert records.lines.to_list() == [1, 2]
    assert records.pointers is not None
    assert records.pointers.to_list() == ["/0", "/1"]


@pytest.mark.parametrize("number", ["1", "NaN"])  # read by the fast parser, and one by one
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_places_are_the_same_however_the_list_is_read(number: str, end: str) -> None:
    text = f'\ufeff [{{"a": {number},{end} "b": "é"}}, 7,{end}{{"a": 2}}]{end}'
    items, problems = array_items(text.encode(), "x.json")
    assert [(item.line, item.pointer) for item in items] == [(1, "/0"), (3, "/2")]
    assert [(problem.kind, problem.line, problem.pointer) for problem in problems] == [
        ("encoding", 1, None),
        ("syntax", 2, "/1"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ('[{"a": 1},\n {"a": }]', 2, 8, "not valid JSON: Expecting value; before it: 1 record"),
        ('[{"a": 1},\n {"a": "x', 2, 8, "not valid JSON: Unterminated string starting at; before it: 1 record"),
        ('[{"a": 1}\n {"a": 2}]', 2, 2, "'{' in place of a comma or a closing bracket; before it: 1 record"),
        ('[{"a": 1}]\n]', 2, 1, "more text after the end"),
    ],
)
def test_a_list_is_read_up_to_the_place_where_it_is_broken(text: str, line: int, column: int, reason: str) -> None:
    items, problems = array_items(text.encode(), "x.json")
    assert [item.value for item in items] == [{"a": 1}]
    assert [(problem.line, problem.column, problem.reason) for problem in problems] == [(line, column, reason)]


@pytest.mark.parametrize("text", ["", "{}", "7", "[1, 2]", '"["'])
def test_other_json_is_not_records(text: str) -> None:
    with pytest.raises(NotRecordsError):
        array_items(text.encode(), "x.json")


def test_a_line_that_is_not_an_object_costs_itself() -> None:
    deep = "[" * 100_000
    text = f'{{"a": 1}}\r\n\r\n7\r{{"a": \n{deep}\n{{"a": NaN}}\n'
    items, problems = line_items(text.encode(), "x.jsonl")
    assert [(item.line, item.pointer) for item in items] == [(1, None), (6, None)]
    assert places(problems) == [(3, 1, None), (4, 7, None), (5, None, None)]
    assert problems[-1].reason == "JSON nested too deeply"
    with pytest.raises(NotRecordsError):
        read_lines(b"\n\n", "x.jsonl")


_objects = st.dictionaries(st.text(), st.none() | st.integers() | st.floats() | st.text(), max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(_objects | st.integers() | st.none(), min_size=1, max_size=8))
def test_records_and_problems_are_all_that_is_there(values: list[Any]) -> None:
    wanted = [value for value in values if isinstance(value, dict)]
    for read, text in ((array_items, json.dumps(values)), (line_items, "\n".join(map(json.dumps, values)))):
        try:
            items, problems = read(text.encode(), "x.json")
        except NotRecordsError:
            assert not wanted
            continue
        assert len(items) + len(problems) == len(values)
        assert repr([item.value for item in items]) == repr(json.loads(json.dumps(wanted)))


@pytest.mark.parametrize("lines", [False, True])
def test_objects_that_share_no_keys_are_not_a_table(lines: bool) -> None:
    """A cell for each object and key would take far more memory than the file."""
    objects = [b'{"k%d": 1}' % n for n in range(5000)]
    with pytest.raises(TooMuchError, match="5,000 objects with more than 838 different keys") as caught:
        read_lines(b"\n".join(objects), "x.jsonl") if lines else read_array(b"[%s]" % b",\n".join(objects), "x.json")
    assert caught.value.problem.line == 839


def test_a_line_that_is_too_long_costs_that_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_RECORD", 20)
    items, problems = line_items(b'{"a": 1}\n{"a": "%s"}\n{"a": 2}' % (b"x" * 20), "x.jsonl")
    assert [item.line for item in items] == [1, 3]
    assert [(problem.line, problem.reason) for problem in problems] == [(2, "a line of 29 characters")]


def test_a_text_that_is_too_long_is_not_a_cell() -> None:
    records = read_lines(b'{"a": "%s", "b": "x"}' % (b"x" * (LONGEST_LINE + 1)), "x.jsonl")
    assert records.frame.rows() == [(None, "x")]


def test_a_list_of_numbers_is_told_without_reading_them() -> None:
    with pytest.raises(NotRecordsError, match="not of objects"):
        read_array(b"[1, 2]", "x.json")
    assert array_items(b"[]", "x.json") == ([], [])
