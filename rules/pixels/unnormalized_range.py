"""The rule `unnormalized-range`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.pixels._lost_range import lost_range
from datalint.rules.pixels._nature import with_nature

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset

_HINT_LOST = "write it again from its source, times 255; if it is a mask, move it out of the images or exclude it"
_HINT_DEPTH = "scale by the depth that the samples have, or write the images again with their full range"
_HINT_DEEP = "divide the samples by 65535 before converting, or write the images again in 8 bit"
#: Images from which the depth of a camera or scanner is known by the largest sample.
LEAST = 8
#: Depths that cameras, scanners and DICOM store in 16 bits.
DEPTHS = (10, 12, 14)
#: From here on 14 bits are told from other numbers, such as distances in mm: the largest sample is nearly the limit.
NEARLY_FULL = 0.95


class UnnormalizedRange(Rule):
    """Images whose range of values disagrees with the rest, or with their type.

    ## What it does
    Flags 8-bit images that hold nothing but 0 and 1, or 0 to 3 after JPEG, which is what saving a picture in [0, 1]
    leaves; an error where most of a folder is like this, but not of a folder of masks. Also 16-bit images among 8-bit
    ones, 16-bit images that fill only 8, 10, 12 or 14 of their bits, a dataset that is 16-bit grey throughout, and
    floating-point images with values outside [0, 1].

    ## Why is this bad?
    A picture in [0, 1] that was saved as 8 bit is black to every loader and lost: only 0 and 1 are left of it.
    Dividing by 255 makes a 16-bit image 257 times too bright, dividing 12 bits by 65535 makes it almost black, and
    Pillow's `convert("RGB")` clips 16-bit grey at 255.

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
        lost = lost_range(data).lazy().with_columns(lost=pl.lit(value=True))
        deep_grey = sixteen & (pl.col("colours") == 1)
        images = data.readable.join(lost, on="image", how="left", maintain_order="left").with_columns(
            pl.col("lost", "lossy", "written").fill_null(value=False),
            (sixteen & (eight.sum() > 0) & (sixteen.mean() <= self.share)).alias("deep"),
            (sixteen & pl.col("high").is_between(1, 255)).alias("shallow"),
            pl.when(sixteen).then(_depth(pl.col("high").filter(sixteen).max(), sixteen.sum())).alias("depth"),
            pl.col("high").filter(sixteen).max().cast(pl.Int64).alias("most"),
            (deep_grey & deep_grey.all() & (pl.len() >= LEAST)).alias("throughout"),
            (real & ((pl.col("low") < 0) | (pl.col("high") > 1))).alias("outside"),
        )
        fact, hint = self._said()
        found = images.with_columns(fact.alias("fact"), hint.alias("hint")).filter(pl.col("fact").is_not_null())
        columns = ("path", "fact", "low", "high")
        # Where most images hold physical units, that is intended; the others are faults however many they are.
        units = with_nature(data, found.filter("outside").select(columns), self.severity, self.hint)
        severity = pl.when("written").then(pl.lit(Severity.ERROR)).otherwise(pl.lit(self.severity))
        rest = found.filter(~pl.col("outside")).select(*columns, severity=severity, hint="hint")
        return pl.concat([rest, units])

    def _said(self) -> tuple[Expr, Expr]:
        """The first fact that holds of an image, and what to do."""
        saved = "a picture in [0, 1] saved as 8 bit, nearly black to every loader"
        facts: tuple[tuple[Expr, Expr, str], ...] = (
            (pl.col("lost") & pl.col("lossy"), pl.lit(f"no value above 3 of 255: {saved}"), _HINT_LOST),
            (pl.col("lost"), pl.lit(f"no values but 0 and 1 of 255: {saved}"), _HINT_LOST),
            (
                pl.col("depth").is_not_null() & ~pl.col("deep"),
                pl.format(
                    "the values fill {} of 16 bits (maximum {}): a loader that divides by 65535 sees almost black",
                    "depth",
                    "most",
                ),
                _HINT_DEPTH,
            ),
            (
                pl.col("shallow"),
                pl.format("16-bit image whose largest value is {}", pl.col("high").cast(pl.Int64)),
                self.hint,
            ),
            (pl.col("deep"), pl.lit("16-bit image among 8-bit ones"), self.hint),
            (
                pl.col("throughout"),
                pl.lit("16-bit grey, which Pillow's convert(RGB) clips at 255: almost all of it turns white"),
                _HINT_DEEP,
            ),
            (
                pl.col("outside"),
                pl.format(
                    "floating-point values from {} to {}, outside [0, 1]",
                    pl.col("low").round(3),
                    pl.col("high").round(3),
                ),
                self.hint,
            ),
        )
        fact = pl.coalesce(*(pl.when(holds).then(text) for holds, text, _ in facts))
        return fact, pl.coalesce(*(pl.when(holds).then(pl.lit(hint)) for holds, _, hint in facts))


def _depth(most: Expr, images: Expr) -> Expr:
    """How many bits the largest of many samples of 16 bits needs, where it is one of DEPTHS; else null."""
    fits = [
        pl.when((most < 2**depth) & (most > (2**depth * NEARLY_FULL if depth == max(DEPTHS) else 255))).then(
            pl.lit(depth)
        )
        for depth in DEPTHS
    ]
    return pl.when(images >= LEAST).then(pl.coalesce(*fits))
