"""The rule `conflicting-labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class ConflictingLabels(Rule):
    """One image with two classes, in a dataset with one class per image.

    ## What it does
    Flags images that have several classes where an image should have one, and records that disagree with the leading
    source of labels: a row that says `dog` about a picture in the folder `cat`.

    ## Why is this bad?
    At most one of the labels is right. The loader takes whichever comes last, or trains on both.

    ## Example
    `fixtures/conflicting-labels/bad/labels.csv` says `cats` and `dogs` of `images/1.jpg`.
    `fixtures/conflicting-labels/good` says `cats`.

    ## When not to use it
    When images may have several classes: set `task = "multi"` in the config.
    """

    code, name, since = "DL408", "conflicting-labels", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.LABELS,)
    message = "the labels contradict each other: {said}"
    hint = "keep the label that is right"
    key = ("said",)
    groups = False

    def check(self, data: Dataset) -> DataFrame:
        """Images of several classes, and records that disagree with the leading source."""
        columns = ("path", "file", "line", "pointer", "said")
        disagreeing = data.problems.filter(pl.col("kind") == "disagreement").rename({"reason": "said"}).select(columns)
        if data.task != "single":
            return disagreeing.collect().clear()
        several = (
            data.labels.filter(pl.col("path").is_not_null() & pl.col("class").is_not_null())
            .filter(pl.col("path").is_duplicated())
            .group_by("path", maintain_order=True)
            .agg(
                pl.col("class").unique().sort().alias("classes"),
                *(pl.col(name).get(pl.col("class").ne(pl.col("class").first()).arg_max()) for name in columns[1:4]),
            )
            .filter(pl.col("classes").list.len() > 1)
            .with_columns(pl.col("classes").list.join(", ").alias("said"))
            .select(columns)
        )
        return pl.concat([several, disagreeing]).collect()
