"""The rule `blurry`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.pixels._nature import with_nature

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class Blurry(Rule):
    """Images without a sharp edge anywhere.

    ## What it does
    Measures how narrow the strongest edges are, as a share of the picture, and flags images whose edges are all wide,
    also compared with the rest of the dataset. Contrast does not count, and one sharp subject in front of
    a soft background is enough.

    ## Why is this bad?
    A picture out of focus, shaken, or enlarged from a thumbnail has lost the texture that tells classes apart. The
    network learns blur instead, if one class has more of it.

    ## Example
    `fixtures/blurry/bad/cats/0.jpg`, blurred; `fixtures/blurry/good` has sharp pictures.

    ## When not to use it
    Where pictures are soft by nature: ultrasound, clouds, depth maps.

    ## References
    The formula is in `datalint/measure/statistics.py`. Measured: 300 studio photographs have 2.0 to 7.3, 364 cell
    images 2.0 to 3.6, 10,000 CIFAR-10 images 1.2 and more; the photographs after a Gaussian blur of 1.5 % of their
    shorter side have 0.8 to 1.7, of 2.5 % 0.6 to 1.5. CleanVision's definition depends on contrast and flags about
    one ordinary photograph in five.
    """

    code, name, since = "DL306", "blurry", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS,)
    message = "sharpness {sharpness:.2f}, under the limit of {limit:.2f} for this dataset"
    hint = "find a sharper original, or remove the image"
    yields_to = ("flat-image",)
    group_message = (
        "{who} have no sharp edge: sharpness {sharpness:.2f}, under the limit of {limit:.2f} for this dataset"
    )

    sharpness = option(1.5, "The sharpness above which no image is blurry; see statistics.py.", low=0.0)
    share = option(0.4, "The share of the dataset's median sharpness above which an image is not blurry.", low=0.0)
    always = option(0.7, "The sharpness below which an image is blurry, whatever the rest is like.", low=0.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Images below the limit; the score is 1 for no edge at all."""
        images = data.readable.with_columns(pl.col("sharpness").fill_nan(None))
        relative = (self.share * pl.col("sharpness").median()).clip(self.always, max(self.always, self.sharpness))
        images = images.with_columns(relative.alias("limit"))
        found = images.filter(pl.col("sharpness") < pl.col("limit")).select(
            "path", "sharpness", "limit", (1 - pl.col("sharpness") / pl.col("limit")).clip(0, 1).alias("score")
        )
        return with_nature(data, found, self.severity, self.hint)
