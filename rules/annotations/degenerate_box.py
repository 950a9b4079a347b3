"""The rule `degenerate-box`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.annotations import _order
from datalint.rules.annotations._boxes import PLACE, cornered, numbers, record
from datalint.rules.annotations._outside import short

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset


class DegenerateBox(Rule):
    """Boxes without width or height.

    ## What it does
    Flags boxes whose width or height is zero or negative: the right edge is not to the right of the left one.
    Where all boxes of a file have their numbers in another order, `coordinate-order` reports that once.

    ## Why is this bad?
    The logarithm of the size, or a division by it, is infinite: the loss is NaN from that step on, or the box is
    silently dropped. torchvision's detectors stop with an error.

    ## Example
    `fixtures/degenerate-box/bad/annotations.json`, `/annotations/1`: a box 0 pixels wide.
    `fixtures/degenerate-box/good` gives it its width.

    ## When not to use it
    No case is known: in training data each finding is a fault.
    """

    code, name, since = "DL802", "degenerate-box", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.BOXES,)
    fixable = True
    message = "the box {numbers} of {subject} has {fact}"
    hint = "draw the box again, or delete it"
    key = ("record",)
    unit = "box"
    fact = ("fact",)
    group_message = "{who} have {fact}"
    group_hint = "draw the boxes again, or delete them"

    def check(self, data: Dataset) -> LazyFrame:
        """Boxes of finite numbers with a side of zero or less."""
        flat: LazyFrame = (
            cornered(data)
            .join(_order.boxes(data).lazy().select("box"), on="box", how="anti", maintain_order="left")
            .filter((pl.col("across") <= 0) | (pl.col("down") <= 0))
            .filter(pl.col("raw").list.eval(pl.element().is_finite()).list.all())
        )
        swapped = pl.col("unit").str.starts_with("xyxy") & (pl.min_horizontal("across", "down") < 0)
        return flat.select(
            *PLACE,
            pl.col("class").alias("subject"),
            numbers().alias("numbers"),
            pl.concat_str(
                _fact("across", "width"), _fact("down", "height"), separator=" and ", ignore_nulls=True
            ).alias("fact"),
            pl.when(swapped)
            .then(pl.lit("put the numbers in the order left, top, right, bottom, or draw the box again"))
            .otherwise(pl.lit(self.hint))
            .alias("hint"),
            record().alias("record"),
        )


def _fact(side: str, word: str) -> Expr:
    length = pl.col(side)
    return (
        pl.when(length == 0)
        .then(pl.lit(f"no {word}"))
        .when(length < 0)
        .then(pl.format("a {} of {}", pl.lit(word), short(length)))
    )
