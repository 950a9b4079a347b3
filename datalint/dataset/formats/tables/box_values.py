"""Boxes in structured cells: lists of numbers, lists of objects, objects of lists, as JSON or as Python prints them."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from datalint.amounts import counted
from datalint.dataset.containers import columns
from datalint.dataset.containers.json.records import clean, parse
from datalint.dataset.containers.json.values import escaped
from datalint.dataset.containers.records import quoted
from datalint.dataset.formats.tables import box_columns

#: More text in one cell is not parsed.
_LONGEST_CELL = 1 << 22
_WORDS = re.compile(r"\b(?:None|True|False|nan|inf)\b")
_JSON_WORDS = {"None": "null", "True": "true", "False": "false", "nan": "NaN", "inf": "Infinity"}
_NUMBER = r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|(?i:nan|inf(?:inity)?))"
#: Numbers alone, with or without brackets, apart by commas, semicolons or spaces.
FLAT = rf"^[\s\[\({{]*{_NUMBER}(?:(?:\s*[,;]\s*|\s+){_NUMBER})*[\s\]\)}}]*$"
NUMBER = _NUMBER
_NUMBERS = {int, float}


class Thing(NamedTuple):
    """One object of an image, as far as it can be read."""

    pointer: str
    """JSON pointer within the value."""
    numbers: tuple[float, ...] | None
    """The four numbers of its box; None if they cannot be read."""
    form: str | None
    """xyxy, xywh or cxcywh where keys say it."""
    label: Any
    """Its class as the value has it; None if it has none."""
    number: int | None
    """The class's number, where it stands beside the name."""
    fault: str = ""
    """Why `numbers` is None."""
    crowd: bool | None = None
    id: str | None = None
    area: float | None = None


def from_text(text: str) -> Any:
    """The value that a cell of text holds. Raises ValueError."""
    if len(text) > _LONGEST_CELL:
        raise ValueError("a cell that is too long")
    try:
        return parse(text)
    except RecursionError:
        raise ValueError("a cell that is nested too deeply") from None
    except json.JSONDecodeError:
        pythonic = _WORDS.sub(lambda match: _JSON_WORDS[match.group()], text.replace("'", '"'))
        pythonic = pythonic.replace("(", "[").replace(")", "]")
        try:
            return parse(pythonic)
        except (json.JSONDecodeError, RecursionError):
            raise ValueError("a cell that is neither numbers nor JSON") from None


def things(value: Any, labels: Any = None, numbers: Any = None) -> list[Thing]:
    """The objects in `value`; `labels` and `numbers` are classes that stand beside it: one for all, or one each.

    Raises ValueError where objects and classes do not fit, or `value` has no form that is known.
    """
    if value is None:
        return []
    if isinstance(value, dict):
        found = _from_dict(value)
    elif isinstance(value, list):
        if _is_flat(value):
            return [_thing("", value, None, _single(labels), _whole(_single(numbers)))] if value else []
        if all(isinstance(item, dict) for item in value):
            found = [thing for place, item in enumerate(value) for thing in _from_dict(item, f"/{place}")]
        else:
            found = [_thing(f"/{place}", item, None, None, None) for place, item in enumerate(value)]
    else:
        raise ValueError(f"{_short(value)} in place of a box")
    if labels is None:
        return found
    each, ids = _each(labels, len(found)), _each(numbers, len(found))
    return [
        thing._replace(label=label, number=_whole(number)) if thing.label is None else thing
        for thing, label, number in zip(found, each, ids, strict=True)
    ]


def text_of(label: Any) -> str | None:
    """A class as text; None if it is none."""
    if isinstance(label, bool) or label is None:
        return None
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    if isinstance(label, int | float):
        return str(label)
    return (clean(label).strip() or None) if isinstance(label, str) else None


