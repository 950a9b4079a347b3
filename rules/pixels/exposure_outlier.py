"""The rule `exposure-outlier`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.pixels._lost_range import without_lost

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset

#: Scales a median absolute deviation to a standard deviation, for a normal distribution.
CONSISTENT = 1.4826

#: No dataset is taken to be steadier than this: the spread of one studio set-up, of pixels in [0, 1].
STEADIEST = 0.02


class ExposureOutlier(Rule):
    """Images whose brightness or contrast is far from the dataset's.

    ## What it does
    Takes the mean brightness and the contrast of each image, in robust standard deviations from the median, and flags
    images beyond six that are also far in absolute terms. Varied photographs give almost none; in a dataset taken
    under one light, every picture that was not stands out.

    ## Why is this bad?
    In a controlled dataset such an image has another source, a failed exposure, or was inverted or scaled twice.

    ## Example
    `fixtures/exposure-outlier/bad/cats/0.jpg`, far brighter than the rest; `fixtures/exposure-outlier/good` is even.

    ## When not to use it
    Where day and night, or several instruments, are mixed on purpose.

    ## References
    B. Iglewicz and D. C. Hoaglin, "How to Detect and Handle Outliers", 1993: the modified z-score, whose usual limit
    of 3.5 flags too much where distributions have tails.
    """

    code, name, since = "DL303", "exposure-outlier", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS,)
    message = (
        "{property} {value:.2f}, where the median is {median:.2f}: {deviations:.0f} robust standard deviations away"
    )
    hint = "correct its exposure or remove it, or accept the finding if it belongs here"
    yields_to = ("dark", "light", "flat-image", "unnormalized-range")
    fact = ("property",)
    group_hint = "correct their exposure or remove them, or accept the finding if they belong here"
    group_message = "{who} have another {property} than the rest: {value:.2f}, where the median is {median:.2f}"

    deviations = option(6.0, "How many robust standard deviations from the median.", low=1.0)
    brightness = option(0.25, "How far the brightness must be from the median, of a range of 1.", low=0.0)
    contrast = option(0.15, "How far the contrast must be from the median, of a range of 1.", low=0.0)
    least = option(20, "The smallest dataset that is judged, in images.", low=3)

    def check(self, data: Dataset) -> LazyFrame:
        """One row per image: brightness where it is far off, else contrast."""
        far = above(pl.col("deviations"), self.deviations)
        found = [
            without_lost(data)
            .filter(pl.col(name).is_not_null())
            .with_columns(_deviations(pl.col(name)).alias("deviations"), pl.col(name).median().alias("median"))
            .filter(
                (pl.len() >= self.least)
                & (pl.col("deviations") > self.deviations)
                & ((pl.col(name) - pl.col("median")).abs() > distance)
            )
            .select("path", pl.lit(name).alias("property"), pl.col(name).alias("value"), "median", "deviations", far)
            for name, distance in (("brightness", self.brightness), ("contrast", self.contrast))
        ]
        return pl.concat(found).unique("path", keep="first", maintain_order=True)


def _deviations(value: Expr) -> Expr:
    away = (value - value.median()).abs()
    return away / pl.max_horizontal(CONSISTENT * away.median(), pl.lit(STEADIEST))
