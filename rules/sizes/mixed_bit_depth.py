"""The rule `mixed-bit-depth`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.sizes._minority import few_or_mixed

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset


class MixedBitDepth(Rule):
    """Images of 8 and 16 bit, or of floating-point numbers, in one dataset.

    ## What it does
    Flags images whose samples are of another depth than those of at least nine in ten. Where no depth dominates
    there is one finding for the dataset, with the count.

    ## Why is this bad?
    A loader that divides by 255 makes a 16-bit image 257 times too bright, and Pillow's `convert("RGB")` clips
    16-bit grey at 255: almost all of it turns white. There is no error.

    ## Example
    `fixtures/mixed-bit-depth/bad/cats/0.png`, 16 bit among 8 bit. In `fixtures/mixed-bit-depth/good` all are 8 bit.

    ## When not to use it
    Where the loader scales each image by its own depth.

    ## References
    A share of one in ten is where "a few" ends by our judgement; the depths of one camera or scanner never differ.
    """

    code, name, since = "DL203", "mixed-bit-depth", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "{fact}"
    hint = "convert the images to one depth, or scale each by its own"
    said_once = True
    fact = ("fact",)
    group_message = "{who}: {fact}"

    share = option(0.1, "The largest share of the images that counts as a few.", low=0.0, high=0.5)
    least = option(10, "The smallest dataset that is judged, in images.", low=2)

    def check(self, data: Dataset) -> LazyFrame:
        """Images of the rarer depths, or one row if none is usual."""
        kind = pl.format("{} bit{}", "bits", _if("float", " float"))
        found: LazyFrame = few_or_mixed(data.readable, kind, self.share, self.least)
        return found


def _if(flag: str, text: str) -> Expr:
    """`text` where the column `flag` is true."""
    return pl.when(flag).then(pl.lit(text)).otherwise(pl.lit(""))
