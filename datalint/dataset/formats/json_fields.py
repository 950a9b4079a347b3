"""Fields of JSON records, as most formats have them: a class, numbers, points, lists; or why one cannot be used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.containers.json.document import a_number, as_text, kind_of
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Place
from datalint.dataset.formats.label_format import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datalint.dataset.containers.json.document import Document
    from datalint.dataset.formats.label_format import Labels

#: Bytes in which the first value of a file begins: white space may stand before it.
_FIRST = 1 << 10


def other(value: Any, expected: str, step: str = "") -> Fault:
    """A value that is there in place of what was expected."""
    return Fault(step, f"{kind_of(value)} in place of {expected.partition(' with ')[0]}", expected)


def class_name(record: dict[str, Any], key: str, what: str = "object") -> str | Fault:
    """The class that `record`, which is called `what`, names under `key`."""
    name = record.get(key)
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not name.strip():
        return Fault(f"/{key}" if key in record else "", f"the {what} has no `{key}`", "the name of a class")
    return name.strip()


def numbers(record: Any, keys: Sequence[str], step: str, what: str = "box") -> list[float] | Fault:
    """The number under each of `keys`; `step` leads to the record, which is called `what`."""
    expected = f"numbers: {', '.join(keys)}"
    if not isinstance(record, dict):
        return Fault(step, f"{kind_of(record)} in place of a {what}", expected)
    found: list[float] = []
    for key in keys:
        value = a_number(record.get(key))
        if value is None:
            if key not in record:
                return Fault(step, f"the {what} has no `{key}`", expected)
            return Fault(f"{step}/{key}", f"`{key}` is {kind_of(record[key])}", "a number")
        found.append(value)
    return found


def listed_numbers(value: Any, count: int, step: str, expected: str) -> list[float] | Fault:
    """The numbers of a list of so many."""
    listed = value if isinstance(value, list) else None
    if listed is None or len(listed) != count:
        got = kind_of(value) if listed is None else f"a list of {len(listed):,}"
        return Fault(step, f"{got} in place of {count} numbers", expected)
    found: list[float] = []
    for number, one in enumerate(listed):
        if (read := a_number(one)) is None:
            return Fault(f"{step}/{number}", f"{kind_of(one)} in place of a number", expected)
        found.append(read)
    return found


def points(listed: Any, step: str, fewest: int = 1) -> list[float] | Fault:
    """x, y, x, y, ... of a list of points, each a list or an object with x and y."""
    if not isinstance(listed, list):
        return Fault(step, f"{kind_of(listed)} in place of points", "a list of points")
    if len(listed) < fewest:
        return Fault(step, counted(len(listed), "point"), f"at least {fewest}")
    found: list[float] = []
    for number, one in enumerate(listed):
        pair = [one.get("x"), one.get("y")] if isinstance(one, dict) else one[:2] if isinstance(one, list) else []
        read = [value for value in map(a_number, pair) if value is not None]
        if len(read) != 2:
            return Fault(f"{step}/{number}", f"{kind_of(one)} that is not a point", "x and y")
        found += read
    return found


def flat_points(listed: Any, step: str, fewest: int = 1) -> list[float] | Fault:
    """The same of a list of numbers: x, y, x, y, ..."""
    if not isinstance(listed, list):
        return Fault(step, f"{kind_of(listed)} in place of points", "a list of numbers: x, y, x, y, ...")
    if len(listed) % 2 or len(listed) < 2 * fewest:
        return Fault(step, f"a list of {len(listed):,} numbers", f"x and y of at least {fewest} points")
    return listed_numbers(listed, len(listed), step, "a number")


def visible(flat: Sequence[float]) -> list[float]:
    """x, y, 2, x, y, 2, ... of x, y, x, y, ...: all points are taken as visible."""
    return [value for x, y in zip(flat[::2], flat[1::2], strict=True) for value in (x, y, 2.0)]


def around(across: float, down: float, angle: float) -> tuple[float, float]:
    """Width and height of the box around an ellipse of these radii that is turned by `angle`, in radians."""
    if not math.isfinite(angle):
        return 2 * across, 2 * down
    cos, sin = math.cos(angle), math.sin(angle)
    return 2 * math.hypot(across * cos, down * sin), 2 * math.hypot(across * sin, down * cos)


def is_list(data: bytes) -> bool:
    """Whether a file is one JSON list, not an object or one a line."""
    return as_text(data[:_FIRST])[:1] == b"["


def begun(document: Document, known: dict[str, int], key: str) -> int | None:
    """Offset of the value under `key` of the outermost object, whose members are `known`; None if there is none.

    Also of one that does not end: what is wrong there is reported with the item that is cut off.
    """
    if key not in known and (at := document.find(f"/{key}")) is not None:
        known[key] = at
        document.problems = Problems(one for one in document.problems if one.pointer != "")
    return known.get(key)


def each(
    document: Document,
    part: tuple[int, str],
    expected: str,
    out: Labels,
    put: Callable[[Any, Place], Fault | None],
    keys: Sequence[str] = (),
    path: str | None = None,
) -> None:
    """Give each item of the list at `part` (offset and pointer) to `put`, with its place; what cannot be used is a
    problem about the image `path`. Of `keys` each may be there once.
    """
    at, pointer = part
    if document.data[at : at + 1] != b"[":
        place = Place(document.file, document.line(at), None, pointer)
        out.problem("syntax", place, f"{kind_of(document.value(at))} in place of a list", expected, path)
        return
    for one in document.items(at, pointer, expected):
        if one.broken:
            continue
        document.check_keys(one, keys, expected)
        place = Place(document.file, one.line, None, one.pointer)
        if (fault := put(one.value, place)) is not None:
            out.lost(fault, place, path)


__all__ = [
    "around",
    "begun",
    "class_name",
    "each",
    "flat_points",
    "is_list",
    "listed_numbers",
    "numbers",
    "other",
    "points",
    "visible",
]
