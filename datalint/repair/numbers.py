"""Numbers in a record, found by their values and spelled like the old ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datalint.repair.edits import Edit, FixError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = re.compile(rb"(?<![\w.+-])[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])")
#: Digits of a number after the point, beyond which it says nothing of an image.
_DIGITS = 6


def replaced(data: bytes, span: tuple[int, int], old: Sequence[float], new: Sequence[float]) -> list[Edit]:
    """The edits that put the numbers `new` in the place of `old`; FixError where others are like them.

    They stand in a row, or else each that changes is known by its value.
    """
    found = [(one.start(), one.end(), float(one[0])) for one in _NUMBER.finditer(data, *span)]
    values = [value for *_, value in found]
    rows = [at for at in range(len(values) - len(old) + 1) if values[at : at + len(old)] == list(old)]
    if len(rows) > 1:
        raise FixError("its numbers stand in the record more than once")
    pairs = list(zip(old, new, strict=True))
    if rows:
        chosen = [(found[rows[0] + place], after) for place, (_, after) in enumerate(pairs)]
    else:
        chosen = [(one, _after(one[2], values, pairs)) for one in found if one[2] in {a for a, b in pairs if a != b}]
        if not {a for a, b in pairs if a != b} <= set(values):
            raise FixError("its numbers do not stand in the record as they are meant")
    return [
        Edit(start, stop, spelled(after, data[start:stop]))
        for (start, stop, before), after in chosen
        if before != after
    ]


def _after(value: float, values: list[float], pairs: list[tuple[float, float]]) -> float:
    """What becomes of a number that stands in the record as often as in the box."""
    after = {new for old, new in pairs if old == value}
    if len(after) > 1 or values.count(value) != sum(old == value for old, _ in pairs):
        raise FixError(f"which of the numbers {value:g} in the record is meant is not certain")
    return after.pop()


def spelled(number: float, like: bytes) -> bytes:
    """A number with as many digits after the point as the old one has, or as many as it takes."""
    digits = len(like.partition(b".")[2]) if b"." in like and b"e" not in like.lower() else 0
    needed = next((n for n in range(_DIGITS) if abs(round(number, n) - number) < 10**-_DIGITS / 2), _DIGITS)
    return f"{number:.{max(digits, needed)}f}".encode()
