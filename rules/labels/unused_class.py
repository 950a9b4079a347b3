"""The rule `unused-class`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UnusedClass(Rule):
    """Classes that are declared and never used.

    ## What it does
    Flags every class that the config or a label file declares and that no label uses. For a label file, only the
    labels of its own dataset count. Empty class folders are left to `empty-class`.

    ## Why is this bad?
    The model gets an output that it never learns, and metrics averaged over classes divide by one too many. Often it
    is a misspelt name, or a label file that was left out.

    ## Example
    `fixtures/unused-class/bad/datalint.toml` declares `birds`; `labels.csv` has none. `fixtures/unused-class/good`
    declares what is there.

    ## When not to use it
    When the declared list is shared by datasets that each hold a part of the classes.
    """

    code, name, since = "DL406", "unused-class", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.ANNOTATIONS, Need.CLASSES)
    fixable = True
    message = "the class {subject} is declared in {source}, but no label uses it"
    hint = "delete the class from the list, or add its images"
    per_image = False
    scope = "class"
    unit = "class"
    said_once = True
    group_message = "{who} are declared, but no label uses them: {subject}"
    group_hint = "delete the classes from the list, or add their images"

    def check(self, data: Dataset) -> LazyFrame:
        """Declared classes, folders aside, without a label."""
        unused = data.classes.filter((pl.col("source") != "folder") & ~pl.col("used"))
        file = pl.when(pl.col("source") != "config").then("source").alias("file")
        return (
            unused.select(pl.col("class").alias("subject"), "source", file)
            .unique("subject", keep="first")
            .sort("subject")
        )