def _from_dict(value: dict[str, Any], at: str = "") -> list[Thing]:
    where, label_key, number_key = _keys(tuple(value))
    if where is None:
        raise ValueError(f"an object without a box, of {', '.join(quoted(clean(key)) for key in list(value)[:6])}")
    label = None if label_key is None else value[label_key]
    number = None if number_key is None else value[number_key]
    if label_key is None:
        label, number = number, None
    boxes = [value[edge] for edge in where.edges]
    if len(boxes) == 4:
        if any(isinstance(box, list) for box in boxes):
            lengths = {len(box) if isinstance(box, list) else -1 for box in boxes}
            if len(lengths) > 1:
                raise ValueError("lists of different lengths for the edges of the boxes")
            rows = [
                (f"{at}/{step(where.edges[0])}/{place}", list(box))
                for place, box in enumerate(zip(*boxes, strict=True))
            ]
        else:
            extra = _extra(value)
            return [_thing(at, boxes, where.form, label, _whole(number))._replace(**extra)]
    else:
        (key,) = where.edges
        inner = boxes[0]
        if isinstance(inner, list) and not _is_flat(inner):
            rows = [(f"{at}/{step(key)}/{place}", box) for place, box in enumerate(inner)]
        elif isinstance(inner, list) and inner:
            return [_thing(f"{at}/{step(key)}", inner, None, label, _whole(number))._replace(**_extra(value))]
        elif isinstance(inner, dict):
            return [
                thing._replace(label=label, number=_whole(number)) if thing.label is None else thing
                for thing in _from_dict(inner, f"{at}/{step(key)}")
            ]
        elif inner is None or inner == []:
            rows = []
        else:
            raise ValueError(f"{_short(inner)} in place of a box")
    each, ids = _each(label, len(rows)), _each(number, len(rows))
    return [
        _thing(pointer, box, where.form, name, _whole(own))
        for (pointer, box), name, own in zip(rows, each, ids, strict=True)
    ]


def _thing(pointer: str, box: Any, form: str | None, label: Any, number: int | None) -> Thing:
    if isinstance(box, dict):
        try:
            (inner,) = _from_dict(box, pointer)
        except ValueError as error:
            return Thing(pointer, None, form, label, number, str(error))
        return inner._replace(label=label, number=number) if inner.label is None else inner
    if type(box) is list and len(box) == 4 and {type(item) for item in box} <= _NUMBERS:
        with suppress(OverflowError):  # whole numbers of hundreds of digits
            left, top, third, fourth = map(float, box)
            return Thing(pointer, (left, top, third, fourth), form, label, number)
    if not isinstance(box, list):
        return Thing(pointer, None, form, label, number, f"{_short(box)} in place of a box")
    if len(box) != 4:
        return Thing(pointer, None, form, label, number, f"a box of {len(box):,} numbers")
    values = [_float(item) for item in box]
    for item, read in zip(box, values, strict=True):
        if read is None:
            return Thing(pointer, None, form, label, number, f"{_short(item)} in a box")
    return Thing(pointer, tuple(read for read in values if read is not None), form, label, number)


def step(key: str) -> str:
    """A key as a step of a JSON pointer (RFC 6901)."""
    return escaped(clean(key))


def _extra(value: dict[str, Any]) -> dict[str, Any]:
    crowd = value.get("iscrowd")
    return {
        "crowd": bool(crowd) if isinstance(crowd, int) else None,
        "id": text_of(value.get("id")),
        "area": _float(value.get("area")),
    }


def _is_flat(value: list[Any]) -> bool:
    return not any(isinstance(item, list | dict) for item in value)


def _single(labels: Any) -> Any:
    return labels[0] if isinstance(labels, list) and len(labels) == 1 else labels


def _each(labels: Any, count: int) -> list[Any]:
    if not isinstance(labels, list):
        return [labels] * count
    if len(labels) != count:
        raise ValueError(f"{counted(count, 'box', 'boxes')} and {counted(len(labels), 'class', 'classes')}")
    return labels


@lru_cache(maxsize=1024)
def _keys(keys: tuple[str, ...]) -> tuple[box_columns.Columns | None, str | None, str | None]:
    """Where an object with these keys has its box, its class and the class's number."""
    return box_columns.of(keys), columns.first(keys, box_columns.CLASS), columns.first(keys, columns.LABEL_ID)


def _float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf")
    except ValueError:
        return None


def _whole(value: Any) -> int | None:
    """A class's number that fits the table's column."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else None


def _short(value: Any) -> str:
    if isinstance(value, str):
        return quoted(clean(value))
    kinds = {dict: "an object", list: "a list", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value)) or quoted(value)


__all__ = ["FLAT", "NUMBER", "Thing", "from_text", "step", "text_of", "things"]
