"""The rule `flat-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.pixels._nature import with_nature

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class FlatImage(Rule):
    """Images of one tone, which show nothing.

    ## What it does
    Flags images with almost no contrast: the standard deviation of their luma is under 0.012, three levels of 255.
    Where most images of the dataset, or of a class, are like this, that is their nature, and they are notes.

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
    message = "almost one tone: contrast {contrast:.3f}, at about {brightness:.0%} brightness"
    hint = "delete it, or replace it with the image that it stands for"
    yields_to = ("unnormalized-range",)
    group_message = "{who} are almost one tone: contrast {contrast:.3f}, at about {brightness:.0%} brightness"

    contrast = option(0.012, "The smallest standard deviation of luma that is not flat, of a range of 1.", low=0.0)
    colour = option(0.05, "The smallest standard deviation of a single channel that is not flat.", low=0.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Images with less contrast than the limit, in luma and in every channel."""
        deviations = [
            (pl.col(f"square_{channel}") - pl.col(f"mean_{channel}") ** 2).clip(0).sqrt() for channel in "rgb"
        ]
        flat = (pl.col("contrast") < self.contrast) & (pl.max_horizontal(deviations) < self.colour)
        found = data.readable.filter(flat).select("path", "contrast", "brightness")
        return with_nature(data, found, self.severity, self.hint)
