"""The rule `non-finite-box`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.annotations._boxes import PLACE, numbers, record

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class NonFiniteBox(Rule):
    """Boxes that hold NaN or Infinity.

    ## What it does
    Flags boxes in which a number is NaN, infinite, or too large to be stored.

    ## Why is this bad?
    One NaN in a batch makes the loss NaN, and with it every weight of the network. Strict JSON parsers refuse the
    whole file.

    ## Example
    `fixtures/non-finite-box/bad/annotations.json`, `/annotations/1`: a box whose left edge is at Infinity.
    `fixtures/non-finite-box/good` holds numbers only.

    ## When not to use it
    No case is known: in training data each finding is a fault.

    ## References
    RFC 8259, section 6: NaN and Infinity are not JSON.
    """

    code, name, since = "DL803", "non-finite-box", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.BOXES,)
    message = "the box {numbers} of {subject} is not finite"
    hint = "draw the box again, or delete it"
    key = ("record",)
    unit = "box"
    group_message = "{who} are not finite"
    group_hint = "draw the boxes again, or delete them"

    def check(self, data: Dataset) -> LazyFrame:
        """Boxes with a number that is not finite."""
        # The sum of large numbers can be infinite: it only shows where to look.
        suspect = data.boxes.filter(~pl.col("raw").list.sum().is_finite())
        return suspect.filter(~pl.col("raw").list.eval(pl.element().is_finite()).list.all()).select(
            *PLACE, pl.col("class").alias("subject"), numbers().alias("numbers"), record().alias("record")
        )
