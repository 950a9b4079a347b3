"""The rule `odd-aspect-ratio`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class OddAspectRatio(Rule):
    """Images far longer or narrower than a picture should be, or than the rest of the dataset.

    ## What it does
    Takes the shorter side over the longer and flags images below 0.35, and those at least twice as elongated as
    the dataset's upper quartile and beyond its three interquartile ranges. If more than half of at least 20 images
    are below 0.35, that is the dataset's nature: they are notes, and only its own outliers are warnings.

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
        sides = (
            data.readable.select("path", "width", "height")
            .drop_nulls()
            .filter(pl.min_horizontal("width", "height") > 0)
        )
        length = pl.max_horizontal("width", "height") / pl.min_horizontal("width", "height")  # 1 = square
        upper, lower = length.log().quantile(0.75), length.log().quantile(0.25)
        images = sides.with_columns(
            length.alias("length"),
            (1 / length < self.ratio).alias("odd"),
            (
                (pl.len() >= self.least)
                & (length.log() > upper + 3 * (upper - lower))
                & (length.log() >= upper + pl.lit(self.factor).log())
            ).alias("outlier"),
        ).with_columns(((pl.len() >= self.least) & (pl.col("odd").mean() > 0.5)).alias("nature"))
        usual = pl.col("nature") & ~pl.col("outlier")
        return images.filter(pl.col("odd") | pl.col("outlier")).select(
            "path",
            "width",
            "height",
            "length",
            pl.when(usual).then(pl.lit(Severity.NOTE)).otherwise(pl.lit(Severity.WARNING)).alias("severity"),
        )
