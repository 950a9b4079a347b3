"""The sizes of images from their headers, for readers that must know a few before anything is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.pixels.open import opened
from datalint.sources.ahead import ahead
from datalint.workers import each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.sources import Item

Size = tuple[int, int]
_AT_ONCE = 256  # files of which parts are read: those that are far are fetched several at once


def sizes(items: Sequence[Item], jobs: int | None = None) -> list[Size | None]:
    """Width and height as stored, in pixels; None for a file that is not an image that can be opened.

    No pixel is decoded. `jobs` is the number of worker processes, as for `workers.run`.
    """
    if not any(item.in_parts for item in items):
        return each(size, items, jobs=jobs, most=256)
    parts = [items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE)]
    found = each(_several, parts, jobs=jobs, most=1)
    return [one for part, known in zip(parts, found, strict=True) for one in known or [None] * len(part)]


def _several(items: Sequence[Item]) -> list[Size | None]:
    return [size(item) for item in ahead(items, heads=True)]


def size(item: Item) -> Size | None:
    """The same of one file, in this process."""
    try:
        with opened(item) as image:
            return image.size
    except Exception:  # decoders raise nearly anything on a broken header
        return None


__all__ = ["size", "sizes"]
