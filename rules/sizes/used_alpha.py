"""The rule `used-alpha`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UsedAlpha(Rule):
    """Images with transparent parts.

    ## What it does
    Flags images in which pixels are more than half transparent. An alpha channel that is opaque throughout does
    not count.

    ## Why is this bad?
    `convert("RGB")` drops alpha and shows whatever colour lies beneath: mostly black, sometimes garbage, never what
    a person saw in a viewer.

    ## Example
    `fixtures/used-alpha/bad/cats/0.png`, a picture cut out of its background. In `fixtures/used-alpha/good` all
    pictures are opaque.

    ## When not to use it
    Where the loader composes images onto a background of your choice.
    """

    code, name, since = "DL210", "used-alpha", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "{transparent:.1%} of the pixels are transparent"
    hint = "compose it onto a background colour before training (PIL.Image.alpha_composite)"
    said_once = True
    group_message = "{who} have transparency: {transparent:.1%} of the pixels"
    group_hint = "compose them onto a background colour before training (PIL.Image.alpha_composite)"

    share = option(0.0, "The share of transparent pixels above which an image is noted.", low=0.0, high=1.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Images with a larger share of transparent pixels."""
        return data.readable.filter(pl.col("transparent") > self.share).select(
            "path", "transparent", score="transparent"
        )
