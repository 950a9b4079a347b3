"""The sizes of images from their headers, for readers that must know a few before anything is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.pixels.open import opened
from datalint.workers import each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.sources import Item

Size = tuple[int, int]


def sizes(items: Sequence[Item], jobs: int | None = None) -> list[Size | None]:
    """Width and height as stored, in pixels; None for a file that is not an image that can be opened.

    No pixel is decoded. `jobs` is the number of worker processes, as for `workers.run`.
    """
    return each(size, items, jobs=jobs, most=256)


def size(item: Item) -> Size | None:
    """The same of one file, in this process."""
    try:
        with opened(item) as image:
            return image.size
    except Exception:  # decoders raise nearly anything on a broken header
        return None


__all__ = ["size", "sizes"]
