"""The rule `declared-size-mismatch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules._degree import apart

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset


class DeclaredSizeMismatch(Rule):
    """Label files that give an image another size than it has.

    ## What it does
    Compares the width and height in a label file with those of the image, and flags sizes that differ, and sizes
    that cannot be: 0x0, negative, not finite. A size that fits the picture as EXIF turns it is only a warning. Where
    the image is absent, it compares what several records declare.

    ## Why is this bad?
    Boxes are scaled by the declared size: if it is wrong, all of them are. A size of 0x0 leads to a division by zero.
    Most often images were shrunk or replaced after they had been labelled.

    ## Example
    `fixtures/declared-size-mismatch/bad/annotations.json`, `/images/1`, says 96x96 for an image of 48x48.
    `fixtures/declared-size-mismatch/good` says 48x48.

    ## When not to use it
    Where the loader ignores the declared size, and the boxes were checked against the images.

    ## References
    EXIF 2.32, tag 0x0112 (Orientation).
    """

    code, name, since = "DL411", "declared-size-mismatch", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.SIZES, Need.PROBLEMS)
    message = "the label file declares {declared}, {fact}"
    hint = "correct the size, or restore the image that was labelled"
    key = ("declared",)
    unit = "declared size"
    said_once = True
    fact = ("fact",)
    group_message = "{who} are not those of the images: {declared} declared, {fact}"

    def check(self, data: Dataset) -> LazyFrame:
        """Records whose size is not that of the image."""
        sizes = (
            data.sizes()
            .lazy()
            .select("path", "stored_width", "stored_height", "orientation", "declared_width", "declared_height")
        )
        given = data.named.filter(pl.col("width").is_not_null() | pl.col("height").is_not_null())
        records = given.join(sizes, on="path", how="left", maintain_order="left").with_columns(
            pl.coalesce("stored_width", "declared_width").alias("true_width"),
            pl.coalesce("stored_height", "declared_height").alias("true_height"),
        )
        none = ~((pl.col("width") > 0) & (pl.col("height") > 0) & _finite("width") & _finite("height"))
        none = none.fill_null(value=False)
        differs = (pl.col("width") != pl.col("true_width")) | (pl.col("height") != pl.col("true_height"))
        swapped = (pl.col("width") == pl.col("true_height")) & (pl.col("height") == pl.col("true_width"))
        rotated = swapped & (pl.col("orientation") >= 5).fill_null(value=False) & ~none
        there = pl.col("stored_width").is_not_null()
        true = _size("true_width", "true_height")
        fact = (
            pl.when(none & pl.col("true_width").is_null())
            .then(pl.lit("which is not a valid size"))
            .when(none & ~there)
            .then(pl.format("which is not a valid size; another record says {}", true))
            .when(none)
            .then(pl.format("which is not a valid size; the image is {}", true))
            .when(rotated)
            .then(pl.format("the size after EXIF orientation {}; the image is stored as {}", "orientation", true))
            .when(~there)
            .then(pl.format("but another record of this image says {}", true))
            .when(swapped)
            .then(pl.format("which has width and height swapped: the image is {}", true))
            .otherwise(pl.format("but the image is {}", true))
        )
        return records.filter(none | differs).select(
            "path",
            "file",
            "line",
            "pointer",
            _size("width", "height").alias("declared"),
            fact.alias("fact"),
            pl.max_horizontal(apart(pl.col(side), pl.col(f"true_{side}")) for side in ("width", "height")).alias(
                "score"
            ),
            pl.when(rotated)
            .then(pl.lit("save the turned pixels without the tag, or make sure that the loader turns the image"))
            .otherwise(pl.lit(self.hint))
            .alias("hint"),
            pl.when(rotated)
            .then(pl.lit(Severity.WARNING.value))
            .otherwise(pl.lit(Severity.ERROR.value))
            .alias("severity"),
        )


def _finite(name: str) -> Expr:
    return pl.col(name).is_finite()


def _size(width: str, height: str) -> Expr:
    numbers = (pl.col(name).cast(pl.String).str.strip_suffix(".0").fill_null("?") for name in (width, height))
    return pl.format("{}x{}", *numbers)
