"""JSON Lines, and JSON files that are one list of objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import polars as pl

from datalint.amounts import counted
from datalint.dataset.containers.json import places
from datalint.dataset.containers.json.document import Document
from datalint.dataset.containers.json.places import BrokenJSONError
from datalint.dataset.containers.json.values import clean, loads, type_of
from datalint.dataset.containers.limits import (
    LONGEST_LINE,
    LONGEST_RECORD,
    MOST_CELLS,
    MOST_CELLS_A_BYTE,
    MOST_COLUMNS,
    TooMuchError,
)
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import ITEM, NotRecordsError, Place, Problem, Records, decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DEEPEST = "JSON nested less deeply"


class Item(NamedTuple):
    """One JSON object of a file."""

    value: dict[str, Any]
    line: int
    """1-based line where it starts."""
    pointer: str | None
    """JSON pointer of it in the file; null where each line is a document of its own."""


def read_lines(data: bytes, file: str) -> Records:
    """One JSON object a line; a line that is none costs that line.

    Raises TooMuchError where the objects have too many different keys for a table, as `read_array` does.
    """
    items, problems = line_items(data, file)
    if not items and not problems:
        raise NotRecordsError("it has no records")
    return Records(_frame(items, file, len(data)), _lines(items), problems=problems)


def read_array(data: bytes, file: str) -> Records:
    """A JSON file that is a list of objects; NotRecordsError if it is something else."""
    items, problems = array_items(data, file)
    pointers = pl.Series("pointer", [item.pointer for item in items], pl.String)
    return Records(_frame(items, file, len(data)), _lines(items), pointers, problems)


def line_items(data: bytes, file: str) -> tuple[list[Item], list[Problem]]:
    """The objects of a JSON Lines file; every other line that is not blank is a problem."""
    text, odd = decode(data, file)
    problems = Problems(odd)
    items: list[Item] = []
    for number, line in enumerate(_text_lines(text), 1):
        if not line or line.isspace():
            continue
        if len(line) > LONGEST_RECORD:
            reason = f"a line of {len(line):,} characters"
            problems.append(Problem("syntax", Place(file, number), reason, f"at most {LONGEST_RECORD:,} characters"))
            continue
        try:
            record = parse(line)
        except json.JSONDecodeError as error:
            reason = f"not valid JSON: {error.msg}"
            problems.append(Problem("syntax", Place(file, number, error.colno), reason, "one JSON object"))
            continue
        except RecursionError:
            problems.append(Problem("syntax", Place(file, number), "JSON nested too deeply", _DEEPEST))
            continue
        if isinstance(record, dict):
            items.append(Item(record, number, None))
        else:
            reason = f"a JSON {type_of(record)} in place of an object"
            problems.append(Problem("syntax", Place(file, number, 1), reason, "one JSON object"))
    return items, problems


def array_items(data: bytes, file: str) -> tuple[list[Item], list[Problem]]:
    """The objects of a file that is one JSON list, up to the place where it is broken; the others are problems.

    Raises NotRecordsError if the file is not a list, or a list without any object.
    """
    document = Document(data, file)
    if not document.data.startswith(b"[", document.root()):
        raise NotRecordsError("it is not a list of records")
    if b"{" not in document.data and document.data[document.root() + 1 :].strip() not in (b"", b"]"):
        raise NotRecordsError("it is a list, but not of objects")
    elements = _fast(document)
    if elements is None:
        elements = _one_by_one(document)
    items: list[Item] = []
    others = 0
    for number, (value, line) in enumerate(elements):
        if isinstance(value, dict):
            items.append(Item(value, line, f"/{number}"))
        else:
            others += 1
            reason = f"a JSON {type_of(value)} in place of an object"
            place = Place(file, line, None, f"/{number}")
            document.problems.append(Problem("syntax", place, reason, "a JSON object"))
    if others and not items:
        raise NotRecordsError("it is a list, but not of objects")
    return items, document.problems


def parse(text: str) -> Any:
    """JSON as Python writes it too (NaN, Infinity); the fast parser first.

    Raises json.JSONDecodeError, and RecursionError where it is nested too deeply.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return loads(text)


def _fast(document: Document) -> Iterator[tuple[Any, int]] | None:
    """The elements of a list with their lines; None unless all of it is strict JSON."""
    data = document.data
    try:
        raws = msgspec.json.decode(data, type=list[msgspec.Raw])
        values = [msgspec.json.decode(raw) for raw in raws]
    except (msgspec.DecodeError, RecursionError):
        return None
    starts = np.empty(len(raws), np.int64)
    at = 0
    for place, raw in enumerate(raws):
        # Between elements lie white space and a comma only: the search ends where it begins, nearly.
        starts[place] = at = data.index(raw, at)
        at += len(bytes(raw))
    return zip(values, document.places.lines(starts).tolist(), strict=True)


def _one_by_one(document: Document) -> Iterator[tuple[Any, int]]:
    """The elements up to the first one that cannot be parsed; what is wrong there is a problem of the document."""
    count = 0
    data = document.data
    try:
        for first, stop in places.items(data, document.root()):
            yield places.parse(data, first, stop), document.line(first)
            count += 1
    except BrokenJSONError as error:
        more = f"; before it: {counted(count, 'record')}" if count else ""
        error = _as_parsed(data, error)
        at = min(error.at, len(data))
        document.report("syntax", at, f"/{count}", f"{error.reason}{more}", "a JSON list of objects")
    else:
        document.check_end()


def _as_parsed(data: bytes, error: BrokenJSONError) -> BrokenJSONError:
    """What the parser says of a value that does not end: it knows where in it the fault is."""
    if error.value_at is not None:
        try:
            places.parse(data, error.value_at, len(data))
        except BrokenJSONError as precise:
            return precise
    return error


def _text_lines(text: str) -> Iterator[str]:
    """Line by line, so that short lines need not be there all at once."""
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    at = 0
    while at <= len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        yield text[at:stop]
        at = stop + 1


def _lines(items: Sequence[Item]) -> pl.Series:
    return pl.Series("line", [item.line for item in items], pl.UInt32)


def _frame(items: Sequence[Item], file: str, size: int) -> pl.DataFrame:
    """The objects of a file of `size` bytes as a table, a column for each key. Raises TooMuchError."""
    names: dict[str, None] = {}
    most = min(MOST_COLUMNS, max(MOST_CELLS, MOST_CELLS_A_BYTE * size) // max(len(items), 1))
    for item in items:
        names |= dict.fromkeys(item.value)
        if len(names) > most:
            reason = f"{counted(len(items), 'object')} with more than {counted(most, 'different key')}"
            place = Place(file, item.line, None, item.pointer)
            raise TooMuchError(Problem("syntax", place, reason, "objects with the same keys"))
    return pl.DataFrame(
        {clean(name): [cell(item.value.get(name)) for item in items] for name in names},
        schema=dict.fromkeys(map(clean, names), pl.String),
    )


def cell(value: Any) -> str | None:
    """A value as a cell of text; lists of plain values keep their items apart.

    Other structures, and texts that are longer than any line of a table, are not labels.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return clean(value) if len(value) <= LONGEST_LINE else None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return clean(ITEM.join(str(item) for item in value)) + (ITEM if len(value) == 1 else "")
    return None


__all__ = ["Item", "array_items", "cell", "clean", "line_items", "parse", "read_array", "read_lines"]
