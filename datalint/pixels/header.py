"""The sizes of images from their headers, for readers that must know a few before anything is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.pixels.open import opened
from datalint.sources.ahead import ahead
from datalint.workers import several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.sources import Item

Size = tuple[int, int]
_AT_ONCE = 256  # files of which parts are read: those that are far are fetched several at once


def sizes(items: Sequence[Item], jobs: int | None = None) -> list[Size | None]:
    """Width and height as stored, in pixels; None for a file that is not an image that can be opened.

    No pixel is decoded. `jobs` is the number of worker processes, as for `workers.run`.
    """
    return several(_several, items, jobs=jobs, most=_AT_ONCE)


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
