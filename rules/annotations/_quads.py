"""Boxes of four corners: which cross themselves, and which are not rectangles where nearly all are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import numpy as np
from datalint.lazy import polars as pl
from datalint.rules.annotations._polygons import surveyed

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset

#: Fewer boxes than this do not say that a dataset has rectangles ...
_FEW = 20
#: ... and neither do they if fewer than this share are.
_NEARLY_ALL = 0.95
#: The diagonals of a rectangle are equally long and halve each other, up to this share of them and this many pixels.
_EVEN, _EVEN_PIXELS = 0.05, 2.0
#: A corner that is nearer to the border of the image than this many pixels may have been cut off.
_BORDER = 1.5


def crossed(data: Dataset) -> DataFrame:
    """(row of the table `boxes`, loop, share): see `_polygons.surveyed`; the loop in pixels where they are known."""
    found = surveyed(_corners(data))[1]
    rows = _corners(data)[found["row"]]
    pixels = pl.when(pl.col("unit") == "quad-share").then(pl.col("width") * pl.col("height")).otherwise(1.0)
    return rows.select("row", (found["loop"] * pixels.fill_null(1.0)).alias("loop"), found["share"])


def uneven(data: Dataset) -> DataFrame:
    """(row of the table `boxes`, one, other): the diagonals in pixels of those that are not rectangles.

    Nothing where fewer than nearly all are.
    """
    rows = _corners(data).filter((pl.col("points").list.len() == 8) & (pl.col("width") > 0) & (pl.col("height") > 0))
    nothing = pl.DataFrame(schema={"row": pl.UInt32, "one": pl.Float64, "other": pl.Float64})
    if rows.height < _FEW:
        return nothing
    size = rows.select("width", "height").to_numpy()
    share = (rows["unit"] == "quad-share").to_numpy()
    with np.errstate(invalid="ignore", over="ignore"):
        corners = rows["points"].explode().to_numpy().reshape(-1, 4, 2) * np.where(share[:, None], size, 1.0)[:, None]
        one, other = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
        halves = np.hypot(*((corners[:, 0] + corners[:, 2] - corners[:, 1] - corners[:, 3]) / 2).T)
        first, second = np.hypot(*one.T), np.hypot(*other.T)
        off = np.maximum(halves, np.abs(first - second))
        wrong = off > np.maximum(_EVEN * np.maximum(first, second), _EVEN_PIXELS)
        inside = ((corners > _BORDER) & (corners < size[:, None] - _BORDER)).all(axis=(1, 2))
    if wrong.sum() > (1 - _NEARLY_ALL) * rows.height:
        return nothing
    chosen = wrong & inside & np.isfinite(off)
    return rows.select("row", pl.Series("one", first), pl.Series("other", second)).filter(pl.Series(chosen))


def _corners(data: Dataset) -> DataFrame:
    return data.once(_of_boxes)


def _of_boxes(data: Dataset) -> DataFrame:
    """(row of the table `boxes`, points, unit, width, height) of the boxes of four corners."""
    return (
        data.boxes.select("path", "unit", pl.col("raw").alias("points"))
        .with_row_index("row")
        .filter(pl.col("unit").str.starts_with("quad-"))
        .join(data.sizes().lazy().select("path", "width", "height"), on="path", how="left", maintain_order="left")
        .drop("path")
        .collect()
    )
