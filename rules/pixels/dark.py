"""The rule `dark`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.pixels._outlying import judged, outlying

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class Dark(Rule):
    """Images with no bright spot anywhere.

    ## What it does
    Flags images of which 99 % of the pixels are darker than 0.32 of full brightness, and far darker than the rest of
    their class, or of the dataset if the class is small: less than half the median, and beyond the spread. A night
    scene with a lamp, a white digit on black, and a dark picture among night skies are not flagged. With an object
    drawn on it, or where most of the dataset or class is so, it is a note.

    ## Why is this bad?
    An underexposed picture shows little after 8-bit quantisation, and normalization does not bring it back.

    ## Example
    `fixtures/dark/bad/cats/0.jpg`, a picture at a tenth of its light; `fixtures/dark/good` has it well exposed.

    ## When not to use it
    For modalities that are dark by nature, such as fluorescence microscopy or raw infrared: raise the exposure in
    preparation, or lower `brightness`.

    ## References
    The 99th percentile of the perceived brightness below 0.32 is CleanVision's definition. Brightness:
    D. R. Finley, "HSP Color Model", 2006. Beyond the spread: 1.5 interquartile ranges below the lower quartile
    (J. W. Tukey, "Exploratory Data Analysis", 1977), from 20 images of a dataset and 10 of a class.
    """

    code, name, since = "DL304", "dark", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS,)
    message = "very dark: 99 % of the pixels have at most {brightness_p99:.1%} brightness"
    hint = "correct the exposure, or remove the image"
    yields_to = ("unnormalized-range",)
    group_message = "{who} are very dark: 99 % of the pixels have at most {brightness_p99:.1%} brightness"

    brightness = option(
        0.32, "The smallest 99th percentile of brightness that is not dark (CleanVision's 0.32).", high=1.0
    )

    def check(self, data: Dataset) -> LazyFrame:
        """Images whose brightest hundredth is dark; the score is 1 for black."""
        score = 1 - pl.col("brightness_p99") / max(self.brightness, 1e-6)
        found = outlying(data, pl.col("brightness_p99"), pl.col("brightness_p99") < self.brightness)
        found = found.select("image", "path", "outlying", "brightness_p99", score.clip(0, 1).alias("score"))
        return judged(data, found, self.severity, self.hint)
