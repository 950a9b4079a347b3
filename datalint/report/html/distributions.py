"""How the images are distributed: sizes, aspect ratios, brightness, colour. A chart with nothing to show is absent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.amounts import percent
from datalint.report.html import svg
from datalint.report.html.svg import Tick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from numpy.typing import NDArray

    from datalint.dataset import Dataset

#: Distinct image sizes shown, the commonest first.
SIZES = 300
#: Bins of a histogram: at least this many images a bin on average, within bounds.
PER_BIN, FEWEST, MOST = 12, 10, 40
#: Aspect ratios further out are counted in the last bins.
WIDEST = 4.0


class Figure(NamedTuple):
    """A chart with its words."""

    name: str
    title: str
    remark: str
    """What the axes are."""
    chart: Markup
    words: str
    """What it says, in a sentence."""
    legend: tuple[tuple[str, str], ...] = ()
    """(class of the colour, name)."""


def figures(data: Dataset) -> list[Figure]:
    """`sizes`, `aspect`, `brightness` and `channels`, as far as they are known and differ."""
    made = (_sizes(data), _aspect(data), _brightness(data), _channels(data))
    return [figure for figure in made if figure is not None]


def measured(data: Dataset) -> pl.DataFrame:
    """Width and height where they are true: the headers of broken files may say anything.

    Where no image is there, what the label files declare.
    """
    readable = data.table("images").filter(pl.col("status").eq_missing("ok") | pl.col("status").is_null())
    sizes = readable.select("width", "height").filter((pl.col("width") > 0) & (pl.col("height") > 0))
    if data.table("images").is_empty():
        sizes = data.sizes().select(pl.col("width", "height").cast(pl.UInt32, strict=False))
        sizes = sizes.filter((pl.col("width") > 0) & (pl.col("height") > 0))
    return sizes


def bins(number: int) -> int:
    """How many bins suit so many values."""
    return 5 * round(min(max(number / PER_BIN, FEWEST), MOST) / 5)


def spread(values: NDArray[np.float64], unit: str = "") -> str:
    """`Median 0.45, half lie between 0.4 and 0.52`."""
    low, middle, high = (f"{value:.3g}{unit}" for value in np.quantile(values, (0.25, 0.5, 0.75)))
    return f"Median {middle}" if low == high else f"Median {middle}, half lie between {low} and {high}"


def _sizes(data: Dataset) -> Figure | None:
    """A dot a size."""
    sizes = measured(data)
    counted = sizes.group_by("width", "height").len()
    if counted.height < 2:
        return None
    shown = counted.sort(["len", "width", "height"], descending=[True, False, False]).head(SIZES)
    most = int(shown["len"][0])
    across, below = _axis(shown["width"].to_numpy().astype(np.float64))
    up, beside = _axis(shown["height"].to_numpy().astype(np.float64))
    dots = [(float(x), float(y), number / most) for x, y, number in zip(across, up, shown["len"], strict=True)]
    width, height, _ = shown.row(0)
    share = percent(most / sizes.height)
    words = f"{counted.height:,} sizes; the commonest, {width:,} × {height:,}, is that of {share} of the images" + (
        f"; the {SIZES} commonest are drawn" if counted.height > SIZES else ""
    )
    chart = svg.scatter("Widths and heights of the images", words, dots, below, beside)
    return Figure("sizes", "Sizes", "width and height in pixels; dots by number", chart, words)


def _axis(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[Tick]]:
    """Where values lie on an axis, as shares of it, and its marks: logarithmic where they differ much."""
    low, high = float(values.min()), float(values.max())
    if high <= 6 * low:
        end, steps = svg.scale(1.06 * high)
        return values / end, [Tick(step / end, svg.number(step)) for step in steps]
    first, last = math.log10(low / 1.4), math.log10(high * 1.4)
    rounds = [factor * 10.0**power for power in range(int(first) - 1, int(last) + 1) for factor in (1, 2, 5)]
    if last - first > 2.5:
        rounds = rounds[::3]
    marks = [((math.log10(mark) - first) / (last - first), mark) for mark in rounds]
    ticks = [Tick(at, svg.number(mark)) for at, mark in marks if 0 <= at <= 1]
    return (np.log10(values) - first) / (last - first), ticks


def _aspect(data: Dataset) -> Figure | None:
    """Images by width over height, in bins of equal ratio."""
    sizes = measured(data)
    if sizes.unique().height < 2:
        return None
    ratios = sizes["width"].cast(pl.Float64).to_numpy() / sizes["height"].cast(pl.Float64).to_numpy()
    number = bins(sizes.height) + 1  # odd: a square is in the middle of one
    edges = np.geomspace(1 / WIDEST, WIDEST, number + 1)
    counts, _ = np.histogram(np.clip(ratios, 1 / WIDEST, WIDEST), edges)
    marks = [(0.25, "1:4"), (0.5, "1:2"), (1.0, "1:1"), (2.0, "2:1"), (4.0, "4:1")]
    ticks = [Tick(math.log(mark * WIDEST) / math.log(WIDEST**2), text) for mark, text in marks]
    wide, tall = int((ratios > 1).sum()), int((ratios < 1).sum())
    words = f"{wide:,} wider than tall, {tall:,} taller than wide, {sizes.height - wide - tall:,} square"
    chart = svg.histogram("Aspect ratios of the images", words, counts.tolist(), ticks)
    return Figure("aspect", "Aspect ratio", "images by width to height", chart, words)


def _brightness(data: Dataset) -> Figure | None:
    values = _known(data, "brightness")
    if values is None:
        return None
    counts, _ = np.histogram(np.clip(values[:, 0], 0, 1), bins(len(values)), (0, 1))
    words = spread(values[:, 0])
    chart = svg.histogram("Brightness of the images", words, counts.tolist(), _shares())
    return Figure("brightness", "Brightness", "images by mean brightness, 0 black to 1 white", chart, words)


def _channels(data: Dataset) -> Figure | None:
    values = _known(data, "mean_r", "mean_g", "mean_b")
    if values is None or bool((np.ptp(values, axis=1) == 0).all()):
        return None
    series = [np.histogram(np.clip(column, 0, 1), bins(len(values)), (0, 1))[0].tolist() for column in values.T]
    names = ("red", "green", "blue")
    means = (f"{name} {mean:.2f}" for name, mean in zip(names, values.mean(0), strict=True))
    words = f"Means: {', '.join(means)}"
    chart = svg.outlines("Mean colours of the images", words, series, _shares(), ("red", "green", "blue"))
    legend = tuple((name, name) for name in names)
    return Figure("channels", "Colour", "images by mean of each channel, 0 to 1", chart, words, legend)


def _known(data: Dataset, *columns: str) -> NDArray[np.float64] | None:
    """The images (rows) of which all of `columns` are known."""
    table = data.table("images").select(pl.col(columns).cast(pl.Float64)).drop_nulls()
    table = table.filter(pl.all_horizontal(pl.all().is_not_nan()))
    return None if table.is_empty() else table.to_numpy()


def _shares() -> Sequence[Tick]:
    return [Tick(at / 5, f"{at / 5:.1f}") for at in range(6)]
