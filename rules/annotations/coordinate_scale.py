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
    """Boxes in the pixels of a larger or smaller copy of their images.

    ## What it does
    Flags label files, and folders of label files with one image each, of whose boxes at least 8, and at least a tenth,
    lie wholly outside their images, on the right or below, while nearly all lie within images that are larger by one
    factor. The finding names the factor. The findings about the single boxes are left out then.

    The reverse is a warning: at least 50 boxes on 10 images, which all lie in the same upper left part of their images,
    begin at its left and upper edge, and leave at least the same 23 % of both sides empty.

    ## Why is this bad?
    The images were resized after they had been labelled, and the label file was not changed. Every box is in the wrong
    place and of the wrong size, also those that happen to lie within the image.

    ## Example
    `fixtures/coordinate-scale/bad/annotations.json` has boxes of images twice as large as those that are there.
    `fixtures/coordinate-scale/good` has them in the pixels of the images.

    ## When not to use it
    Where objects beyond the border are labelled on purpose.
    """

    code, name, since = "DL818", "coordinate-scale", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.MEDIUM
    needs = (Need.SIZES, Need.BOXES)
    message = "{where}; they fit images about {times}"
    hint = "divide the coordinates by the factor, or restore the images that were labelled"
    key = ("times",)
    per_image = False

    def check(self, data: Dataset) -> DataFrame:
        """A label file, or a folder of label files, a row."""
        wider, higher, lost = pl.col("wider"), pl.col("higher"), pl.col("lost") > 0
        outside = pl.format("{} of {} boxes lie wholly outside their images", "lost", "count")
        inside = pl.format(
            "the {} boxes lie in the left {} % and upper {} % of their images",
            "count",
            *((100 * side).round().cast(pl.Int64) for side in (wider, higher)),
        )
        return _scale.homes(data).select(
            "file",
            "line",
            "pointer",
            pl.when(lost).then(outside).otherwise(inside).alias("where"),
            pl.when(lost).then(pl.lit(self.severity)).otherwise(pl.lit(Severity.WARNING)).alias("severity"),
            pl.when((wider / higher - 1).abs() <= _ALIKE)
            .then(pl.format("{} times as large", short((wider * higher).sqrt(), 2)))
            .otherwise(pl.format("{} times as wide and {} times as high", short(wider, 2), short(higher, 2)))
            .alias("times"),
        )
