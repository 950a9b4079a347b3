"""Boxes and polygons whose numbers mean something else than their format says: pixels for shares, or the reverse.

`coordinate-units` tells of them; the other rules about places leave them alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl
from datalint.rules.annotations._boxes import corners, sides

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame

    from datalint import Dataset

#: A share of at least this much, of an object at least 1 wide and high, is a number of pixels (or a percentage).
_NO_SHARE = 2.0
#: Shares end at 1, but for rounding.
_ROUNDED = 0.001
#: Objects of less than a pixel in the first pixel of the image: so many of a file's objects that they are shares.
_MOST = 0.5


def boxes(data: Dataset) -> DataFrame:
    """(box, file, path, line, pointer, largest, meant) of boxes of the wrong unit; `meant` is `shares` or `pixels`."""
    return _wrong(data.boxes.with_columns(**corners(), **sides(), largest=pl.col("raw").list.max()), "box")


def polygons(data: Dataset) -> DataFrame:
    """(polygon, file, path, line, pointer, largest, meant) of polygons; `polygon` is the row in their table."""
    points = pl.col("points")
    across, down = points.list.gather_every(2), points.list.gather_every(2, 1)
    # The cheap part first: only few polygons are looked at point by point.
    largest = points.list.max()
    suspect = pl.when(_share()).then(largest >= _NO_SHARE).otherwise(largest <= 1 + _ROUNDED)
    counted = data.polygons.with_row_index("polygon").with_columns(largest.alias("largest"), suspect.alias("suspect"))
    places = {
        "left": across.list.min(),
        "top": down.list.min(),
        "right": across.list.max(),
        "bottom": down.list.max(),
    }
    measured = [pl.when("suspect").then(place).alias(name) for name, place in places.items()]
    extent = (pl.col("right") - pl.col("left")).alias("across"), (pl.col("bottom") - pl.col("top")).alias("down")
    if not counted.select(pl.col("suspect").any()).collect().item():
        measured = [pl.lit(None, pl.Float64).alias(name) for name in places]
    return _wrong(counted.with_columns(measured).with_columns(extent), "polygon")


def _share() -> Expr:
    return pl.col("unit").str.ends_with("share")


def _wrong(objects: LazyFrame, key: str) -> DataFrame:
    """Rows of the wrong unit, of objects with their corners, sides and largest number."""
    pixels = (
        _share()
        & (pl.col("largest") >= _NO_SHARE)
        & pl.col("largest").is_finite()
        & (pl.col("across").abs() >= 1)
        & (pl.col("down").abs() >= 1)
    )
    inside = (pl.min_horizontal("left", "top") >= -_ROUNDED) & (pl.max_horizontal("right", "bottom") <= 1 + _ROUNDED)
    shares = ~_share() & inside & (pl.col("across") > 0) & (pl.col("down") > 0)
    whole = pl.all_horizontal(pl.col(side) == 1 for side in ("across", "down"))
    many = (shares & ~whole).mean().over("file") > _MOST
    return (
        objects.with_columns(
            pixels.fill_null(value=False).alias("pixels"), shares.fill_null(value=False).alias("shares")
        )
        .with_columns((pl.col("shares") & many.fill_null(value=False)).alias("shares"))
        .filter(pl.col("pixels") | pl.col("shares"))
        .select(
            key,
            "file",
            "path",
            "line",
            "pointer",
            "largest",
            pl.when("pixels").then(pl.lit("shares")).otherwise(pl.lit("pixels")).alias("meant"),
        )
        .collect()
    )
