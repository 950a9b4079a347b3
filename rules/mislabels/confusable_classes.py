"""The rule `confusable-classes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.mislabels._beside import are_objects

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: How many images of either class a finding names: those that the probe gives to the other class most surely.
EXAMPLES = 3


class ConfusableClasses(Rule):
    """Pairs of classes that the probe cannot tell apart, though it can tell others.

    ## What it does
    Counts, for each pair of classes, the images of either that the probe gives to the other, out of sample. Flags
    the pair when that share reaches 0.4 of the images that it gives to one of the two: 0.5 is what guessing between the
    two would give. A finding names images of either class that the probe gives to the other most surely. Where
    boxes and polygons have the classes, these are counted.

    ## Why is this bad?
    Two classes that a model mixes up freely may be one class under two names, or were labelled without a clear rule.

    ## Example
    `fixtures/confusable-classes/bad` has rings and circles, the same kind of drawing in both, and crosses.
    In `fixtures/confusable-classes/good` the classes differ.

    ## When not to use it
    When classes differ in fine detail that a small picture does not show: then the probe cannot judge.
    """

    code, name, since = "DL904", "confusable-classes", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.LOW
    needs = (Need.PROBE, Need.ANNOTATIONS)
    per_image = False
    message = (
        "the probe mixes up the two classes in {exchanged:,} of {together:,} labels ({share:.0%}; guessing gives 50 %)"
    )
    hint = "compare the two classes, then merge them or make the labelling rule clearer"
    scope = "class"

    share = option(
        0.4, "The least share of exchanged images; guessing between the two classes gives 0.5.", low=0.0, high=1.0
    )
    minimum = option(20, "The least number of images of the pair that the probe gives to one of the two.", low=1)

    def check(self, data: Dataset) -> LazyFrame:
        """Pairs with a share of exchanged images of at least `share`."""
        a, b = pl.min_horizontal("given", "suggested"), pl.max_horizontal("given", "suggested")
        of_a = pl.col("given") < pl.col("suggested")
        sides = {"taken_for_b": of_a, "taken_for_a": ~of_a}
        examples = [pl.col("path").filter(one).head(EXAMPLES).alias(name) for name, one in sides.items()]
        if are_objects(data):
            box = pl.concat_list("x", "y", "w", "h")
            examples += [box.filter(one).head(EXAMPLES).alias(f"{name}_boxes") for name, one in sides.items()]
        seen = data.probe.filter((pl.col("tier") != "not-assessed") & pl.col("label").is_null())
        right = seen.filter(pl.col("given") == pl.col("suggested")).group_by("given").agg(pl.len().alias("right"))
        pairs = (
            seen.filter(pl.col("given") != pl.col("suggested"))
            .sort("p_suggested", "path", descending=[True, False], nulls_last=True)
            .group_by(a.alias("a"), b.alias("b"))
            .agg(pl.len().alias("exchanged"), *examples)
            .join(right.rename({"given": "a", "right": "right_a"}), on="a", how="left")
            .join(right.rename({"given": "b", "right": "right_b"}), on="b", how="left")
        )
        together = pl.col("exchanged") + pl.col("right_a").fill_null(0) + pl.col("right_b").fill_null(0)
        return (
            pairs.with_columns(together.alias("together"))
            .with_columns((pl.col("exchanged") / pl.col("together")).alias("share"))
            .filter((pl.col("share") >= self.share) & (pl.col("together") >= self.minimum))
            .select(
                pl.concat_str("a", pl.lit(" / "), "b").alias("subject"),
                "a",
                "b",
                "exchanged",
                "together",
                "share",
                *(example.meta.output_name() for example in examples),
                pl.col("share").clip(0, 1).alias("score"),
            )
            .sort("subject")
        )
