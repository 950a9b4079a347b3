"""The rule `class-imbalance`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.balance._counts import counted

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class ClassImbalance(Rule):
    """The largest class has many times the images, or objects, of the smallest.

    ## What it does
    Counts the images of each class (of the train split, if there is one) and flags the dataset if the largest count
    over the smallest is above `ratio`. Where objects in the images are labelled, they are also counted, and the less
    even of the two counts is reported. Classes without an image are left to `empty-class`.

    ## Why is this bad?
    A model that never predicts the small class is almost always right, and plain accuracy hides that.

    ## Example
    `fixtures/class-imbalance/bad` holds 24 cats and 2 dogs. `fixtures/class-imbalance/good` holds 3 of each.

    ## When not to use it
    Where the imbalance is part of the task and the training corrects for it: raise `ratio`.

    ## References
    There is no agreed limit: DataEval's flow says 5, Datumaro 50, CVFlow 100 (largest over smallest), cleanlab a tenth
    of the even share. 10 is the mildest of the factors (10, 50, 100) at which Cui et al., Class-Balanced Loss Based on
    Effective Number of Samples (CVPR 2019), measure harm.
    """

    code, name, since = "DL501", "class-imbalance", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.ANNOTATIONS,)
    message = (
        "{count:,} vs {most:,} {unit} ({ratio:,.0f}x): {subject} is the smallest class, {largest} the largest; "
        "below the limit of 1:{limit:g}: {below} of {classes} classes"
    )
    hint = "collect more images of the small classes, or weight the classes in training"
    per_image = False

    ratio = option(10.0, "The largest count over the smallest count that is still accepted.", low=1.0)

    def check(self, data: Dataset) -> DataFrame:
        """One row: the smallest class against the largest, by images or by objects, whichever are less even."""
        records = data.annotations
        if data.table("splits").filter(pl.col("split") == "train").height:
            train = data.splits.filter(pl.col("split") == "train").select("image")
            records = records.join(train, on="image", how="semi")
        counts = counted(records).collect()
        rows = [self._extremes(counts, "images", "images")]
        if data.table("labels").is_empty():
            rows.append(self._extremes(counts, "labels", "objects"))
        return pl.concat(rows).filter(pl.col("ratio") > self.ratio).sort("ratio", descending=True).head(1)

    def _extremes(self, counts: DataFrame, column: str, unit: str) -> DataFrame:
        """Smallest and largest class by a column of `counts`."""
        ordered = counts.select("class", pl.col(column).alias("count")).sort("count", "class")
        most = pl.col("count").last()
        return ordered.select(
            pl.col("class").alias("subject"),
            pl.col("count"),
            pl.lit(unit).alias("unit"),
            pl.col("class").last().alias("largest"),
            most.alias("most"),
            pl.len().alias("classes"),
            (most / pl.col("count") > self.ratio).sum().alias("below"),
            pl.lit(self.ratio).alias("limit"),
            (most / pl.col("count")).alias("ratio"),
        ).head(1)
