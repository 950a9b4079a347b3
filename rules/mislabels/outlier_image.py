"""The rule `outlier-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.mislabels._beside import are_objects, place

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class OutlierImage(Rule):
    """Images that look like nothing else in the dataset.

    ## What it does
    Compares each image with its ten nearest others in the probe's features. Flags those whose distance lies far above
    all others': by default five interquartile ranges of the logarithm above the third quartile. Where boxes and
    polygons have the classes, these are compared.

    ## Why is this bad?
    A picture unlike all others is often from another source: a logo, a screenshot, a test card, a broken decode.

    ## Example
    `fixtures/outlier-image/bad/discs/noise.png` is a field of noise among drawings. `fixtures/outlier-image/good` is
    the same without it.

    ## When not to use it
    When every image is unlike the others, as in a collection of unique scenes.
    """

    code, name, since = "DL903", "outlier-image", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.LOW
    needs = (Need.PROBE, Need.ANNOTATIONS)
    message = "looks like nothing else here (outlier score {score:.2f})"
    record_message = (
        "the object of {w:.0f}x{h:.0f} pixels at {x:.0f}, {y:.0f} looks like nothing else here "
        "(outlier score {score:.2f})"
    )
    hint = "remove the image, or accept the finding if it belongs to the dataset"
    key = ("record",)
    groups = False

    least = option(
        0.625,
        "The least outlier score: r / (r + 3) for r interquartile ranges above the third quartile; 0.625 is r = 5. "
        "Tukey's fences take 3 as far out; 5 is silent on photographs.",
        low=0.0,
        high=1.0,
    )

    def check(self, data: Dataset) -> LazyFrame:
        """Images, or objects, whose outlier score is at least `least`."""
        hint = [pl.lit("look at the object, and remove it or correct its box, or accept the finding").alias("hint")]
        far = data.probe.filter(pl.col("outlier") >= self.least)
        return far.select(*place(data), pl.col("outlier").alias("score"), *(hint if are_objects(data) else ()))
