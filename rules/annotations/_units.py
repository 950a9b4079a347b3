"""Boxes and polygons whose numbers are not in the unit of their format: pixels in place of shares, or the reverse.

`coordinate-units` reports them; the other rules about positions leave them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl
from datalint.rules.annotations._boxes import cornered

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

    from datalint import Dataset

#: A share of at least this much, of an object at least 1 wide and high, is a number of pixels (or a percentage).
_NO_SHARE = 2.0
#: Shares end at 1, but for rounding.
_ROUNDED = 0.001
#: Objects of less than a pixel in the first pixel of the image: so many of a file's objects that they are shares.
_MOST = 0.5
#: Degrees; no program turns a box further.
_FULL_TURN = 361.0


def boxes(data: Dataset) -> DataFrame:
    """(box, file, path, line, pointer, largest, meant) of boxes of the wrong unit; `meant` is `shares` or `pixels`."""
    return data.once(_boxes)


def polygons(data: Dataset) -> DataFrame:
    """(polygon, file, path, line, pointer, largest, meant) of polygons; `polygon` is the row in their table."""
    return data.once(_polygons)


def angles(data: Dataset) -> DataFrame:
    """The same of boxes whose angle in radians is more than a full turn; `largest` is the number in the file."""
    turn = pl.col("angle").abs()
    return (
        data.boxes.filter(turn.is_finite() & (turn > _FULL_TURN))
        .select(
            "box", "file", "path", "line", "pointer", turn.radians().alias("largest"), pl.lit("radians").alias("meant")
        )
        .collect()
    )


def _boxes(data: Dataset) -> DataFrame:
    objects: LazyFrame = cornered(data)
    largest = pl.col("raw").list.max()
    suspect = (
        pl.when(pl.col("unit").str.ends_with("share")).then(largest >= _NO_SHARE).otherwise(largest <= 1 + _ROUNDED)
    )
    return _wrong(objects.filter(suspect).with_columns(largest.alias("largest")), "box", data.boxes)


def _polygons(data: Dataset) -> DataFrame:
    largest = pl.col("points").list.max()
    share = pl.col("unit") == "share"
    # Only the few that may be wrong are looked at point by point.
    suspect = pl.when(share).then(largest >= _NO_SHARE).otherwise(largest <= 1 + _ROUNDED)
    objects = data.polygons.with_row_index("polygon").with_columns(largest.alias("largest")).filter(suspect)
    xs, ys = pl.col("points").list.gather_every(2), pl.col("points").list.gather_every(2, 1)
    edges = {"left": xs.list.min(), "top": ys.list.min(), "right": xs.list.max(), "bottom": ys.list.max()}
    sides = {"across": pl.col("right") - pl.col("left"), "down": pl.col("bottom") - pl.col("top")}
    return _wrong(objects.with_columns(**edges).with_columns(**sides), "polygon", data.polygons)


def _wrong(objects: LazyFrame, key: str, every: LazyFrame) -> DataFrame:
    """Rows of the wrong unit, of suspect objects with corners, sides and largest number among `every` object."""
    share = pl.col("unit").str.ends_with("share")
    pixels = (
        (pl.col("largest") >= _NO_SHARE)
        & pl.col("largest").is_finite()
        & (pl.col("across").abs() >= 1)
        & (pl.col("down").abs() >= 1)
    )
    inside = (pl.min_horizontal("left", "top") >= -_ROUNDED) & (pl.max_horizontal("right", "bottom") <= 1 + _ROUNDED)
    small = inside & (pl.col("across") > 0) & (pl.col("down") > 0)
    whole = (pl.col("across") == 1) & (pl.col("down") == 1)
    suspects = (
        objects.with_columns(share.alias("share"))
        .filter(pl.when("share").then(pixels).otherwise(small & ~whole))
        .select(key, "file", "path", "line", "pointer", "largest", "share")
        .collect()
    )
    of_file = every.group_by("file").agg(pl.len().alias("of_file"))
    if suspects.height and not suspects["share"].all():
        counted = suspects.lazy().join(of_file, on="file", how="left", nulls_equal=True, maintain_order="left")
        many = pl.len().over("file") > _MOST * pl.col("of_file")
        suspects = counted.filter(pl.col("share") | many).drop("of_file").collect()
    meant = pl.when("share").then(pl.lit("shares")).otherwise(pl.lit("pixels"))
    return suspects.with_columns(meant.alias("meant")).drop("share")
