"""The rule `class-imbalance`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class ClassImbalance(Rule):
    """The largest class has many times the images of the smallest.

    ## What it does
    Counts the images of each class (of the train split, if there is one) and flags the dataset if the largest count
    over the smallest is above `ratio`. Classes without an image are `empty-class`.

    ## Why is this bad?
    A model that never says the small class is almost right, and plain accuracy hides it.

    ## Example
    `fixtures/class-imbalance/bad` holds 24 cats and 2 dogs. `fixtures/class-imbalance/good` holds 3 of each.

    ## When not to use it
    Where the imbalance is the nature of the task and the training weighs for it: raise `ratio`.

    ## References
    There is no agreed limit: DataEval's flow says 5, Datumaro 50, CVFlow 100 (largest over smallest), cleanlab a tenth
    of the even share. 10 is the mildest of the factors (10, 50, 100) at which Cui et al., Class-Balanced Loss Based on
    Effective Number of Samples (CVPR 2019), measure harm.
    """

    code, name, since = "DL501", "class-imbalance", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.LABELS,)
    message = (
        "{subject} has {count} images, {largest} has {most}: {ratio:.1f} times as many; "
        "{below} of {classes} classes are below the limit of 1:{limit:g}"
    )
    hint = "collect more of the small classes, or weigh the classes in training"
    per_image = False

    ratio = option(10.0, "Largest count over smallest count that is still accepted.", low=1.0)

    def check(self, data: Dataset) -> DataFrame:
        """One row: the smallest class against the largest."""
        labels = data.labels.filter(pl.col("image").is_not_null() & pl.col("class").is_not_null())
        if data.table("splits").filter(pl.col("split") == "train").height:
            train = data.splits.filter(pl.col("split") == "train").select("image")
            labels = labels.join(train, on="image", how="semi")
        counts = (
            labels.group_by("class").agg(pl.col("image").n_unique().alias("count")).sort("count", "class").collect()
        )
        ratio = pl.col("most") / pl.col("count")
        return (
            counts.select(
                pl.col("class").alias("subject"),
                pl.col("count"),
                pl.col("class").last().alias("largest"),
                pl.col("count").last().alias("most"),
                pl.len().alias("classes"),
                (pl.col("count").last() / pl.col("count") > self.ratio).sum().alias("below"),
                pl.lit(self.ratio).alias("limit"),
            )
            .head(1)
            .with_columns(ratio.alias("ratio"))
            .filter(pl.col("ratio") > self.ratio)
        )
