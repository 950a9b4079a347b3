"""The rule `odd-aspect-ratio`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.sizes._classes import with_class

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset


class OddAspectRatio(Rule):
    """Images far longer or narrower than a picture should be, or than the rest of the dataset.

    ## What it does
    Takes the longer side over the shorter and flags images at least twice as elongated as the upper quartile of their
    class, or of the dataset if the class is small, and beyond its three interquartile ranges. In a dataset of under 20
    images those below 0.35 (shorter over longer). If more than half of at least 20 images are below 0.35, that is the
    dataset's nature, and they are notes.

    ## Why is this bad?
    Resizing to a square squeezes such an image beyond recognition, and a centre crop keeps only its middle.
    Often it is a banner, a strip of several pictures, or a broken crop.

    ## Example
    `fixtures/odd-aspect-ratio/bad/cats/0.jpg`, 160x48; `fixtures/odd-aspect-ratio/good` has pictures of 48x48.

    ## When not to use it
    For text lines, panoramas and other images that are long by nature, if the loader pads instead of squeezing.

    ## References
    0.35 is CleanVision's threshold.
    """

    code, name, since = "DL206", "odd-aspect-ratio", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.HEADER,)
    message = "{width}x{height} pixels: one side is {length:.1f} times the other"
    hint = "crop or pad the image, or remove it"
    said_once = True
    group_message = "{who} have one side that is {length:.1f} times the other"
    group_hint = "crop or pad the images to one shape in preparation"

    ratio = option(0.35, "The smallest shorter side over longer side that is not odd (CleanVision's 0.35).", high=1.0)
    factor = option(2.0, "How many times more elongated than the upper quartile of the dataset.", low=1.0)
    least = option(20, "The smallest dataset whose own distribution is used, in images.", low=4)

    def check(self, data: Dataset) -> LazyFrame:
        """Odd images: warnings where they are few, notes where they are the dataset's nature."""
        length = pl.max_horizontal("width", "height") / pl.min_horizontal("width", "height")  # 1 = square
        log, known = length.log(), pl.col("class").is_not_null()
        outlier = pl.when(known).then(self._far(log).over("class")).otherwise(self._far(log))
        images = (
            with_class(data)
            .drop_nulls(["width", "height"])
            .filter(pl.min_horizontal("width", "height") > 0)
            .with_columns(length.alias("length"), (1 / length < self.ratio).alias("odd"))
            .with_columns((outlier & (pl.len() >= self.least)).alias("outlier"))
            .with_columns(((pl.len() >= self.least) & (pl.col("odd").mean() > 0.5)).alias("nature"))
        )
        usual = pl.col("nature") & ~pl.col("outlier")
        odd = pl.col("outlier") | (pl.col("odd") & ((pl.len() < self.least) | pl.col("nature")))
        return images.filter(odd).select(
            "path",
            "width",
            "height",
            "length",
            above(pl.col("length"), 1.0),
            pl.when(usual).then(pl.lit(Severity.NOTE)).otherwise(pl.lit(Severity.WARNING)).alias("severity"),
        )

    def _far(self, length: Expr) -> Expr:
        """Whether an image is far longer than the others, of the logarithms of the sides' ratios."""
        upper, lower = length.quantile(0.75), length.quantile(0.25)
        return (length > upper + 3 * (upper - lower)) & (length >= upper + math.log(self.factor))
