"""What a JSON value is, in words, as a number and as a text that fits into a table."""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeGuard

from datalint.dataset.containers.records import LONGEST_NAME, shortened

_TYPES = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number"}
_KINDS = {"object": "an object", "boolean": "true or false", "null": "null"}
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]{1,300}\.?[0-9]{0,300}|nan|inf)\s*", re.IGNORECASE)
#: Longer whole numbers are read as floats: no id or coordinate has so many digits, and Python refuses to read them.
_MOST_DIGITS = 300


def type_of(value: Any) -> str:
    """The JSON type of a value: `object`, `list`, `text`, `number`, `boolean` or `null`."""
    return _TYPES.get(type(value), "null")


def kind_of(value: Any) -> str:
    """What a value is, as part of a sentence: `an object`, `a text`, `true or false`."""
    found = type_of(value)
    return _KINDS.get(found, f"a {found}")


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_float(value: float) -> float:
    """A number as a float; one that is too large is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def a_number(value: Any) -> float | None:
    """A number, or a text that is one, as a float; None for anything else."""
    if is_number(value):
        return as_float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return None


def loads(text: str) -> Any:
    """The value that a text holds, as Python's own parser reads it: NaN and Infinity are numbers.

    Raises json.JSONDecodeError, and RecursionError where it is nested too deeply.
    """
    return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def clean(text: str) -> str:
    """Text without lone surrogates, which JSON allows but no file name or table does: each becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def cleaned(value: Any) -> Any:
    """A value in which every text is clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): cleaned(item) for key, item in value.items()}
    return value


def flat_points(points: Any) -> list[float] | None:
    """x, y, x, y, ... of a list of pairs; None if it is none."""
    if not isinstance(points, list):
        return None
    try:
        flat = [value for x, y in points for value in (x, y)]
    except (TypeError, ValueError):
        return None
    if not all(type(value) in (int, float) for value in flat):
        return None
    return [float(value) for value in flat]


def escaped(key: str) -> str:
    """A key as a part of a JSON pointer; one that is too long to name anything is cut."""
    return shortened(key, LONGEST_NAME).replace("~", "~0").replace("/", "~1")


def unescaped(part: str) -> str:
    """The key that a part of a JSON pointer stands for."""
    return part.replace("~1", "/").replace("~0", "~")


__all__ = [
    "a_number",
    "as_float",
    "clean",
    "cleaned",
    "escaped",
    "flat_points",
    "is_number",
    "kind_of",
    "loads",
    "type_of",
    "unescaped",
]
