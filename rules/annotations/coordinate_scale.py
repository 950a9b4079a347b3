"""The rule `coordinate-scale`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.annotations import _scale
from datalint.rules.annotations._outside import short

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset

#: Factors that differ by less are one.
_ALIKE = 0.1


class CoordinateScale(Rule):
    """Boxes in the pixels of a larger copy of their images.

    ## What it does
    Flags label files, and folders of label files with one image each, of whose boxes at least 8, and at least a tenth,
    lie wholly outside their images, on the right or below, while nearly all lie within images that are larger by one
    factor. The finding names the factor. The findings about the single boxes are left out then.

    ## Why is this bad?
    The images were shrunk after they had been labelled, and the label file was not. Every box is in the wrong place and
    too large, also those that happen to lie within the image.

    ## Example
    `fixtures/coordinate-scale/bad/annotations.json` has boxes of images twice as large as those that are there.
    `fixtures/coordinate-scale/good` has them in the pixels of the images.

    ## When not to use it
    Where objects beyond the border are labelled on purpose.
    """

    code, name, since = "DL818", "coordinate-scale", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.MEDIUM
    needs = (Need.SIZES, Need.BOXES)
    message = "{lost:,} of {count:,} boxes lie wholly outside their images; they fit images about {times}"
    hint = "divide the coordinates by the factor, or restore the images that were labelled"
    key = ("times",)
    per_image = False

    def check(self, data: Dataset) -> DataFrame:
        """A label file, or a folder of label files, a row."""
        wider, higher = pl.col("wider"), pl.col("higher")
        return _scale.homes(data).select(
            "file",
            "line",
            "pointer",
            "count",
            "lost",
            pl.when((wider / higher - 1).abs() <= _ALIKE)
            .then(pl.format("{} times as large", short((wider * higher).sqrt(), 2)))
            .otherwise(pl.format("{} times as wide and {} times as high", short(wider, 2), short(higher, 2)))
            .alias("times"),
        )
