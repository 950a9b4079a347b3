from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from datalint.dataset.containers.json.blocks import (
    Block,
    Careful,
    Decoder,
    Fault,
    FaultError,
    blocks,
    offset,
    report,
)
from datalint.dataset.containers.json.places import BrokenJSONError
from datalint.dataset.containers.json.text import Text
from datalint.dataset.containers.json.values import is_number, type_of


class Thing(msgspec.Struct):
    id: int | None = None
    size: float | None = None
    shape: msgspec.Raw = msgspec.Raw()


def careful(value: dict[str, Any]) -> Careful[Thing]:
    size = value.get("size")
    if size is not None and not is_number(size):
        raise FaultError("/size", f"a {type_of(size)} in place of a number", "a number")
    fault = None if isinstance(value.get("id"), int) else Fault("", "no id", "an id")
    return Careful(Thing(None if fault else value["id"], size), value.get("shape"), fault)


THINGS = Decoder(Thing, careful)


def read(text: str) -> list[Block[Thing]]:
    return [block for block, _ in blocks(text.encode(), 0, THINGS)]


def test_records_are_columns() -> None:
    (block,) = read('{"id": 1, "size": 2.5, "shape": [1, 2]}, {"id": 2, "other": {"id": 3}}]')
    assert block.columns == {"id": [1, 2], "size": [2.5, None], "shape": [b"[1, 2]", b""]}
    assert block.starts.tolist() == [0, 41]
    assert block.faults == {}


def test_only_what_is_refused_is_read_slowly() -> None:
    text = '{"id": 1, "size": NaN, "shape": {"a": Infinity}}, {"id": "x", "size": 1}, {"id": 3, "size": "4"}, {"id": 4}'
    (block,) = read(text)
    assert [record is not None for record in block.records] == [True, True, False, True]
    assert repr(block.columns["size"]) == "[nan, 1, None, None]"
    assert block.rests == {0: {"a": float("inf")}}
    assert block.faults == {
        1: Fault("", "no id", "an id"),
        2: Fault("/size", "a text in place of a number", "a number"),
    }


def test_a_key_that_is_there_twice_costs_the_record() -> None:
    text = '{"id": 1, "id": 2}, {"id": 3, "more": {"id": 4, "id": 5}}'
    (block,) = read(text)
    assert block.columns["id"] == [None, 3]
    assert block.faults == {0: Fault("/id", "the key 'id' occurs twice", "each key once", text.index('"id": 2'))}


def test_a_row_ends_before_an_object_that_does_not() -> None:
    text = '{"id": 1}, {"id": 2'
    assert [block.columns["id"] for block in read(text)] == [[1]]
    with pytest.raises(BrokenJSONError):
        read('{"id": 1')


class Quick(NamedTuple):
    starts: NDArray[np.int64]
    stop: int


def test_the_quick_reader_goes_first() -> None:
    def quick(data: bytes, at: int, stop: int) -> Quick | None:
        return Quick(np.array([at]), stop) if b'"quick"' in data[at:stop] else None

    for text, kind in (('{"quick": 1}, {"id": 2}]', Quick), ('{"id": 1}, {"id": 2}]', Block)):
        ((found, stop),) = blocks(text.encode(), 0, THINGS, quick)
        assert isinstance(found, kind)
        assert stop == len(text) - 1


def test_a_fault_is_reported_at_its_value() -> None:
    text = Text(b'{"id": 1},\n {"id": 2, "size": [3, "x"]}', "x.json")
    faults = {1: Fault("/size/1", "why", "what"), 0: Fault("/none", "why not", "what")}
    ((block, _),) = blocks(text.data, 0, THINGS)
    report(text, "/things", 5, block, faults, "mask")
    assert [(problem.kind, *problem.place) for problem in text.problems] == [
        ("mask", "x.json", 2, 24, "/things/6/size/1"),
        ("mask", "x.json", 1, 1, "/things/5/none"),
    ]
    assert offset(text.data, Fault("", "", "", 7), 0) == 7


_things = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers() | st.none() | st.text('"\\{}', max_size=2),
        "size": st.floats() | st.text(max_size=2) | st.none(),
        "shape": st.lists(st.floats(), max_size=3),
        "other": st.dictionaries(st.text('"\\{}id', max_size=3), st.integers(), max_size=2),
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_things, min_size=1, max_size=8))
def test_every_object_is_a_record_or_a_fault(values: list[dict[str, Any]]) -> None:
    found = read(json.dumps(values)[1:])
    records = [record for block in found for record in block.records]
    assert len(records) == len(values)
    lost = [row for block in found for row in block.faults if block.records[row] is None]
    assert sum(record is not None for record in records) + len(lost) == len(values)
    for record, value in zip(records, values, strict=True):
        if record is not None and record.size is not None:
            assert repr(float(record.size)) == repr(float(value["size"]))
