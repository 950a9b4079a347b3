"""The rule `tiny-box`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import below
from datalint.rules.annotations._boxes import PLACE, record
from datalint.rules.annotations._placed import placed

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: The default of `side`, in pixels.
SIDE = 2.0


class TinyBox(Rule):
    """Boxes too small to show anything.

    ## What it does
    Notes boxes with a side under 2 pixels: of the image as it is stored or, where the config declares an
    `input-size`, of the image shrunk to fit it. If more than a tenth of at least 20 boxes of a class are that small,
    that is normal for the class, and only boxes of other classes are noted. Groups and regions to ignore are left
    out.

    ## Why is this bad?
    Most are slips of the mouse. Trainers that augment silently drop them; others ask the network for an object of
    which no pixel is left.

    ## Example
    `fixtures/tiny-box/bad/annotations.json`, `/annotations/1`, is 1 pixel wide. `fixtures/tiny-box/good` has none.

    ## When not to use it
    Where objects of single pixels are meant: stars, cells, targets in radar pictures.

    ## References
    2 pixels is the side below which Ultralytics YOLO drops boxes after augmentation.
    """

    code, name, since = "DL805", "tiny-box", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.SIZES, Need.BOXES)
    message = "the box of {subject} is {w:.3g}x{h:.3g} pixels{shrunk}"
    hint = "delete the box if it is a slip, or train at a larger input size"
    key = ("record",)
    unit = "box"
    group_message = "{who} are tiny: {w:.3g} wide, {h:.3g} high (in pixels)"
    group_hint = "train at a larger input size, or on tiles"

    side = option(SIDE, "The shortest side that is not tiny, in pixels.", low=0.0)
    usual = option(0.1, "The largest share of tiny boxes that a class has by accident.", low=0.0, high=1.0)
    least = option(20, "The smallest class that can be tiny by nature, in boxes.", low=2)

    def check(self, data: Dataset) -> LazyFrame:
        """Boxes with a short side, in classes where few are."""
        scale, shrunk = pl.lit(1.0), ""
        if data.declared.input_size is not None:
            width, height = data.declared.input_size
            scale = pl.min_horizontal(pl.lit(1.0), width / pl.col("frame_width"), height / pl.col("frame_height"))
            shrunk = f" after shrinking to {width}x{height}"
        boxes = (
            placed(data)
            .filter(~pl.col("crowd").fill_null(value=False))
            .with_columns((pl.col("w") * scale).alias("w"), (pl.col("h") * scale).alias("h"))
            .with_columns((pl.min_horizontal("w", "h") < self.side - 1e-6).alias("tiny"))
        )
        nature = (pl.len() >= self.least) & (pl.col("tiny").mean() > self.usual)
        found: LazyFrame = boxes.filter(pl.col("tiny") & ~nature.over("class")).select(
            *PLACE,
            pl.col("class").alias("subject"),
            "w",
            "h",
            pl.lit(shrunk).alias("shrunk"),
            below(pl.min_horizontal("w", "h"), self.side),
            record().alias("record"),
        )
        return found
