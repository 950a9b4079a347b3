"""The rule `odd-size`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.sizes._minority import counted

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class OddSize(Rule):
    """Images far larger or smaller than the rest of a dataset whose sizes vary.

    ## What it does
    Takes sqrt(width x height) and flags images beyond three interquartile ranges from the quartiles, if they are
    also at least twice as large or small as the median. Where one size dominates, `mixed-size` looks at sizes instead.

    ## Why is this bad?
    Thumbnails among photographs, or one poster among thumbnails: after resizing, the one is mush and the other has
    lost what it showed. Such an image came another way than the rest.

    ## Example
    `fixtures/odd-size/bad/cats/0.jpg`, 320x320 among pictures of about 50x50; `fixtures/odd-size/good` has none.

    ## When not to use it
    Where the resolution means something, as in satellite scenes of different sensors.

    ## References
    Three interquartile ranges of sqrt(width x height) is CleanVision's definition of an odd size; that the image is
    also twice the median, and that the range counts for at least a tenth of it, keeps narrow distributions quiet.
    """

    code, name, since = "DL205", "odd-size", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.HEADER,)
    message = "{width}x{height} pixels, {times:.2g} times the median side of {median:.0f}"
    hint = "resize or remove the image, or accept the finding if it belongs here"
    yields_to = ("tiny-image",)
    said_once = True
    group_message = "{who} are of an unusual size: {times:.2g} times the median side of {median:.0f} pixels"
    group_hint = "resize all images to one size in preparation, or accept the finding if they belong here"

    ranges = option(3.0, "How many interquartile ranges from the quartiles (CleanVision's 3).", low=0.5)
    factor = option(2.0, "How many times larger or smaller than the median.", low=1.0)
    dominating = option(0.9, "The share of one size from which the dataset is not judged.", low=0.0, high=1.0)
    least = option(20, "The smallest dataset that is judged, in images.", low=4)

    def check(self, data: Dataset) -> LazyFrame:
        """Outliers of the geometric mean side."""
        side = (pl.col("width").cast(pl.Float64) * pl.col("height")).sqrt()
        images: LazyFrame = counted(data.readable, pl.format("{}x{}", "width", "height")).filter(
            (pl.col("images") >= self.least) & (pl.col("others") < self.dominating * pl.col("images"))
        )
        low, high, median = side.quantile(0.25), side.quantile(0.75), side.median()
        reach = self.ranges * pl.max_horizontal(high - low, 0.1 * median)
        large = (side > high + reach) & (side >= self.factor * median)
        small = (side < low - reach) & (side * self.factor <= median)
        return (
            images.with_columns((large | small).alias("odd"), (side / median).alias("times"), median.alias("median"))
            .filter("odd")
            .select("path", "width", "height", "times", "median")
        )
