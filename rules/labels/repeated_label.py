"""The rule `repeated-label`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class RepeatedLabel(Rule):
    """The same label of the same image twice in one file.

    ## What it does
    Flags every record that repeats the image and the class of an earlier record of the same label file.

    ## Why is this bad?
    The image counts twice in each epoch and in each metric. When the table is split at random, one copy trains and
    the other one tests.

    ## Example
    `fixtures/repeated-label/bad/labels.csv` holds the row of `images/1.jpg` twice. `fixtures/repeated-label/good`
    holds it once.

    ## When not to use it
    Where rows are repeated on purpose, to give images more weight.
    """

    code, name, since = "DL407", "repeated-label", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.LABELS,)
    fixable = True
    message = "the label {subject} is repeated; the first one is in line {first}"
    hint = "delete the repeated record"
    unit = "label"
    said_once = True
    group_message = "{who} are repeated"
    group_hint = "delete the repeated records"

    def check(self, data: Dataset) -> LazyFrame:
        """Records of label files after the first of their kind."""
        records = data.labels.filter(pl.col("file").is_not_null() & pl.col("path").is_not_null())
        group = ("file", "path", "class")
        repeated = records.with_columns(
            pl.col("line").first().over(group).alias("first"), pl.int_range(pl.len()).over(group).alias("place")
        ).filter(pl.col("place") > 0)
        return repeated.select("path", "file", "line", "pointer", pl.col("class").alias("subject"), "first")
