"""The rule `tiny-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import below

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class TinyImage(Rule):
    """Images with too few pixels to show anything.

    ## What it does
    Flags images whose shorter side is under 32 pixels, or under the declared `input-size`. If more than half of at
    least 20 images are that small, that is the dataset's nature (MNIST is 28x28): they are notes, and only those of
    less than half the median side are warnings.

    ## Why is this bad?
    Enlarged to the network's input it is a smear of a few colours. Among photographs it is mostly an icon, a
    thumbnail or a tracking pixel that a crawler picked up.

    ## Example
    `fixtures/tiny-image/bad/cats/0.jpg`, 16x16; `fixtures/tiny-image/good` has pictures of 48x48.

    ## When not to use it
    For sprites, patches or characters that are small by nature: set `side` to what they have.

    ## References
    32 pixels is the stride of the last stage of most classification networks: a smaller image leaves it no cell.
    """

    code, name, since = "DL207", "tiny-image", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "{width}x{height} pixels: a side under {limit} pixels"
    hint = "find a larger version, or remove the image"
    said_once = True
    group_message = "{who} have a side under {limit} pixels: {width} wide, {height} high"
    group_hint = "train at their size, or find larger versions"

    side = option(32, "The shortest side that is not tiny, in pixels; a declared input size has priority.", low=1)
    least = option(20, "The smallest dataset that can be tiny by nature, in images.", low=2)

    def check(self, data: Dataset) -> LazyFrame:
        """Tiny images: warnings where they are few, notes where they are the dataset's nature."""
        declared = data.declared.input_size
        limit = self.side if declared is None else min(declared)
        words = "the limit of" if declared is None else "the declared input size of"
        short = pl.min_horizontal("width", "height")
        images = (
            data.readable.select("path", "width", "height")
            .drop_nulls()
            .with_columns(short.alias("short"), (short < limit).alias("tiny"))
            .with_columns(((pl.len() >= self.least) & (pl.col("tiny").mean() > 0.5)).alias("nature"))
        )
        usual = pl.col("nature") & (pl.col("short") * 2 >= pl.col("short").median())
        return (
            images.with_columns(usual.alias("usual"))
            .filter("tiny")
            .select(
                "path",
                "width",
                "height",
                pl.lit(f"{words} {limit}").alias("limit"),
                below(pl.col("short"), limit),
                pl.when("usual").then(pl.lit(Severity.NOTE)).otherwise(pl.lit(Severity.WARNING)).alias("severity"),
                pl.when("usual")
                .then(pl.lit("choose a network for small images, or enlarge them on purpose"))
                .otherwise(pl.lit(self.hint))
                .alias("hint"),
            )
        )
