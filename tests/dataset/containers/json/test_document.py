from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.containers.json.document import Document, Part


def reported(document: Document) -> list[tuple[int | None, int | None, str | None, str]]:
    return [(problem.line, problem.column, problem.pointer, problem.reason) for problem in document.problems]


def parts(text: str) -> tuple[list[Part], Document]:
    document = Document(text.encode(), "x.json")
    return list(document.items(document.root(), "", "a record")), document


def test_a_broken_item_costs_itself() -> None:
    found, document = parts('[\n {"a": 1},\n {"a": 01},\n {"a": 3}\n]')
    assert [(part.pointer, part.line, part.value, part.broken) for part in found] == [
        ("/0", 2, {"a": 1}, False),
        ("/1", 3, None, True),
        ("/2", 4, {"a": 3}, False),
    ]
    assert reported(document) == [(3, 9, "/1", "not valid JSON: Expecting ',' delimiter")]


def test_a_list_is_read_up_to_the_place_where_it_is_broken() -> None:
    found, document = parts('[{"a": 1},\n {"a": 2} {"a": 3}]')
    assert [part.value for part in found] == [{"a": 1}, {"a": 2}]
    reason = "'{' in place of a comma or a closing bracket; the 2 records before it were read"
    assert reported(document) == [(2, 11, "/2", reason)]


def test_a_key_that_stands_twice_and_text_behind_the_end() -> None:
    document = Document(b'{"a": 1, "b/c": 2, "b/c": 3} x', "x.json")
    members = document.members(document.root(), "", "an object")
    assert {key: document.value(at) for key, at in members.items()} == {"a": 1, "b/c": 3}
    document.check_end()
    assert reported(document) == [
        (1, 20, "/b~1c", "the key 'b/c' occurs twice; the last one counts"),
        (1, 30, "", "more text after the end"),
    ]


def test_an_object_that_ends_early() -> None:
    document = Document(b'{"a": 1, "b": [1, 2', "x.json")
    assert list(document.members(document.root(), "", "an object")) == ["a"]
    assert document.find("/b/1") == 18
    assert document.value(document.find("/b")) is None
    document.check_end()
    assert reported(document) == [(1, 19, "", "the file ends in the middle")]


def test_keys_are_looked_at_only_where_one_may_stand_twice() -> None:
    found, document = parts('[{"a": 1, "x": 2, "x": 3}, {"a": 1, "a": 2}]')
    for part in found:
        document.check_keys(part, ("a",), "a record")
    assert [problem.pointer for problem in document.problems] == ["/1/a"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(), st.integers() | st.text()), max_size=6), st.sampled_from(["\n", "\r", "\r\n"])
)
def test_items_are_as_a_parser_has_them(values: list[Any], end: str) -> None:
    text = f"[{f',{end}'.join(json.dumps(value) for value in values)}]"
    found, document = parts(text)
    assert [part.value for part in found] == json.loads(text)
    assert [part.line for part in found] == list(range(1, len(values) + 1))
    assert document.problems == []
