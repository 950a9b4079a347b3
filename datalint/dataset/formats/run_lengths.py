"""Run-length masks of COCO annotations: lengths of runs of pixels, down one column after the other, the first one of
background; measured without a picture being drawn, those of all masks of a block together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

#: No run and no mask is larger, in pixels: sums of all that a block can hold stay exact.
_LARGEST = 1 << 33
#: What is measured of what is drawn, and of what is left out: area, and the sides of the box around it.
_SIDES = ("area", "left", "top", "right", "bottom")
MEASURES = pl.Schema({"row": pl.UInt32, **{f"{part}_{side}": pl.Int64 for part in ("mask", "rest") for side in _SIDES}})


class Size(NamedTuple):
    """The size that a run-length mask declares."""

    row: int
    height: int
    width: int


class Mask(NamedTuple):
    """A mask of a block; `size.row` is the record's place in it."""

    size: Size
    runs: str | list[int]
    """Compressed, or plain."""


@dataclass
class Measured:
    """What the runs of a block's masks say."""

    measures: pl.DataFrame = field(default_factory=MEASURES.to_frame)
    """MEASURES of the masks whose runs fill them."""
    totals: dict[int, int] = field(default_factory=dict)
    """Pixels of the runs of those that they do not fill, by row."""
    broken: list[int] = field(default_factory=list)
    """Rows of those that cannot be decoded."""


class _Runs(NamedTuple):
    lengths: Integers
    owner: Integers
    """The mask of each run, ascending."""
    broken: NDArray[np.bool_]
    """Whether a mask cannot be decoded."""


def measure(masks: Sequence[Mask]) -> Measured:
    """Measure masks."""
    texts = [(mask.size, mask.runs) for mask in masks if isinstance(mask.runs, str)]
    lists = [(mask.size, mask.runs) for mask in masks if isinstance(mask.runs, list)]
    found = Measured()
    for sizes, runs in (
        ([size for size, _ in texts], _decompressed([text for _, text in texts])),
        ([size for size, _ in lists], _listed([lengths for _, lengths in lists])),
    ):
        totals = _sums(runs.lengths, runs.owner, len(sizes))
        known = ~runs.broken
        found.broken += [sizes[place].row for place in np.flatnonzero(runs.broken)]
        for place in np.flatnonzero(known).tolist():
            if totals[place] != sizes[place].height * sizes[place].width:
                found.totals[sizes[place].row] = int(totals[place])
                known[place] = False
        known &= totals > 0
        if known.any():
            found.measures = pl.concat([found.measures, _measures(runs, known, sizes)])
    return found


def _listed(lists: Sequence[list[int]]) -> _Runs:
    """Plain runs."""
    broken = np.array([any(run > _LARGEST for run in runs) for runs in lists], bool)
    kept = [[] if wrong else runs for runs, wrong in zip(lists, broken.tolist(), strict=True)]
    counts = np.array([len(runs) for runs in kept], np.int64)
    lengths = np.array([int(run) for runs in kept for run in runs], np.int64)
    return _Runs(lengths, np.repeat(np.arange(len(kept)), counts), broken)


def _decompressed(texts: Sequence[str]) -> _Runs:
    """Compressed runs: base 32, a run from the fourth on less the one two before it.

    The encoding is that of `rleFrString` in pycocotools' maskApi.c.
    """
    encoded = [text.encode() for text in texts]
    counts = np.array([len(text) for text in encoded], np.int64)
    codes = np.frombuffer(b"".join(encoded), np.uint8).astype(np.int64) - 48
    owner = np.repeat(np.arange(len(encoded)), counts)
    more = (codes & 0x20) != 0
    broken = np.bincount(owner[(codes < 0) | (codes >= 64)], minlength=len(encoded)) > 0
    ends = np.cumsum(counts)[counts > 0] - 1
    broken[counts > 0] |= more[ends]
    more[ends] = False
    last = np.flatnonzero(~more)
    number = np.concatenate([[0], np.cumsum(~more)[:-1]]) if len(codes) else np.zeros(0, np.int64)
    first = np.concatenate([[0], last[:-1] + 1])[: len(last)]
    digit = np.arange(len(codes)) - first[number]
    broken[owner[digit > 11]] = True  # a run of 60 bits and more
    digit = np.minimum(digit, 11)
    steps = np.zeros(len(last), np.int64)
    np.add.at(steps, number, (codes & 0x1F) << (5 * digit))
    negative = (codes[last] & 0x10) != 0
    steps[negative] -= np.int64(1) << (5 * (digit[last[negative]] + 1))
    owner = owner[last]
    broken[owner[np.abs(steps) > _LARGEST]] = True
    steps[broken[owner]] = 0
    lengths = _added_up(steps, owner, len(encoded))
    broken[owner[(lengths < 0) | (lengths > _LARGEST)]] = True
    lengths[broken[owner]] = 0
    return _Runs(lengths, owner, broken)


