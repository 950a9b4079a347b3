"""JSON Lines, and JSON files that are one list of objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from datalint.dataset.layouts.records import ITEM, NotRecordsError, Problem, Records, decode

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEEPEST = "JSON nested less deeply"


def read_lines(data: bytes, file: str) -> Records:
    """One JSON object a line; a line that is none costs that line."""
    text, problems = decode(data, file)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    records: list[dict[str, Any]] = []
    numbers: list[int] = []
    for number, line in enumerate(lines, 1):
        if not line or line.isspace():
            continue
        try:
            record = _parse(line)
        except json.JSONDecodeError as error:
            reason = f"not valid JSON: {error.msg}"
            problems.append(Problem("syntax", file, number, error.colno, None, reason, "one JSON object"))
            continue
        except RecursionError:
            problems.append(Problem("syntax", file, number, None, None, "JSON nested too deeply", _DEEPEST))
            continue
        if isinstance(record, dict):
            records.append(record)
            numbers.append(number)
        else:
            reason = f"a JSON {_kind(record)} in place of an object"
            problems.append(Problem("syntax", file, number, 1, None, reason, "one JSON object"))
    if not records and not problems:
        raise NotRecordsError("it holds no record")
    return Records(_frame(records), pl.Series("line", numbers, pl.UInt32), problems=problems)


def read_array(data: bytes, file: str) -> Records:
    """A JSON file that is a list of objects; NotRecordsError if it is something else."""
    text, problems = decode(data, file)
    try:
        document = _parse(text)
    except json.JSONDecodeError as error:
        reason = f"not valid JSON: {error.msg}"
        problems.append(Problem("syntax", file, error.lineno, error.colno, None, reason, "a JSON list of objects"))
        document = []
    except RecursionError:
        problems.append(Problem("syntax", file, None, None, None, "JSON nested too deeply", _DEEPEST))
        document = []
    if not isinstance(document, list):
        raise NotRecordsError("it is no list of records")
    records: list[dict[str, Any]] = []
    places: list[int] = []
    for place, record in enumerate(document):
        if isinstance(record, dict):
            records.append(record)
            places.append(place)
        else:
            reason = f"a JSON {_kind(record)} in place of an object"
            problems.append(Problem("syntax", file, None, None, f"/{place}", reason, "a JSON object"))
    if document and not records:
        raise NotRecordsError("it is a list, but of no objects")
    return Records(
        _frame(records),
        pl.Series("line", [None] * len(records), pl.UInt32),
        pl.Series("pointer", [f"/{place}" for place in places], pl.String),
        problems,
    )


def _parse(text: str) -> Any:
    """JSON as Python writes it too (NaN, Infinity); the fast parser first."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return json.loads(text)


def _kind(value: Any) -> str:
    kinds = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number"}
    return kinds.get(type(value), "null")


def _frame(records: Iterable[dict[str, Any]]) -> pl.DataFrame:
    records = list(records)
    names = dict.fromkeys(name for record in records for name in record)
    return pl.DataFrame(
        {name: [_cell(record.get(name)) for record in records] for name in names},
        schema=dict.fromkeys(names, pl.String),
    )


def _cell(value: Any) -> str | None:
    """A value as a cell of text; lists of plain values keep their items apart, other structures are not labels."""
    if value is None:
        return None
    if isinstance(value, str):
        # A lone surrogate is legal in JSON and in no file name.
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return ITEM.join(str(item) for item in value) + (ITEM if len(value) == 1 else "")
    return None
