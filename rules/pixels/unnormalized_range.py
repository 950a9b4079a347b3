"""The rule `unnormalized-range`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.pixels._nature import with_nature

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

_HINT_BINARY = "multiply its values by 255; if it is a mask, move it out of the images or exclude it"


class UnnormalizedRange(Rule):
    """Images whose range of values disagrees with the rest, or with their type.

    ## What it does
    Flags 8-bit images whose values are all 0 or 1 while others in their folder use the range, 16-bit images among
    8-bit ones, 16-bit images whose values all fit in 8 bits, and floating-point images with values outside [0, 1]. A
    folder of binary masks is not flagged.

    ## Why is this bad?
    A picture in [0, 1] that was saved as 8 bit is black to every loader and lost: only 0 and 1 are left of it.
    Dividing by 255 makes a 16-bit image 257 times too bright, and a float image 255 times too dark.

    ## Example
    `fixtures/unnormalized-range/bad/cats/0.png`, a picture of zeros and ones. `fixtures/unnormalized-range/good`
    holds pictures that use their range.

    ## When not to use it
    For masks, whose values are class numbers, and for data in physical units (depth, temperature).
    """

    code, name, since = "DL302", "unnormalized-range", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "{fact}"
    hint = "save it again with its values scaled to the range of its type"
    yields_to = ("mixed-bit-depth",)
    said_once = True
    fact = ("fact",)
    group_message = "{who}: {fact}"

    share = option(0.5, "The largest share of images of another range that disagrees with the rest.", low=0.0, high=1.0)

    def check(self, data: Dataset) -> LazyFrame:
        """One row per image, with the first reason that holds."""
        real = pl.col("float").fill_null(value=False)
        bits = pl.col("bits").fill_null(8)
        eight, sixteen = ~real & (bits == 8), ~real & (bits == 16)
        binary = eight & (pl.col("high") == 1) & (pl.col("low") == 0)
        folder = pl.col("path").str.replace(r"(?s)[^/]*$", "")
        images = data.readable.with_columns(
            (binary & (binary.sum() <= self.share * eight.sum()).over(folder)).alias("binary"),
            (sixteen & (eight.sum() > 0) & (sixteen.mean() <= self.share)).alias("deep"),
            (sixteen & pl.col("high").is_between(1, 255)).alias("shallow"),
            (real & ((pl.col("low") < 0) | (pl.col("high") > 1))).alias("outside"),
        )
        only_outside = pl.col("outside") & ~pl.any_horizontal("binary", "shallow", "deep")
        fact = (
            pl.when("binary")
            .then(pl.lit("8-bit image whose values are all 0 or 1"))
            .when("shallow")
            .then(pl.format("16-bit image whose largest value is {}", pl.col("high").cast(pl.Int64)))
            .when("deep")
            .then(pl.lit("16-bit image among 8-bit ones"))
            .when("outside")
            .then(
                pl.format(
                    "floating-point values from {} to {}, outside [0, 1]",
                    pl.col("low").round(3),
                    pl.col("high").round(3),
                )
            )
        )
        found = images.with_columns(fact.alias("fact")).filter(pl.col("fact").is_not_null())
        columns = ("path", "fact", "low", "high")
        # Where most images hold physical units, that is intended; the others are faults however many they are.
        units = with_nature(data, found.filter(only_outside).select(columns), self.severity, self.hint)
        hint = pl.when("binary").then(pl.lit(_HINT_BINARY)).otherwise(pl.lit(self.hint))
        rest = found.filter(~only_outside).select(*columns, severity=pl.lit(self.severity), hint=hint)
        return pl.concat([rest, units])
