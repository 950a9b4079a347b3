"""The rule `flat-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import below
from datalint.rules.pixels._outlying import judged, outlying

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


#: Contrast up to which a picture is of one single tone: half a level of 255.
BLANK = 0.002


class FlatImage(Rule):
    """Images of one tone, which show nothing.

    ## What it does
    Flags images with almost no contrast: the standard deviation of their luma is under 0.012, three levels of 255, and
    far under that of their class, or of the dataset if the class is small. Calm water among water is not flagged. With
    an object drawn on it, or where most of the dataset or class is so, it is a note. A picture of one single tone is
    always a warning.

    ## Why is this bad?
    A blank frame, a placeholder for a lost image, a lens cap: there is nothing to learn, and its label is wrong
    whatever it says.

    ## Example
    `fixtures/flat-image/bad/cats/0.jpg`, one grey; `fixtures/flat-image/good` has pictures with content.

    ## When not to use it
    Where blank pictures are a class of their own.

    ## References
    Measured: no ordinary photograph, digit or cell image that we have is below 0.02. CleanVision's limit of
    3 bits of entropy flags drawings and digits.
    """

    code, name, since = "DL307", "flat-image", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "almost one tone: contrast {contrast:.3f}, at about {brightness:.1%} brightness"
    hint = "delete it, or replace it with the image that it stands for"
    yields_to = ("unnormalized-range",)
    group_message = "{who} are almost one tone: contrast {contrast:.3f}, at about {brightness:.1%} brightness"

    contrast = option(0.012, "The smallest standard deviation of luma that is not flat, of a range of 1.", low=0.0)
    colour = option(0.05, "The smallest standard deviation of a single channel that is not flat.", low=0.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Images with less contrast than the limit, in luma and in every channel."""
        deviations = [
            (pl.col(f"square_{channel}") - pl.col(f"mean_{channel}") ** 2).clip(0).sqrt() for channel in "rgb"
        ]
        blank = (pl.col("contrast") < BLANK) & (pl.max_horizontal(deviations) < BLANK)
        flat = (pl.col("contrast") < self.contrast) & (pl.max_horizontal(deviations) < self.colour)
        found = outlying(data, pl.col("contrast"), flat).with_columns(pl.col("outlying") | blank, blank=blank)
        degree = below(pl.col("contrast"), max(self.contrast, BLANK))
        found = found.select("image", "path", "outlying", "contrast", "brightness", "blank", degree)
        hint = pl.when("blank").then(pl.lit(self.hint)).otherwise("hint")
        severity = pl.when("blank").then(pl.lit(self.severity)).otherwise("severity")
        judgement = judged(data, found, self.severity, self.hint)
        return judgement.with_columns(hint=hint, severity=severity).drop("blank")
