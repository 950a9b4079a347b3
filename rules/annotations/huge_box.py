"""The rule `huge-box`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.annotations._boxes import PLACE, record
from datalint.rules.annotations._placed import placed

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: The default of `share`.
SHARE = 0.95


class HugeBox(Rule):
    """Boxes that cover the whole image, in classes whose other boxes do not.

    ## What it does
    Notes boxes that cover at least 95 % of their image, if at most 2 % of at least 50 boxes of the class do. Groups
    and regions to ignore are left out.

    ## Why is this bad?
    Often a tool wrote a label of the whole image as a box, or the box was drawn by accident while zoomed in.
    The network learns that everything is the object.

    ## Example
    `fixtures/huge-box/bad/annotations.json`, `/annotations/0`, covers its image; the others are a fifth as wide.
    `fixtures/huge-box/good` has none like it.

    ## When not to use it
    Where close-ups and wide shots are mixed on purpose.
    """

    code, name, since = "DL806", "huge-box", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.MEDIUM
    needs = (Need.SIZES, Need.BOXES)
    message = (
        "the box of {subject} covers {covered:.1%} of the image (boxes of the class that do: {huge:,} of {boxes:,})"
    )
    hint = "correct the box, or accept the finding if the object fills the image"
    key = ("record",)
    unit = "box"
    group_message = "{who} cover {covered:.1%} of the image"
    group_hint = "accept the finding if the objects fill the images"

    share = option(SHARE, "The smallest share of the image that counts as huge.", low=0.0, high=1.0)
    usual = option(0.02, "The largest share of huge boxes that a class has by accident.", low=0.0, high=1.0)
    least = option(50, "The smallest class that is judged, in boxes.", low=2)

    def check(self, data: Dataset) -> LazyFrame:
        """Boxes of the size of the image, in classes where few are."""
        covered = (pl.col("w") / pl.col("frame_width")).clip(0, 1) * (pl.col("h") / pl.col("frame_height")).clip(0, 1)
        huge = pl.col("covered") >= self.share
        found: LazyFrame = (
            placed(data)
            .filter(~pl.col("crowd").fill_null(value=False))
            .with_columns(covered.alias("covered"))
            .with_columns(huge.sum().over("class").alias("huge"), pl.len().over("class").alias("boxes"))
            .filter(huge & (pl.col("boxes") >= self.least) & (pl.col("huge") <= self.usual * pl.col("boxes")))
            .select(
                *PLACE,
                pl.col("class").alias("subject"),
                "covered",
                "huge",
                "boxes",
                pl.col("covered").alias("score"),
                record().alias("record"),
            )
        )
        return found
