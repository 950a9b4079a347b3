"""How objects are distributed: how many an image, how large, where in the image, and which classes stand together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.amounts import counted, percent
from datalint.report.html import svg
from datalint.report.html.distributions import Figure, spread
from datalint.report.html.svg import Tick
from datalint.report.html.texts import visible

if TYPE_CHECKING:
    from datalint.dataset import Dataset

#: Objects an image beyond which the bins of the histogram hold several numbers.
SINGLE = 24
#: Cells of the map of centres along its longer side, and maps of single classes.
CELLS, MAPS = 20, 7
#: Objects of a class that has a map.
LEAST = 10
#: Classes of the table of what stands together, the largest first.
TOGETHER = 10
#: COCO's bounds of small, medium and large objects: the square root of the area, in pixels.
SMALL, LARGE = 32, 96
#: Objects larger than this, in pixels, are wrong, and are counted with those of this size.
HUGE = 1 << 16


class Map(NamedTuple):
    """Where the centres of objects lie."""

    name: str
    """The class; empty for all."""
    objects: int
    chart: object


class Row(NamedTuple):
    """A class among those that stand together."""

    name: str
    images: int
    shares: list[tuple[int, str]]
    """For each class: how full the cell is (0 to 7), and the share of these images that hold it as well."""


def placed(data: Dataset) -> pl.DataFrame:
    """(path, class, x, y, w, h) of objects with a place: boxes, and around objects of polygons alone.

    In pixels of the stored orientation.
    """
    finite = pl.all_horizontal(pl.col(side).is_finite() for side in "xywh") & (pl.col("w") > 0) & (pl.col("h") > 0)
    leads = ~pl.col("repeats").fill_null(value=False)
    boxes = data.boxes.filter(leads).select("path", "class", *"xywh")
    return pl.concat([boxes, _around_polygons(data)]).filter(finite & pl.col("path").is_not_null()).collect()


def _around_polygons(data: Dataset) -> pl.LazyFrame:
    sizes = data.sizes().filter(~pl.col("turned")).lazy().select("path", "width", "height")
    leads = ~pl.col("repeats").fill_null(value=False) & pl.col("box").is_null() & (pl.col("part") == 0)
    across, down = (pl.col("points").list.gather_every(2, start) for start in (0, 1))
    bounds = (across.list.min(), down.list.min(), across.list.max(), down.list.max())
    sides = ("width", "height", "width", "height")
    scaled = [
        pl.when(pl.col("unit") == "share").then(bound * pl.col(side)).otherwise(bound)
        for bound, side in zip(bounds, sides, strict=True)
    ]
    left, top, right, bottom = scaled
    return (
        data.polygons.filter(leads)
        .join(sizes, on="path", how="left")
        .select("path", "class", left.alias("x"), top.alias("y"), (right - left).alias("w"), (bottom - top).alias("h"))
    )


def figures(data: Dataset, objects: pl.DataFrame) -> list[Figure]:
    """How many `objects` an image has, and how large they are."""
    made = (_counts(data, objects), _sizes(objects))
    return [figure for figure in made if figure is not None]


def _counts(data: Dataset, objects: pl.DataFrame) -> Figure | None:
    if objects.is_empty():
        return None
    holding = objects.group_by("path").len()
    known = [data.table("images").select("path"), data.table("named").select("path"), holding.select("path")]
    images = pl.concat(known).drop_nulls()["path"].n_unique()
    counts = holding["len"].to_numpy().astype(np.int64)
    most, empty = int(counts.max()), images - len(counts)
    # The few images with very many do not squeeze the others: they share the last bar.
    usual = int(np.quantile(np.concatenate([counts, np.zeros(empty, np.int64)]), 0.99, method="lower"))
    wide = max(1, math.ceil(min(most, 2 * usual) / SINGLE))
    number = min(most // wide, SINGLE) + 1
    bars = np.bincount(np.minimum(counts // wide, number - 1), minlength=number)
    bars[0] += empty
    ticks = _numbers(number, wide, more=most >= number * wide)
    average = f"{len(objects) / images:.1f} an image on average, at most {most:,}"
    words = average + (f"; {counted(empty, 'image')} without one" if empty else "")
    chart = svg.histogram("Objects an image", words, bars.tolist(), ticks)
    return Figure("counts", "Objects an image", "images by number of objects", chart, words)


def _numbers(number: int, wide: int, *, more: bool) -> list[Tick]:
    """The marks under bars that each stand for `wide` numbers; the last one for `more` than that."""
    middle = 0.5 if wide == 1 else 0.0  # of a bar that stands for one number
    step = max(1, math.ceil(number / 8))
    last = number - 1 if more or wide == 1 else number
    at = [place for place in range(0, number, step) if place <= last - step / 2]
    ticks = [Tick((place + middle) / number, f"{place * wide:,}") for place in at]
    return [*ticks, Tick((last + middle) / number, f"{last * wide:,}{'+' if more else ''}")]


def _sizes(objects: pl.DataFrame) -> Figure | None:
    """By the square root of their area, in bins of equal ratio."""
    sides = (objects["w"].sqrt() * objects["h"].sqrt()).to_numpy().clip(0.5, HUGE)
    if not len(sides):
        return None
    low, high = math.floor(math.log2(sides.min())), math.ceil(math.log2(sides.max()) + 1e-9)
    high = max(high, low + 2)
    counts, _ = np.histogram(np.log2(sides), (high - low) * (4 if high - low < 9 else 3), (low, high))
    ticks = [
        Tick((power - low) / (high - low), svg.number(2.0**power))
        for power in range(low, high + 1, 1 + (high - low) // 9)
    ]
    small, large = float((sides < SMALL).mean()), float((sides >= LARGE).mean())
    words = (
        f"{spread(sides, ' px')}; by COCO's bounds {percent(small)} are small (under {SMALL} px), "
        f"{percent(large)} large (from {LARGE} px)"
    )
    chart = svg.histogram("Sizes of the objects", words, counts.tolist(), ticks)
    return Figure("object-sizes", "Object sizes", "objects by the square root of their area, in pixels", chart, words)


def maps(data: Dataset, objects: pl.DataFrame) -> list[Map]:
    """Where the centres of objects lie in their images: of all, then of the largest classes."""
    sizes = data.sizes().filter((pl.col("width") > 0) & (pl.col("height") > 0))
    # Boxes are in the stored orientation, whatever the label files count in.
    stored = [pl.coalesce(f"stored_{side}", side).alias(side) for side in ("width", "height")]
    sizes = sizes.select("path", *stored).filter(pl.all_horizontal(pl.col("width", "height").is_finite()))
    if objects.is_empty() or sizes.is_empty():
        return []
    aspect = float(np.clip(np.median((sizes["width"] / sizes["height"]).to_numpy()), 0.5, 2.0))
    columns, rows = (CELLS, round(CELLS / aspect)) if aspect >= 1 else (round(CELLS * aspect), CELLS)
    column = ((pl.col("x") + pl.col("w") / 2) / pl.col("width") * columns).floor().clip(0, columns - 1)
    row = ((pl.col("y") + pl.col("h") / 2) / pl.col("height") * rows).floor().clip(0, rows - 1)
    cells = (
        objects.lazy().join(sizes.lazy(), on="path")
        .select("class", column.cast(pl.Int32).alias("column"), row.cast(pl.Int32).alias("row"))
        .group_by("class", "column", "row").len().collect()
    )  # fmt: skip
    made = [_map("", cells, columns, rows)]
    classes = cells.drop_nulls("class").group_by("class").agg(pl.col("len").sum())
    classes = classes.sort(["len", "class"], descending=[True, False])
    if classes.height > 1:
        shown = classes.filter(pl.col("len") >= LEAST)["class"].head(MAPS)
        made += [_map(name, cells.filter(pl.col("class") == name), columns, rows) for name in shown]
    return [each for each in made if each.objects]


def _map(name: str, cells: pl.DataFrame, columns: int, rows: int) -> Map:
    summed = cells.group_by("column", "row").agg(pl.col("len").sum())
    counts = {(column, row): number for column, row, number in summed.iter_rows()}
    total = sum(counts.values())
    words = "no object"
    if total:
        column, row = (sum(cell[side] * number for cell, number in counts.items()) / total for side in (0, 1))
        across, down = (column + 0.5) / columns, (row + 0.5) / rows
        words = f"{total:,} objects, on average {percent(across)} from the left and {percent(down)} from the top"
    title = f"Where the centres of {visible(name) or 'all objects'} lie"
    return Map(visible(name), total, svg.heat(title, words, counts, columns, rows))


def together(data: Dataset) -> list[Row]:
    """Which of the largest classes stand in one image; empty where no image holds two."""
    labels = data.annotations.select("path", "class").drop_nulls().unique().collect()
    classes = labels.group_by("class").len().sort(["len", "class"], descending=[True, False]).head(TOGETHER)
    names = classes["class"].to_list()
    if len(names) < 2:
        return []
    bit = {name: 1 << place for place, name in enumerate(names)}
    held = labels.filter(pl.col("class").is_in(names)).select(
        "path", pl.col("class").replace_strict(bit, return_dtype=pl.Int64)
    )
    sets = held.group_by("path").agg(pl.col("class").sum()).group_by("class").len()
    shared = [
        [sum(sets.filter(pl.col("class") & (one | other) == one | other)["len"].to_list()) for other in bit.values()]
        for one in bit.values()
    ]
    if not any(number for one, numbers in enumerate(shared) for other, number in enumerate(numbers) if one != other):
        return []
    return [_row(visible(name), place, shared[place]) for place, name in enumerate(names)]


def _row(name: str, place: int, shared: list[int]) -> Row:
    shares = [number / shared[place] for number in shared]
    return Row(name, shared[place], [(math.ceil(svg.LEVELS * share), percent(share)) for share in shares])
