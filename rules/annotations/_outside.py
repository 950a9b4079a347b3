"""What reaches outside its image, and which of the known sizes of the image it would fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl
from datalint.rules._degree import above

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

#: Sums of fractions that should be on the border are off by this much, in pixels.
ROUNDING = 1e-6


def outside(objects: LazyFrame, tolerance: float, least: float | None = None) -> LazyFrame:
    """The objects with an edge more than `least` pixels outside the image; if not given, more than `tolerance`.

    `objects` has left, top, right, bottom in pixels, frame_width and frame_height (the size that these are in), and
    the columns of `Dataset.sizes()`. Adds `excess`, the largest distance in pixels, and `score`, the same against the
    longer side; in words: `size`; `beyond`, by how much at which edge; `sizes`, which other size it fits within
    `tolerance`, or that another one is declared; and `remedy`, null where no size explains it.
    """
    limit = tolerance + ROUNDING
    least = limit if least is None else least + ROUNDING
    beyond = {
        "left of it": -pl.col("left"),
        "above it": -pl.col("top"),
        "right of it": pl.col("right") - pl.col("frame_width"),
        "below it": pl.col("bottom") - pl.col("frame_height"),
    }
    words = [
        pl.when(by > least).then(pl.format("{} {} {}", short(by, 4), _pixels(by), pl.lit(where)))
        for where, by in beyond.items()
    ]
    measured = pl.col("stored_width").is_not_null()
    sideways = measured & (pl.col("orientation") >= 5) & ~pl.col("turned")
    rescaled = (
        measured
        & ~pl.col("turned")
        & (
            (pl.col("declared_width") != pl.col("stored_width"))
            | (pl.col("declared_height") != pl.col("stored_height"))
        )
    )
    fits_declared = rescaled & _fits("declared_width", "declared_height", limit)
    fits_turned = sideways & _fits("stored_height", "stored_width", limit)
    declared, turned = _size("declared_width", "declared_height"), _size("stored_height", "stored_width")
    farthest, longer = pl.max_horizontal(beyond.values()), pl.max_horizontal("frame_width", "frame_height")
    return objects.filter(farthest > least).with_columns(
        pl.concat_str(
            _size("frame_width", "frame_height"),
            pl.when(measured).then(pl.lit(" image")).otherwise(pl.lit(" image that the label file declares")),
        ).alias("size"),
        pl.concat_str(words, separator=", ", ignore_nulls=True).alias("beyond"),
        farthest.alias("excess"),
        above(longer + farthest, longer),
        pl.when(fits_declared)
        .then(pl.format("; it fits the {} that the label file declares", declared))
        .when(fits_turned)
        .then(pl.format("; it fits the {} that EXIF turns the image to", turned))
        .when(rescaled)
        .then(pl.format("; the label file declares {}", declared))
        .otherwise(pl.lit(""))
        .alias("sizes"),
        pl.when(fits_declared)
        .then(pl.lit("scale the coordinates to the image, or restore the image that was labelled"))
        .when(fits_turned)
        .then(pl.lit("save the image turned upright and without the EXIF tag, or turn the coordinates"))
        .alias("remedy"),
    )


def outside_shares(objects: LazyFrame, tolerance: float) -> LazyFrame:
    """The objects with an edge outside their image by more than `tolerance`, a share of its side.

    `objects` has left, top, right, bottom in shares. Adds `beyond`, by how much at which edge,
    in words, and `score`, by the largest.
    """
    beyond = {
        "width left of it": -pl.col("left"),
        "height above it": -pl.col("top"),
        "width right of it": pl.col("right") - 1,
        "height below it": pl.col("bottom") - 1,
    }
    words = [
        pl.when(by > tolerance).then(pl.format("{} % of its {}", short(by * 100, 3), pl.lit(where)))
        for where, by in beyond.items()
    ]
    return objects.filter(pl.max_horizontal(beyond.values()) > tolerance).with_columns(
        pl.concat_str(words, separator=", ", ignore_nulls=True).alias("beyond"),
        above(1 + pl.max_horizontal(beyond.values()), 1.0),
    )


def short(value: Expr, digits: int = 6) -> Expr:
    """A number in words, to so many significant digits."""
    return value.round_sig_figs(digits).cast(pl.String).str.strip_suffix(".0")


def _pixels(number: Expr) -> Expr:
    return pl.when(number == 1).then(pl.lit("pixel")).otherwise(pl.lit("pixels"))


def _size(width: str, height: str) -> Expr:
    return pl.format("{}x{}", short(pl.col(width), 9), short(pl.col(height), 9))


def _fits(width: str, height: str, limit: float) -> Expr:
    inside = (
        (pl.min_horizontal("left", "top") >= -limit)
        & (pl.col("right") <= pl.col(width) + limit)
        & (pl.col("bottom") <= pl.col(height) + limit)
    )
    return inside.fill_null(value=False)
