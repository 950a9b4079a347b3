"""The rule `dark`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.pixels._nature import with_nature

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class Dark(Rule):
    """Images with no bright spot anywhere.

    ## What it does
    Flags images of which 99 % of the pixels are darker than 0.32 of full brightness. A night scene with a lamp, and a
    white digit on black, have bright pixels and are not flagged. Where most images of the dataset, or of a class, are
    like this, that is their nature, and they are notes.

    ## Why is this bad?
    An underexposed picture shows little after 8-bit quantisation, and normalization does not bring it back.

    ## Example
    `fixtures/dark/bad/cats/0.jpg`, a picture at a tenth of its light; `fixtures/dark/good` has it well exposed.

    ## When not to use it
    For modalities that are dark by nature, such as fluorescence microscopy or raw infrared: raise the exposure in
    preparation, or lower `brightness`.

    ## References
    The 99th percentile of the perceived brightness below 0.32 is CleanVision's definition. Brightness:
    D. R. Finley, "HSP Color Model", 2006.
    """

    code, name, since = "DL304", "dark", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS,)
    message = "very dark: 99 % of the pixels have at most {brightness_p99:.0%} brightness"
    hint = "correct the exposure, or remove the image"
    yields_to = ("unnormalized-range",)
    group_message = "{who} are very dark: 99 % of the pixels have at most {brightness_p99:.0%} brightness"

    brightness = option(
        0.32, "The smallest 99th percentile of brightness that is not dark (CleanVision's 0.32).", high=1.0
    )

    def check(self, data: Dataset) -> LazyFrame:
        """Images whose brightest hundredth is dark; the score is 1 for black."""
        score = 1 - pl.col("brightness_p99") / max(self.brightness, 1e-6)
        found = data.readable.filter(pl.col("brightness_p99") < self.brightness).select(
            "path", "brightness_p99", score.clip(0, 1).alias("score")
        )
        return with_nature(data, found, self.severity, self.hint)
