"""Panoptic masks against the segments that their annotations list.

The id of a pixel's segment is red + 256 green + 65536 blue; 0 is background: https://cocodataset.org/#format-data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.records import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLOURED = ("RGB", "RGBA")
_MOST_NAMED = 5
#: Masks that are all empty are one problem, told elsewhere, if there are as many.
_FEW = 3


def problems(masks: pl.DataFrame) -> Iterator[Problem]:
    """Segments that are not in their mask, pixels of segments that are not listed, and masks that are not coloured.

    `masks` are measured (columns of `schema.MASKS`).
    """
    known = masks.filter(pl.col("listed_in").is_not_null() & (pl.col("values").list.len() > 0))
    yield from _grey(known.filter(~pl.col("mode").is_in(_COLOURED)))
    read = known.filter(pl.col("mode").is_in(_COLOURED) & pl.col("segments").is_not_null())
    empty = read["values"].list.eval(pl.element() == 0).list.all()
    if len(read) >= _FEW and empty.all():
        return
    columns = ("path", "of", "listed_in", "values", "different", "segments")
    for path, image, file, values, different, segments in read.select(columns).iter_rows():
        drawn = {value >> 16 | value & 0xFF00 | (value & 0xFF) << 16 for value in values} - {0}
        listed = set(segments)
        absent = listed - drawn - {0} if len(values) == different else set()
        if unlisted := drawn - listed:
            reason = f"the mask has {_named(unlisted)}, which {file} does not list"
            yield Problem("mask", Place(path), reason, "the segments that its annotation lists", image)
        if absent:
            reason = f"the mask has no pixel of {_named(absent)}, which {file} lists"
            yield Problem("mask", Place(path), reason, "each segment of its annotation", image)


def _grey(masks: pl.DataFrame) -> Iterator[Problem]:
    """Masks of one channel: programs that read panoptic masks ask for three."""
    for (file, mode), several in masks.group_by("listed_in", "mode", maintain_order=True):
        which = "a panoptic mask is" if several.height == 1 else f"{several.height:,} panoptic masks are"
        reason = f"{which} {mode}, not RGB: {file} lists segments by red + 256 green + 65536 blue"
        yield Problem("mask", Place(several["path"][0]), reason, "RGB", several["of"][0])


def _named(ids: set[int]) -> str:
    """`the segments 7, 8 and 3 more`."""
    first = ", ".join(map(str, sorted(ids)[:_MOST_NAMED]))
    more = f" and {len(ids) - _MOST_NAMED:,} more" if len(ids) > _MOST_NAMED else ""
    return f"the segment{'s' * (len(ids) > 1)} {first}{more}"


__all__ = ["problems"]
