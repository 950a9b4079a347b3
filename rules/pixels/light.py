"""The rule `light`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.pixels._outlying import judged, outlying

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class Light(Rule):
    """Images with no dark spot anywhere.

    ## What it does
    Flags images of which 95 % of the pixels are brighter than 0.95 of full brightness and 99 % are not dark, if they
    are also far lighter than the rest of their class, or of the dataset if the class is small. A product or a drawing
    on white has dark pixels and is not flagged, nor is a page among pages. With an object drawn on it, or where most
    of the dataset or class is so, it is a note.

    ## Why is this bad?
    An overexposed picture has lost its light parts: they are all the same white, and no preparation brings them back.

    ## Example
    `fixtures/light/bad/cats/0.jpg`, a washed-out picture; `fixtures/light/good` has it well exposed.

    ## When not to use it
    For thin drawings on white paper among photographs: raise `brightness`.

    ## References
    The 5th percentile of the perceived brightness above 0.95 is CleanVision's definition; the 1st
    percentile must also be above a half, so that drawings and small objects on white are not flagged. Far lighter: what
    the 5th percentile lacks to white is less than half the median's, and 1.5 interquartile ranges below the quartile.
    """

    code, name, since = "DL305", "light", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS,)
    message = "very light: 95 % of the pixels have at least {brightness_p5:.1%} brightness"
    hint = "correct the exposure, or remove the image"
    group_message = "{who} are very light: 95 % of the pixels have at least {brightness_p5:.1%} brightness"

    brightness = option(
        0.95, "The largest 5th percentile of brightness that is not light (CleanVision's 0.95).", low=0.0
    )
    darkest = option(0.5, "The 1st percentile of brightness above which the picture has no dark part.", low=0.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Images whose darkest twentieth is light; the score is 1 for white."""
        score = (pl.col("brightness_p5") - self.brightness) / max(1 - self.brightness, 1e-6)
        washed = (pl.col("brightness_p5") > self.brightness) & (pl.col("brightness_p1") > self.darkest)
        found = outlying(data, 1 - pl.col("brightness_p5"), washed)
        found = found.select("image", "path", "outlying", "brightness_p5", score.clip(0, 1).alias("score"))
        return judged(data, found, self.severity, self.hint)
