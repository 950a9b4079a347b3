"""The rule `box-outside-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.annotations._boxes import PLACE, cornered, record
from datalint.rules.annotations._outside import ROUNDING, outside, outside_shares
from datalint.rules.annotations._placed import misread, placed

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: A right or lower edge is the sum of two numbers, which COCO's own files give with two decimals.
_ROUNDED = 0.02
#: Shares are rounded more coarsely than that.
_ROUNDED_SHARE = 0.001


class BoxOutsideImage(Rule):
    """Boxes that reach outside their image.

    ## What it does
    Flags boxes with an edge more than half a pixel outside the image as it is stored; where the image is absent,
    outside the size that the label file declares. Boxes in shares of the image need no size: they are flagged if they
    leave the range from 0 to 1 by more than a thousandth. A box on the border is inside, even where pixels are counted
    from 1.
    If the box would fit the size that the label file declares, or the picture as EXIF turns it, the message says so.
    A box in pixels that leaves the image by no more than the tolerance is a note: programs that need coordinates
    within the image (such as Albumentations) still refuse it.

    Groups and regions to ignore are notes. So are rotated boxes whose centre is inside: the corners of a box around an
    object that the border cuts stick out. Boxes in the wrong unit are left to `coordinate-units`,
    those whose numbers are in another order to `coordinate-order`, those of a larger image to `coordinate-scale`.

    ## Why is this bad?
    Some programs drop the box, some drop the image, some clip the box, and others train on parts that cannot be seen.
    Often the box was drawn on another version of the image, and is also wrong inside it.

    ## Example
    `fixtures/box-outside-image/bad/annotations.json`, `/annotations/1`: the box ends 6 pixels right of the image.
    In `fixtures/box-outside-image/good` it ends at the border.

    ## When not to use it
    Where the task is to guess the hidden part of objects, and boxes go beyond the border on purpose.
    """

    code, name, since = "DL801", "box-outside-image", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PLACES, Need.BOXES)
    fixable = True
    message = "the box of {subject} ({w:g}x{h:g} {measure} at {x:g}, {y:g}) reaches outside the {size}: {beyond}{sizes}"
    hint = "correct the box, or clip it to the image"
    key = ("record",)
    unit = "box"
    group_message = "{who} reach outside the image: {beyond}"
    group_hint = "correct the boxes, or clip them to the image"

    tolerance = option(0.5, "How far a box may stick out, in pixels.", low=0.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Boxes with an edge outside, and which of the known sizes they would fit."""
        boxes: LazyFrame = placed(data).with_columns(
            pl.col("x").alias("left"),
            pl.col("y").alias("top"),
            (pl.col("x") + pl.col("w")).alias("right"),
            (pl.col("y") + pl.col("h")).alias("bottom"),
        )
        turned = pl.col("angle").is_not_null() | pl.col("unit").str.starts_with("quad")
        centred = (pl.col("x") + pl.col("w") / 2).is_between(0, pl.col("frame_width")) & (
            pl.col("y") + pl.col("h") / 2
        ).is_between(0, pl.col("frame_height"))
        slight = pl.col("excess") <= self.tolerance + ROUNDING
        lenient = pl.col("crowd").fill_null(value=False) | (turned & centred) | slight
        pixels = pl.col("unit").str.ends_with("-pixels")
        # A negative coordinate is not a sum: rounding does not explain it.
        meant = pixels & ((pl.min_horizontal("left", "top") < -ROUNDING) | (pl.col("excess") > _ROUNDED))
        found: LazyFrame = outside(boxes, self.tolerance, least=0.0).filter(~slight | meant)
        sized = found.select(
            *PLACE,
            pl.lit("pixels").alias("measure"),
            pl.col("class").alias("subject"),
            "x",
            "y",
            "w",
            "h",
            "size",
            "beyond",
            "sizes",
            "score",
            pl.col("remedy").fill_null(self.hint).alias("hint"),
            pl.when(lenient)
            .then(pl.lit(Severity.NOTE.value))
            .otherwise(pl.lit(Severity.ERROR.value))
            .alias("severity"),
            record().alias("record"),
        )
        return pl.concat([sized, self._without_size(data)], how="diagonal")

    def _without_size(self, data: Dataset) -> LazyFrame:
        """Boxes in shares of an image of unknown size."""
        known = data.sizes().lazy().filter(pl.col("width") > 0).select("path")
        boxes = (
            cornered(data)
            .filter(pl.col("unit").str.ends_with("-share"))
            .join(known, on="path", how="anti", maintain_order="left")
            .join(misread(data).lazy(), on="box", how="anti", maintain_order="left")
            .filter(pl.col("across") > 0, pl.col("down") > 0)
        )
        centred = pl.all_horizontal(
            ((pl.col(low) + pl.col(high)) / 2).is_between(0, 1) for low, high in (("left", "right"), ("top", "bottom"))
        )
        turned = pl.col("angle").is_not_null() | pl.col("unit").str.starts_with("quad")
        lenient = pl.col("crowd").fill_null(value=False) | (turned & centred)
        return outside_shares(boxes, _ROUNDED_SHARE).select(
            *PLACE,
            pl.lit("of the image").alias("measure"),
            pl.col("class").alias("subject"),
            pl.col("left").alias("x"),
            pl.col("top").alias("y"),
            pl.col("across").alias("w"),
            pl.col("down").alias("h"),
            pl.lit("image").alias("size"),
            "beyond",
            pl.lit("").alias("sizes"),
            "score",
            pl.lit(self.hint).alias("hint"),
            pl.when(lenient)
            .then(pl.lit(Severity.NOTE.value))
            .otherwise(pl.lit(Severity.ERROR.value))
            .alias("severity"),
            record().alias("record"),
        )
