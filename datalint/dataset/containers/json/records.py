"""JSON Lines, and JSON files that are one list of objects."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import polars as pl

from datalint.dataset.containers.records import ITEM, NotRecordsError, Place, Problem, Records, counted, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DEEPEST = "JSON nested less deeply"
_SPACE = re.compile(r"[ \t\n]*+")
#: Longer whole numbers are read as floating-point ones: Python refuses to read them in time quadratic to their length.
_MOST_DIGITS = 400


class Item(NamedTuple):
    """One JSON object of a file."""

    value: dict[str, Any]
    line: int
    """1-based line where it starts."""
    pointer: str | None
    """JSON pointer of it in the file; null where each line is a document of its own."""


def read_lines(data: bytes, file: str) -> Records:
    """One JSON object a line; a line that is none costs that line."""
    items, problems = line_items(data, file)
    if not items and not problems:
        raise NotRecordsError("it holds no record")
    return Records(_frame(item.value for item in items), _lines(items), problems=problems)


def read_array(data: bytes, file: str) -> Records:
    """A JSON file that is a list of objects; NotRecordsError if it is something else."""
    items, problems = array_items(data, file)
    pointers = pl.Series("pointer", [item.pointer for item in items], pl.String)
    return Records(_frame(item.value for item in items), _lines(items), pointers, problems)


def line_items(data: bytes, file: str) -> tuple[list[Item], list[Problem]]:
    """The objects of a JSON Lines file; every other line that is not blank is a problem."""
    text, problems = decode(data, file)
    items: list[Item] = []
    for number, line in enumerate(_unix(text).split("\n"), 1):
        if not line or line.isspace():
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
            reason = f"a JSON {_kind(record)} in place of an object"
            problems.append(Problem("syntax", Place(file, number, 1), reason, "one JSON object"))
    return items, problems


def array_items(data: bytes, file: str) -> tuple[list[Item], list[Problem]]:
    """The objects of a file that is one JSON list, up to the place where it is broken; the others are problems.

    Raises NotRecordsError if the file is no list, or a list without any object.
    """
    text, problems = decode(data, file)
    text = _unix(text)
    if not text.lstrip(" \t\n").startswith("["):
        raise NotRecordsError("it is no list of records")
    elements = _fast(text)
    if elements is None:
        elements, fault = _one_by_one(text, file)
        problems += fault
    items: list[Item] = []
    for place, (value, line) in enumerate(elements):
        if isinstance(value, dict):
            items.append(Item(value, line, f"/{place}"))
        else:
            reason = f"a JSON {_kind(value)} in place of an object"
            problems.append(Problem("syntax", Place(file, line, None, f"/{place}"), reason, "a JSON object"))
    if elements and not items:
        raise NotRecordsError("it is a list, but of no objects")
    return items, problems


def parse(text: str) -> Any:
    """JSON as Python writes it too (NaN, Infinity); the fast parser first.

    Raises json.JSONDecodeError, and RecursionError where it is nested too deeply.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return json.loads(text, parse_int=_integer)


def _fast(text: str) -> list[tuple[Any, int]] | None:
    """The elements of a list with their lines; None unless all of it is strict JSON."""
    try:
        data = text.encode()
        raws = msgspec.json.decode(data, type=list[msgspec.Raw])
        elements: list[tuple[Any, int]] = []
        line, at = 1, 0
        for raw in raws:
            # Between elements lie white space and a comma only: the search ends where it begins, nearly.
            start = data.index(raw, at)
            line += data.count(b"\n", at, start)
            elements.append((msgspec.json.decode(raw), line))
            at = start + len(bytes(raw))
            line += data.count(b"\n", start, at)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None
    return elements


def _one_by_one(text: str, file: str) -> tuple[list[tuple[Any, int]], list[Problem]]:
    """The elements up to the first one that cannot be parsed, with their lines; and what is wrong there."""
    decoder = json.JSONDecoder(parse_int=_integer)
    elements: list[tuple[Any, int]] = []
    at, line, seen = text.index("[") + 1, 1, 0

    def wrong(at: int, reason: str, expected: str) -> list[Problem]:
        number = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        tail = f"; before it: {counted(len(elements), 'record')}" if elements else ""
        return [Problem("syntax", Place(file, number, column, f"/{len(elements)}"), f"{reason}{tail}", expected)]

    while True:
        at = _after_space(text, at)
        if text.startswith("]", at) and not elements:
            break
        line, seen = line + text.count("\n", seen, at), at
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            return elements, wrong(error.pos, f"not valid JSON: {error.msg}", "a JSON list of objects")
        except RecursionError:
            return elements, wrong(at, "JSON nested too deeply", _DEEPEST)
        elements.append((value, line))
        at = _after_space(text, at)
        if text.startswith(",", at):
            at += 1
        elif text.startswith("]", at):
            break
        else:
            return elements, wrong(
                at, "not valid JSON: the list goes on without a comma, or does not end", "`,` or `]`"
            )
    end = _after_space(text, at + 1)
    if end < len(text):
        return elements, wrong(end, "not valid JSON: more text behind the list", "the end of the file")
    return elements, []


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _kind(value: Any) -> str:
    kinds = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number"}
    return kinds.get(type(value), "null")


def _lines(items: Sequence[Item]) -> pl.Series:
    return pl.Series("line", [item.line for item in items], pl.UInt32)


def _frame(records: Iterable[dict[str, Any]]) -> pl.DataFrame:
    records = list(records)
    names = dict.fromkeys(name for record in records for name in record)
    return pl.DataFrame(
        {clean(name): [cell(record.get(name)) for record in records] for name in names},
        schema=dict.fromkeys(map(clean, names), pl.String),
    )


def clean(text: str) -> str:
    """Text without lone surrogates, which are legal in JSON and in no file name."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def cell(value: Any) -> str | None:
    """A value as a cell of text; lists of plain values keep their items apart, other structures are not labels."""
    if value is None:
        return None
    if isinstance(value, str):
        return clean(value)
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
