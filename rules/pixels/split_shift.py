"""The rule `split-shift`."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.pixels._lost_range import without_lost

if TYPE_CHECKING:
    from polars import DataFrame, Expr

    from datalint import Dataset


COLOUR = "red minus blue"
#: With red and blue exchanged, that property changes its sign: how far its two means may be from that, as a part of
#: their distance ...
UNLIKE = 0.2
#: ... and how far apart the brightness may be, in [0, 1]: exchanged colours are about as bright.
AS_BRIGHT = 0.12

_EXCHANGED = ", as if red and blue were exchanged in one of them"
_HINT_EXCHANGED = (
    "look at pictures of both, and exchange red and blue in the split whose colours are wrong "
    "(cv2.cvtColor, COLOR_BGR2RGB)"
)


class SplitShift(Rule):
    """Splits whose pixels differ: another brightness, contrast, colour or sharpness.

    ## What it does
    Compares the mean of four pixel statistics of every two splits, in units of their pooled standard deviation
    (Cohen's d), and reports the largest difference where it is above 0.8 and not an accident of small numbers. A
    difference in brightness, contrast or colour must also be large enough to be seen. Where the colours of one split
    are those of the other with red and blue exchanged, it says so.

    ## Why is this bad?
    A score measured on pictures unlike those trained on means little. Mostly the splits were prepared by different
    code: another resize, another normalization, another camera.

    ## Example
    In `fixtures/split-shift/bad` the test pictures are half as bright as the training pictures, whereas
    `fixtures/split-shift/good` has the same light in both.

    ## When not to use it
    Where the test split is meant to be another domain.

    ## References
    J. Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988: 0.8 is a large effect.
    """

    code, name, since = "DL312", "split-shift", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS, Need.SPLITS)
    message = (
        "{property} is {first:.3g} in {split} and {second:.3g} in {other}: {effect:.1f} standard deviations apart{like}"
    )
    hint = "prepare both splits with the same code, or split again at random"
    key = ("split", "other")
    per_image = False
    scope = "split"

    effect = option(0.8, "The smallest difference that counts, in pooled standard deviations (Cohen's d).", low=0.0)
    difference = option(0.02, "The smallest difference that counts, in [0, 1]: five grey levels of 255.", low=0.0)
    errors = option(5.0, "How many standard errors the difference must be from zero.", low=0.0)
    least = option(20, "The smallest split that is compared, in images.", low=2)

    def check(self, data: Dataset) -> DataFrame:
        """One row per pair of splits, for the property that differs most."""
        properties = {
            "brightness": pl.col("brightness"),
            "contrast": pl.col("contrast"),
            COLOUR: pl.col("mean_r") - pl.col("mean_b"),
            "sharpness": pl.col("sharpness").fill_nan(None),
        }
        moments = (
            data.splits.unique(maintain_order=True)
            .join(without_lost(data), on="image")
            .select("split", *(value.cast(pl.Float64).alias(name) for name, value in properties.items()))
            .unpivot(index="split", variable_name="property")
            .drop_nulls("value")
            .group_by("split", "property")
            .agg(pl.len().alias("n"), pl.col("value").mean().alias("mean"), pl.col("value").var().alias("variance"))
            .filter(pl.col("n") >= self.least)
            .sort("split", "property")
            .collect()
        )
        order = {"train": 0, "val": 1, "test": 2}
        splits = sorted(moments["split"].unique().to_list(), key=lambda split: (order.get(split, 3), split))
        pairs = pl.DataFrame(
            list(combinations(splits, 2)), schema={"split": pl.String, "other": pl.String}, orient="row"
        )
        variance = (pl.col("variance") + pl.col("variance_other")) / 2
        gap = (pl.col("mean") - pl.col("mean_other")).abs()
        effect = gap / variance.sqrt().clip(1e-6)
        error = (1 / pl.col("n") + 1 / pl.col("n_other")).sqrt()
        found = (
            pairs.join(moments, on="split")
            .join(moments.rename({"split": "other"}), on=["other", "property"], suffix="_other")
            .with_columns(effect.alias("effect"))
            .with_columns(_exchanged().over("split", "other").alias("exchanged"))
            .filter((pl.col("property") == "sharpness") | (gap >= self.difference))
            .filter((pl.col("effect") >= self.effect) & (pl.col("effect") >= self.errors * error))
            .sort("effect", "property", descending=[True, False])
            .unique(["split", "other"], keep="first", maintain_order=True)
        )
        exchanged = pl.col("exchanged") & (pl.col("property") == COLOUR)
        members = _members(data, found.filter(exchanged).select("split", "other"))
        return found.join(members, on=["split", "other"], how="left", maintain_order="left").select(
            pl.format("{} and {}", "split", "other").alias("subject"),
            "property",
            "split",
            "other",
            pl.col("mean").alias("first"),
            pl.col("mean_other").alias("second"),
            "effect",
            above(pl.col("effect"), self.effect),
            pl.when(exchanged).then(pl.lit(_EXCHANGED)).otherwise(pl.lit("")).alias("like"),
            pl.when(exchanged).then(pl.lit(_HINT_EXCHANGED)).otherwise(pl.lit(self.hint)).alias("hint"),
            "members",
        )


def _exchanged() -> Expr:
    """Of the rows of two splits, one a property: whether their colours are alike with red and blue exchanged."""
    colour, brightness = pl.col("property") == COLOUR, pl.col("property") == "brightness"
    first, second = pl.col("mean").filter(colour).first(), pl.col("mean_other").filter(colour).first()
    lighter = (pl.col("mean") - pl.col("mean_other")).filter(brightness).first().abs()
    return ((first + second).abs() <= UNLIKE * (first - second).abs()) & (lighter <= AS_BRIGHT)


def _members(data: Dataset, pairs: DataFrame) -> DataFrame:
    """(split, other, members): the paths of the images of two splits each."""
    placed = data.splits.unique().join(data.readable.select("image", "path"), on="image").collect()
    of_both = [
        pairs.join(placed.rename({"split": own}), on=own).select("split", "other", "path") for own in ("split", "other")
    ]
    return pl.concat(of_both).unique().sort("path").group_by("split", "other", maintain_order=True).agg(members="path")
