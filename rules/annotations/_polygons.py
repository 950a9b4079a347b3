"""Polygons in bulk: bounds, areas and crossings, in numpy over millions of points at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalint.lazy import numpy as np
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from polars import DataFrame

    from datalint import Dataset

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Numbers that are held at once: 4 MB of coordinates, and some twenty times that in what is computed from them.
_BLOCK = 500_000
#: Polygons with larger coordinates are not searched for crossings: their areas would swallow those of the others.
_FAR = 1e7
#: Pairs of edges after which the search in a block ends, as long as they are more than so many for each edge. An
#: outline has two or three; only a file that is made to be slow comes near.
_MOST_COMPARED = 5_000_000
_MOST_COMPARED_EACH = 100
#: Steps along the longer side of a polygon in which its edges are put in order.
_PLACES = 2**20
#: While more than one edge in so many is active, all are compared.
_SPARSE = 4
#: More edges than a block holds, unless one polygon alone has more.
_INDEX = 2**20


@dataclass
class Rings:
    """Polygons of finite points, one after the other."""

    rows: Integers
    """Their rows in the table."""
    x: Floats
    y: Floats
    starts: Integers
    counts: Integers
    """First point, and number of points, of each."""

    def following(self) -> tuple[Floats, Floats]:
        """The next point of each; after the last one the first."""
        after_x, after_y = np.empty_like(self.x), np.empty_like(self.y)
        last = self.starts + self.counts - 1
        for after, values in ((after_x, self.x), (after_y, self.y)):
            after[:-1] = values[1:]
            after[last] = values[self.starts]
        return after_x, after_y

    def chosen(self, wanted: NDArray[np.bool_]) -> Rings:
        """Some of the polygons."""
        points = np.repeat(wanted, self.counts)
        counts = self.counts[wanted]
        return Rings(self.rows[wanted], self.x[points], self.y[points], np.cumsum(counts) - counts, counts)


def rings(table: DataFrame) -> Iterator[Rings]:
    """The polygons of 2 points and more of finite numbers, x and y in pairs, block by block."""
    lengths = table["points"].list.len().fill_null(0).to_numpy().astype(np.int64)
    usable = (lengths >= 4) & (lengths % 2 == 0)
    block = np.cumsum(lengths) // _BLOCK
    edges = np.flatnonzero(np.diff(block, prepend=-1, append=-1)) if len(block) else np.zeros(0, np.int64)
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        rows = np.flatnonzero(usable[first:last])
        if not len(rows):
            continue
        points = table["points"].slice(first, last - first)
        if len(rows) < last - first:
            points = points.gather(rows)
        values = points.explode().to_numpy()
        counts = lengths[first:last][rows] // 2
        found = Rings(
            rows + first,
            np.ascontiguousarray(values[0::2]),
            np.ascontiguousarray(values[1::2]),
            np.cumsum(counts) - counts,
            counts,
        )
        finite = np.isfinite(found.x) & np.isfinite(found.y)
        if not finite.all():
            found = found.chosen(np.logical_and.reduceat(finite, found.starts))
        if len(found.rows):
            yield found


def survey(data: Dataset) -> tuple[DataFrame, DataFrame]:
    """`surveyed` of the dataset's polygons."""
    return data.once(_survey)


def _survey(data: Dataset) -> tuple[DataFrame, DataFrame]:
    return surveyed(data.table("polygons"))


def surveyed(table: DataFrame) -> tuple[DataFrame, DataFrame]:
    """What `rings` measure, and which of them cross themselves.

    The first: row, left, top, right, bottom, signed area and length of the outline, a walk along the axes; the unit
    is that of the points. The second: row, and for the crossing that cuts off most the `loop`, its area, and `share`,
    what that is of the whole. Edges that merely touch, or that lie on each other (as those that join a hole to its
    outline do), are not a crossing.
    """
    shapes = [pl.DataFrame(schema={"row": pl.UInt32} | dict.fromkeys(_MEASURES, pl.Float64))]
    found = [pl.DataFrame(schema={"row": pl.UInt32, "loop": pl.Float64, "share": pl.Float64})]
    for block in rings(table):
        measured, doubtful = _measure(block)
        shapes.append(measured)
        if doubtful.any():
            found.append(_crossings(block.chosen(doubtful)))
    return pl.concat(shapes), pl.concat(found)


_MEASURES = ("left", "top", "right", "bottom", "area", "length")


def _measure(block: Rings) -> tuple[DataFrame, NDArray[np.bool_]]:
    """The measures of polygons, and whether they may cross themselves.

    They do not if all of the outline can be seen from their centre, once around.
    """
    starts = block.starts
    left, top = np.minimum.reduceat(block.x, starts), np.minimum.reduceat(block.y, starts)
    right, bottom = np.maximum.reduceat(block.x, starts), np.maximum.reduceat(block.y, starts)
    with np.errstate(over="ignore", invalid="ignore"):
        x, y = (
            values - np.repeat(np.add.reduceat(values, starts) / block.counts, block.counts)
            for values in (block.x, block.y)
        )
        next_x, next_y = Rings(block.rows, x, y, starts, block.counts).following()
        turn = x * next_y - next_x * y
        area = np.add.reduceat(turn, starts) / 2
        length = np.add.reduceat(np.abs(next_x - x) + np.abs(next_y - y), starts)
        one_way = (np.minimum.reduceat(turn, starts) > 0) | (np.maximum.reduceat(turn, starts) < 0)
        once = np.add.reduceat((y >= 0) != (next_y >= 0), starts, dtype=np.int32) == 2
        near = np.maximum(right - left, bottom - top) < _FAR
    measures = dict(zip(_MEASURES, (left, top, right, bottom, area, length), strict=True))
    frame = pl.DataFrame({"row": block.rows, **measures}).cast({"row": pl.UInt32})
    return frame, np.asarray((block.counts > 3) & ~(one_way & once) & near)


