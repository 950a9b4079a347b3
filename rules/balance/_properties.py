"""Properties of images that need not have to do with what they show, and how well each tells the classes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from datalint.lazy import numpy as np
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import DataFrame, DataType, Expr, Series

    from datalint import Dataset

_FOLDS = 5
_MOST_VALUES = 32
_BINS = 16
#: Of a thumbnail's 32 lines: those that count as border, and those left out between it and the middle.
_BORDER, _BETWEEN = 2, 8


class Property(NamedTuple):
    """One property; it is as telling as the best of its columns."""

    name: str
    """As a message says it."""
    columns: tuple[str, ...]


#: What depends on how a file was made, and not on what it shows.
MADE = (
    Property("format", ("format",)),
    Property("mode", ("mode",)),
    Property("camera", ("camera",)),
    Property("width", ("width",)),
    Property("height", ("height",)),
    Property("JPEG quality", ("jpeg_quality",)),
    Property("JPEG quantisation tables", ("jpeg_tables",)),
    Property("chroma subsampling", ("subsampling",)),
    Property("progressive coding", ("progressive",)),
)
_COLOURS = ("red", "green", "blue", "warmth", "greenness")
#: Colour at the edge of the picture, and in its middle. Where only the edge tells, it is what things lie on.
BORDER = Property("border colour", tuple(f"border_{name}" for name in _COLOURS))
MIDDLE = Property("colour in the middle", tuple(f"middle_{name}" for name in _COLOURS))
#: What depends on the picture first: dark animals are dark, water is smooth.
SHOWN = (
    Property("brightness", ("brightness",)),
    Property("sharpness", ("sharpness",)),
    Property("colourfulness", ("colour_spread",)),
    Property("bars at the edges", ("bars",)),
)
CONTRAST = Property("contrast", ("contrast",))
#: What depends on other things as well: plain pictures compress well, classes are photographed one after another.
NOTED = (Property("bytes", ("bytes",)), Property("date", ("date",)))
ALL = (*MADE, BORDER, MIDDLE, *SHOWN, CONTRAST, *NOTED)


def measured(data: Dataset) -> DataFrame:
    """(image, and all columns of ALL that are known) of the readable images."""
    images = data.table("images")
    taken = [pl.col("taken").dt.date().alias("date")] if "taken" in images.columns else []
    edges = [name for name in ("border_left", "border_right", "border_top", "border_bottom") if name in images.columns]
    bars = [pl.sum_horizontal(edges).alias("bars")] if edges else []
    readable = data.readable.with_columns(*taken, *bars)
    there = readable.collect_schema()
    found = readable.select("image", *(name for one in ALL for name in one.columns if name in there)).collect()
    if data.thumbnails is None:
        return found
    return found.with_columns(**_colours(data.thumbnails, found["image"].to_numpy()))


def _colours(thumbnails: NDArray[np.uint8], images: NDArray[np.integer]) -> dict[str, Series]:
    """Mean colours of border and middle of each image, in [0, 255]."""
    side = thumbnails.shape[1]
    border, middle = np.ones((side, side), bool), np.zeros((side, side), bool)
    border[_BORDER:-_BORDER, _BORDER:-_BORDER] = False
    middle[_BETWEEN:-_BETWEEN, _BETWEEN:-_BETWEEN] = True
    found: dict[str, Series] = {}
    for place, pixels in (("border", border), ("middle", middle)):
        parts = [thumbnails[images[at : at + 1024]][:, pixels].mean(1) for at in range(0, len(images), 1024)]
        red, green, blue = np.concatenate(parts or [np.empty((0, 3))]).T
        values = (red, green, blue, red - blue, green - (red + blue) / 2)
        found |= {
            f"{place}_{name}": pl.Series(value.astype(np.float32)) for name, value in zip(_COLOURS, values, strict=True)
        }
    return found


def accuracies(
    images: DataFrame, classes: NDArray[np.intp], counts: NDArray[np.intp]
) -> dict[str, NDArray[np.float64]]:
    """For each property by name the balanced accuracy (classes,) of telling each class from all others."""
    found = {}
    bins = _bins(images.select(name for one in ALL for name in one.columns if name in images.columns))
    cells = _folds(classes, counts) * len(counts) + classes
    for one in ALL:
        columns = [name for name in one.columns if name in bins]
        if columns:
            found[one.name] = np.max([_scores(bins[name], cells, counts) for name in columns], axis=0)
    return found


def _folds(classes: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Which part of the cross-validation each image is in: those of a class take turns."""
    order = np.argsort(classes, kind="stable")
    place = np.empty_like(classes)
    place[order] = np.arange(len(classes)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place % _FOLDS


def _bins(columns: DataFrame) -> dict[str, NDArray[np.uint8]]:
    """Each column's values as numbers of bins: values themselves if few, else 16 quantiles, or of texts the commonest
    values and one bin for all others; null is a bin.
    """
    different = columns.select(pl.all().n_unique()).row(0, named=True)
    numbers = {name: _numbers(name, dtype, different[name]) for name, dtype in columns.schema.items()}
    # One after the other: ranks take far more than bins.
    return {
        name: columns.select(number.fill_null(0).cast(pl.UInt8)).to_series().to_numpy()
        for name, number in numbers.items()
    }


def _numbers(name: str, dtype: DataType, different: int) -> Expr:
    value = pl.col(name)
    if different <= _MOST_VALUES:
        return value.rank("dense")
    if dtype == pl.String:
        # the commonest first; of equally common ones the first in the alphabet
        place = pl.struct(often=-value.count().over(name).cast(pl.Int64), name=value).rank("dense")
        return pl.when(value.is_not_null()).then(pl.min_horizontal(place, 1 + _MOST_VALUES)).alias(name)
    ranks = value.to_physical().rank("average") * (_BINS / value.count())
    return ranks.floor() + 1


def _scores(bins: NDArray[np.uint8], cells: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Balanced accuracy (classes,) of telling each class from the rest by the bins, cross-validated.

    `cells` is the number of each image's fold and class together.
    """
    width = int(bins.max()) + 1
    if width == 1:
        return np.full(len(counts), 0.5)
    shape = (_FOLDS, len(counts), width)
    table = np.bincount(cells * width + bins, minlength=math.prod(shape)).reshape(shape).astype(np.float64)
    hits, refusals = np.zeros(len(counts)), np.zeros(len(counts))
    whole = table.sum(axis=0)
    for tested in table:
        trained = whole - tested
        rest = trained.sum(axis=0) - trained
        share, rest_share = _shares(trained), _shares(rest)
        said = share > rest_share
        hits += (tested * said).sum(axis=1)
        refusals += ((tested.sum(axis=0) - tested) * ~said).sum(axis=1)
    scores: NDArray[np.float64] = (hits / counts + refusals / (counts.sum() - counts)) / 2
    return scores


def _shares(table: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    return shares
