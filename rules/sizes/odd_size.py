"""The rule `odd-size`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import apart
from datalint.rules.sizes._classes import with_class
from datalint.rules.sizes._minority import counted

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset


#: The interquartile range counts for at least this much, in log(side): a tenth of the size.
LEAST_RANGE = 0.1
_HINT_LARGE = "make it as small as the others in preparation, or crop what it shows"


class OddSize(Rule):
    """Images far smaller or larger than the rest of a dataset whose sizes vary.

    ## What it does
    Takes log sqrt(width x height) and flags images beyond three interquartile ranges from the quartiles of their class,
    or of the dataset if the class is small. Small ones must also be at most half of the median and need to be enlarged
    more than twice for training; large ones must be four times the median, and are notes: they are made smaller, as
    all are. Where one size dominates, `mixed-size` looks at sizes instead.

    ## Why is this bad?
    A thumbnail among photographs is mush after it was enlarged. A poster among thumbnails loses what it showed, and
    costs time to decode.

    ## Example
    `fixtures/odd-size/bad/cats/0.jpg`, 320x320 among pictures of about 50x50; `fixtures/odd-size/good` has none.

    ## When not to use it
    Where the resolution means something, as in satellite scenes of different sensors.

    ## References
    Three interquartile ranges are CleanVision's, which takes them of the side itself; sizes are skewed, so that flags
    one in twenty of ordinary photographs from the web. 224 pixels is what most pretrained networks take.
    """

    code, name, since = "DL205", "odd-size", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.HEADER,)
    message = "{width}x{height} pixels, {times:.1f} times the median side of {median:.0f}"
    hint = "find a larger version or remove the image, or accept the finding if it belongs here"
    yields_to = ("tiny-image",)
    said_once = True
    group_message = "{who} are of an unusual size: {times:.1f} times the median side of {median:.0f} pixels"

    ranges = option(3.0, "How many interquartile ranges from the quartiles (CleanVision's 3).", low=0.5)
    smaller = option(2.0, "How many times smaller than the median.", low=1.0)
    larger = option(4.0, "How many times larger than the median.", low=1.0)
    input = option(224, "The side that images are brought to; a declared input size has priority.", low=1)
    enlarged = option(2.0, "How many times an image may be enlarged to that side.", low=0.0)
    dominating = option(0.9, "The share of one size from which the dataset is not judged.", low=0.0, high=1.0)
    least = option(20, "The smallest dataset that is judged, in images.", low=4)

    def check(self, data: Dataset) -> LazyFrame:
        """Outliers of the geometric mean side: small ones are warnings, large ones notes."""
        images: LazyFrame = counted(with_class(data), pl.format("{}x{}", "width", "height")).filter(
            (pl.col("images") >= self.least) & (pl.col("others") < self.dominating * pl.col("images"))
        )
        images = images.with_columns((pl.col("width").cast(pl.Float64) * pl.col("height")).sqrt().alias("side"))
        side, known = pl.col("side"), pl.col("class").is_not_null()
        small, large = (pl.when(known).then(far.over("class")).otherwise(far) for far in self._far(side.log().clip(0)))
        median = pl.when(known).then(side.median().over("class")).otherwise(side.median())
        declared = data.declared.input_size
        enlarged = min(declared or (self.input,)) / pl.min_horizontal("width", "height") > self.enlarged
        return (
            images.with_columns((small & enlarged).alias("small"), large.alias("large"), median.alias("median"))
            .filter(pl.col("small") | pl.col("large"))
            .select(
                "path",
                "width",
                "height",
                (side / pl.col("median")).alias("times"),
                apart(side, pl.col("median")),
                "median",
                pl.when("small").then(pl.lit(self.severity)).otherwise(pl.lit(Severity.NOTE)).alias("severity"),
                pl.when("small").then(pl.lit(self.hint)).otherwise(pl.lit(_HINT_LARGE)).alias("hint"),
            )
        )

    def _far(self, side: Expr) -> tuple[Expr, Expr]:
        """Whether an image is far smaller, and far larger, of the logarithms of the sides."""
        low, high, median = side.quantile(0.25), side.quantile(0.75), side.median()
        reach = self.ranges * pl.max_horizontal(high - low, pl.lit(LEAST_RANGE))
        return (
            (side < low - reach) & (side <= median - math.log(self.smaller)),
            (side > high + reach) & (side >= median + math.log(self.larger)),
        )
