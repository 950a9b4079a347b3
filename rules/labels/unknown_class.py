"""The rule `unknown-class`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules._degree import above

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UnknownClass(Rule):
    """Labels of a class that is not declared.

    ## What it does
    Compares the classes of all labels with those that the config declares (`classes = ["cat", "dog"]`), letter by
    letter, and flags each class that is not among them.

    ## Why is this bad?
    A loader that maps names to numbers stops at such a label, or gives it a number of its own: the model gets an
    output that nobody planned.

    ## Example
    `fixtures/unknown-class/bad/datalint.toml` declares cats and dogs; `labels.csv` says `dogz` in line 5.
    `fixtures/unknown-class/good` says `dogs`.

    ## When not to use it
    Where names are not fixed in advance: leave `classes` out of the config, and there is nothing to compare.
    """

    code, name, since = "DL404", "unknown-class", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.ANNOTATIONS, Need.CLASSES)
    message = "the class {subject} is not declared (labels with it: {count:,})"
    hint = "correct the label, or declare the class"
    per_image = False
    groups = False

    def check(self, data: Dataset) -> LazyFrame:
        """Classes of labels that the config does not name, with the first place of each."""
        known = list(data.declared.classes)
        strange = data.annotations.filter(pl.col("class").is_not_null() & ~pl.col("class").is_in(known) & bool(known))
        return (
            strange.group_by(pl.col("class").alias("subject"), maintain_order=True)
            .agg(pl.len().alias("count"), pl.col("file").first(), pl.col("line").first(), pl.col("pointer").first())
            .with_columns(above(pl.col("count") + 1, 1.0))
            .sort("subject")
        )
