"""How large the splits are to be: `80/10/10`, or `train=80,test=20`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What two and three numbers stand for.
_NAMES = {2: ("train", "val"), 3: ("train", "val", "test")}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class SplitError(ValueError):
    """What stands in the way of a split: one line to show."""


def shares(ratios: str | Sequence[float] | Mapping[str, float]) -> dict[str, float]:
    """Split -> its share, of a sum of 1. SplitError for what is not that."""
    try:
        numbers = _read(ratios)
    except (TypeError, ValueError):
        raise SplitError(f"ratios are written 80/10/10 or train=80,test=20, not {ratios!r}") from None
    for name, number in numbers.items():
        if not _NAME.fullmatch(name):
            raise SplitError(f"{name!r} cannot be the name of a split: letters, digits, . _ and - make one")
        if not math.isfinite(number) or number < 0:
            raise SplitError(f"the share of {name} is {number:g}: give numbers from 0")
    total = sum(numbers.values())
    found = {name: number / total for name, number in numbers.items() if number > 0}
    if len(found) < 2:
        raise SplitError("give the shares of at least two splits, such as 80/10/10")
    return found


def _read(ratios: str | Sequence[float] | Mapping[str, float]) -> dict[str, float]:
    if isinstance(ratios, str) and "=" in ratios:
        pairs = [part.split("=") for part in re.split(r"[,/;\s]+", ratios.strip())]
        named = {name.strip(): float(number) for name, number in pairs}
        if len(named) < len(pairs):
            raise ValueError(ratios)
        return named
    if isinstance(ratios, str):
        ratios = [float(part) for part in re.split(r"[/,:;\s]+", ratios.strip())]
    if hasattr(ratios, "items"):
        return {str(name): float(number) for name, number in ratios.items()}
    values = [float(number) for number in ratios]
    return dict(zip(_NAMES[len(values)], values, strict=True)) if len(values) in _NAMES else _unnamed()


def _unnamed() -> dict[str, float]:
    raise ValueError
