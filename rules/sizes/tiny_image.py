"""The rule `tiny-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class TinyImage(Rule):
    """Images with too few pixels to show anything.

    ## What it does
    Flags images whose shorter side is under 32 pixels, or under the declared `input-size`. If more than half of at
    least 20 images are that small, that is the dataset's nature (MNIST is 28x28): it is noted once, and only images
    of less than half the median side are flagged.

    ## Why is this bad?
    Enlarged to the network's input it is a smear of a few colours. Among photographs it is mostly an icon, a
    thumbnail or a tracking pixel that a crawler took along.

    ## Example
    `fixtures/tiny-image/bad/cats/0.jpg`, 16x16; `fixtures/tiny-image/good` has pictures of 48x48.

    ## When not to use it
    For sprites, patches or characters that are small by nature, if sizes differ; else it says so only once.

    ## References
    32 pixels is the stride of the last stage of most classification networks: a smaller image leaves it no cell.
    """

    code, name, since = "DL207", "tiny-image", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "{fact}"
    hint = "find a larger version, or leave it out"

    side = option(32, "The shortest side that is not tiny, in pixels; a declared input size comes before it.", low=1)
    least = option(20, "The smallest dataset that can be tiny by nature, in images.", low=2)

    def check(self, data: Dataset) -> LazyFrame:
        """Tiny images, and one note if most of them are."""
        declared = data.declared.input_size
        limit = self.side if declared is None else min(declared)
        words = "under the limit of" if declared is None else "under the declared input size of"
        short = pl.min_horizontal("width", "height")
        images = (
            data.readable.select("path", "width", "height")
            .drop_nulls()
            .with_columns(short.alias("short"), (short < limit).alias("tiny"))
            .with_columns(((pl.len() >= self.least) & (pl.col("tiny").mean() > 0.5)).alias("nature"))
        )
        small = pl.col("tiny") & (~pl.col("nature") | (pl.col("short") * 2 < pl.col("short").median()))
        single = images.filter(small).select(
            "path",
            pl.format("{}x{} pixels: a side {} {} pixels", "width", "height", pl.lit(words), pl.lit(limit)).alias(
                "fact"
            ),
            pl.lit(Severity.WARNING.value).alias("severity"),
            pl.lit(self.hint).alias("hint"),
        )
        whole = (
            images.filter("nature")
            .select(pl.col("tiny").sum().alias("hits"), pl.len().alias("total"))
            .filter(pl.col("total") > 0)
            .select(
                pl.lit(None, pl.String).alias("path"),
                pl.format(
                    "{} of {} images have a side {} {} pixels",
                    pl.col("hits"),
                    pl.col("total"),
                    pl.lit(words),
                    pl.lit(limit),
                ).alias("fact"),
                pl.lit(Severity.NOTE.value).alias("severity"),
                pl.lit("choose a network for small images, or enlarge them knowingly").alias("hint"),
            )
        )
        return pl.concat([single, whole])