def _added_up(steps: Integers, owner: Integers, count: int) -> Integers:
    """Runs from the differences: of each mask the first run, the sums of every second one from it on, the others'."""
    of = np.bincount(owner, minlength=count)
    place = np.arange(len(steps)) - np.repeat(np.cumsum(of) - of, of)
    chain = 3 * owner + np.where(place == 0, 0, 1 + place % 2)
    order = np.argsort(chain, kind="stable")
    sums = np.cumsum(steps[order])
    begins = np.flatnonzero(np.diff(chain[order], prepend=-1))
    before = sums[begins] - steps[order][begins]
    lengths = np.empty_like(steps)
    lengths[order] = sums - np.repeat(before, np.diff(begins, append=len(steps)))
    return lengths


def _sums(lengths: Integers, owner: Integers, count: int) -> Integers:
    totals = np.zeros(count, np.int64)
    np.add.at(totals, owner, lengths)
    return totals


def _measures(runs: _Runs, known: NDArray[np.bool_], sizes: Sequence[Size]) -> pl.DataFrame:
    """MEASURES of the masks that are `known`, which their runs fill."""
    count = len(sizes)
    of = np.bincount(runs.owner, minlength=count)
    first = np.cumsum(of) - of
    place = np.arange(len(runs.owner)) - np.repeat(first, of)
    until = np.cumsum(runs.lengths)
    start = until - runs.lengths
    used = known[runs.owner] & (runs.lengths > 0)
    owner, drawn = runs.owner[used], (place[used] % 2) == 1
    begins = np.where(of > 0, start[np.minimum(first, len(start) - 1)], 0)
    heights = np.array([size.height for size in sizes], np.int64)[owner]
    start, until = start[used] - begins[owner], until[used] - begins[owner]
    columns: dict[str, NDArray[np.generic]] = {"row": np.array([size.row for size in sizes])[known]}
    for part, which in (("mask", drawn), ("rest", ~drawn)):
        sides = _around(start[which], until[which], heights[which], owner[which], count)
        columns |= {f"{part}_{side}": values[known] for side, values in zip(_SIDES, sides, strict=True)}
    return pl.DataFrame(columns).cast(MEASURES)


def _around(
    start: Integers, until: Integers, height: Integers, owner: Integers, count: int
) -> tuple[Integers, Integers, Integers, Integers, Integers]:
    """Area, left, top, right and bottom of the runs of each of `count` masks; 0 where one has none."""
    from_column, to_column = start // height, (until - 1) // height
    within = from_column == to_column  # a run over the end of a column reaches the bottom and the top
    top, bottom = np.where(within, start % height, 0), np.where(within, (until - 1) % height + 1, height)
    values = [np.zeros(count, np.int64) for _ in _SIDES]
    values[0] = _sums(until - start, owner, count)
    begins = np.flatnonzero(np.diff(owner, prepend=-1))
    if len(begins):
        there = owner[begins]
        values[1][there] = np.minimum.reduceat(from_column, begins)
        values[2][there] = np.minimum.reduceat(top, begins)
        values[3][there] = np.maximum.reduceat(to_column, begins) + 1
        values[4][there] = np.maximum.reduceat(bottom, begins)
    area, left, top, right, bottom = values
    return area, left, top, right, bottom


__all__ = ["MEASURES", "Mask", "Measured", "Size", "measure"]
