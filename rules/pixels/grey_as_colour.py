"""The rule `grey-as-colour`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class GreyAsColour(Rule):
    """Grey images stored with three equal channels, among colour images.

    ## What it does
    Flags images that are stored in colour but are grey: the channels differ by less than 0.02 in 99 % of the pixels.
    If more than half of the colour images are like this, that is the dataset's nature, and it is noted once.

    ## Why is this bad?
    Where colour tells classes apart the network cannot use it here; and if one class has more grey pictures, grey
    becomes its sign. A whole dataset of grey images in three channels costs three times the memory.

    ## Example
    `fixtures/grey-as-colour/bad/cats/0.jpg`; in `fixtures/grey-as-colour/good` all pictures have colour.

    ## When not to use it
    Where black-and-white photographs belong to the subject.

    ## References
    0.02 is five levels of 255, above what JPEG's chroma rounding leaves on a grey picture.
    """

    code, name, since = "DL308", "grey-as-colour", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "{fact}"
    hint = "store grey pictures in one channel, or remove them if they are not wanted"
    yields_to = ("flat-image",)
    said_once = True
    fact = ("fact",)
    group_message = "{who}: {fact}"

    spread = option(0.02, "The largest difference between channels that is still grey, of a range of 1.", low=0.0)
    share = option(0.5, "The share of grey pictures above which the dataset is grey by nature.", low=0.0, high=1.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Grey pictures in colour files, or one note if they are the rule."""
        images = (
            data.readable.filter(pl.col("colours") == 3)
            .with_columns((pl.col("colour_spread") < self.spread).fill_null(value=False).alias("grey"))
            .with_columns((pl.col("grey").mean() > self.share).alias("nature"))
        )
        single = images.filter(pl.col("grey") & ~pl.col("nature")).select(
            "path", pl.lit("three equal channels among colour images").alias("fact")
        )
        whole = (
            images.filter("nature")
            .select(
                pl.col("grey").sum().alias("hits"),
                pl.len().alias("total"),
                pl.col("path").filter("grey").implode().alias("members"),
            )
            .filter(pl.col("total") > 0)
            .select(
                pl.lit(None, pl.String).alias("path"),
                pl.format("{} of {} colour images have three equal channels", pl.col("hits"), pl.col("total")).alias(
                    "fact"
                ),
                "members",
            )
        )
        return pl.concat([single, whole], how="diagonal")
