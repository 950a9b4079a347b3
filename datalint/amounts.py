"""Counts and shares as people read them: `1 box`, `3,264 images`, `35 %`, `under 0.1 %`, `over 99.9 %`."""

from __future__ import annotations

import re
from functools import lru_cache

_SPEC = re.compile(r"(?:\.(\d+))?%")


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun; without a plural of its own, that ends in s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 in percent. One that is neither nothing nor all is never rounded to 0 % or 100 %."""
    rounded, least = round(100 * share, digits), 10**-digits
    if share > 0 and rounded == 0:
        return f"under {least:.{digits}f} %"
    if share < 1 and rounded == 100:
        return f"over {100 - least:.{digits}f} %"
    return f"{100 * share:,.{digits}f} %"


class Share(float):
    """A number whose format `.1%`, as templates of messages have it, gives what `percent` gives."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        digits = _digits(spec)
        return super().__format__(spec) if digits is None else percent(self, digits)


@lru_cache(maxsize=64)
def _digits(spec: str) -> int | None:
    """The digits behind the point of a format in percent; None of another format."""
    found = _SPEC.fullmatch(spec)
    return int(found[1] or 0) if found else None