def _crossings(block: Rings) -> DataFrame:
    """The crossing of each polygon that cuts off most.

    The edges of each polygon are put in order along its longer side; each is compared with those that follow it and
    begin before it ends.
    """
    starts, counts = block.starts, block.counts
    x = block.x - np.repeat(block.x[starts], counts)
    y = block.y - np.repeat(block.y[starts], counts)
    block = Rings(block.rows, x, y, starts, counts)
    next_x, next_y = block.following()
    left, top = np.minimum.reduceat(x, starts), np.minimum.reduceat(y, starts)
    wide, high = np.maximum.reduceat(x, starts) - left, np.maximum.reduceat(y, starts) - top
    lying = wide >= high
    scale = _PLACES / np.maximum(np.maximum(wide, high), 1e-9)
    offset, scale, lies = (np.repeat(value, counts) for value in (np.where(lying, left, top), scale, lying))
    here, there = np.where(lies, x, y), np.where(lies, next_x, next_y)
    aside, aside_next = np.where(lies, y, x), np.where(lies, next_y, next_x)
    # Polygon and place along it in one whole number, so that they are put in order at once.
    owner = np.repeat(np.arange(len(starts)) * (2 * _PLACES), counts)
    begin = owner + ((np.minimum(here, there) - offset) * scale).astype(np.int64)
    end = owner + ((np.maximum(here, there) - offset) * scale).astype(np.int64)
    order = _in_order(begin)
    begin, end = begin[order], end[order]
    low, high = np.minimum(aside, aside_next)[order], np.maximum(aside, aside_next)[order]
    found: list[DataFrame] = []
    firsts, seconds = [], []
    compared, step = 0, 0
    active = np.arange(len(order))
    while len(active) and compared < max(_MOST_COMPARED, _MOST_COMPARED_EACH * len(order)):
        step += 1
        if len(active) * _SPARSE > len(order):  # nearly all: slices are faster than indices
            within = begin[step:] <= end[:-step]
            meet = np.flatnonzero(within & (low[step:] < high[:-step]) & (low[:-step] < high[step:]))
            active = np.flatnonzero(within)
        else:
            active = active[: np.searchsorted(active, len(order) - step)]
            active = active[begin[active + step] <= end[active]]
            other = active + step
            meet = active[(low[other] < high[active]) & (low[active] < high[other])]
        compared += len(active)
        first, second = order[meet], order[meet + step]
        apart = np.abs(first - second) > 1
        firsts.append(first[apart])
        seconds.append(second[apart])
        if sum(map(len, firsts)) > _BLOCK or step == 1:  # so that few are held
            found.append(_loops(block, next_x, next_y, np.concatenate(firsts), np.concatenate(seconds)))
            firsts, seconds = [], []
    if firsts:
        found.append(_loops(block, next_x, next_y, np.concatenate(firsts), np.concatenate(seconds)))
    return _largest(pl.concat(found))


def _in_order(keys: Integers) -> Integers:
    """What `numpy.argsort` gives; with the index in the low bits a plain sort does it, in a third of the time."""
    if len(keys) > _INDEX or keys[-1] >= np.iinfo(np.int64).max // _INDEX - 2 * _PLACES:
        return np.argsort(keys)
    packed = keys * _INDEX + np.arange(len(keys))
    packed.sort()
    return packed & (_INDEX - 1)


def _loops(block: Rings, next_x: Floats, next_y: Floats, first: Integers, second: Integers) -> DataFrame:
    """The largest loop of each polygon that pairs of its edges cut off, if they cross."""
    first, second = np.minimum(first, second), np.maximum(first, second)
    x, y = block.x, block.y
    ux, uy = next_x[first] - x[first], next_y[first] - y[first]
    vx, vy = next_x[second] - x[second], next_y[second] - y[second]
    gap_x, gap_y = x[second] - x[first], y[second] - y[first]
    from_u = ux * gap_y - uy * gap_x, ux * (gap_y + vy) - uy * (gap_x + vx)
    from_v = vy * gap_x - vx * gap_y, vy * (gap_x - ux) - vx * (gap_y - uy)
    cross = (from_u[0] * from_u[1] < 0) & (from_v[0] * from_v[1] < 0)
    first, second = first[cross], second[cross]
    along = from_v[0][cross] / (from_v[0][cross] - from_v[1][cross])
    at_x, at_y = x[first] + along * ux[cross], y[first] + along * uy[cross]
    # Twice the signed area from the outline's first point up to each point.
    steps = x * next_y - next_x * y
    swept = np.cumsum(steps) - steps
    loop = (
        (at_x * next_y[first] - next_x[first] * at_y)
        + (swept[second] - swept[first] - steps[first])
        + (x[second] * at_y - at_x * y[second])
    )
    owner = np.repeat(np.arange(len(block.starts)), block.counts)[first]
    rest = np.add.reduceat(steps, block.starts)[owner] - loop
    smaller = np.minimum(np.abs(loop), np.abs(rest)) / 2
    share = smaller / np.maximum((np.abs(loop) + np.abs(rest)) / 2, np.finfo(float).tiny)
    return _largest(pl.DataFrame({"row": block.rows[owner], "loop": smaller, "share": share}).cast({"row": pl.UInt32}))


def _largest(loops: DataFrame) -> DataFrame:
    """The largest loop of each row."""
    return loops.sort("row", "loop", descending=[False, True]).unique("row", keep="first", maintain_order=True)
