"""The rule `label-encoding`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class LabelEncoding(Rule):
    """Label files with odd encoding: byte order marks, bytes that are not UTF-8, stray spaces, mixed separators.

    ## What it does
    Flags label files that start with a byte order mark, are UTF-16 or hold bytes that are not UTF-8, paths with spaces
    around them or with backslashes, and class names with spaces around them.

    ## Why is this bad?
    Programs differ in what they accept. A byte order mark becomes part of the first column's name, `cat ` becomes a
    class of its own, and a path with backslashes works on Windows only.

    ## Example
    `fixtures/label-encoding/bad/labels.csv` starts with a byte order mark, as spreadsheets write it.
    `fixtures/label-encoding/good` is plain UTF-8.

    ## When not to use it
    When every program that reads the file is known to expect its encoding.
    """

    code, name, since = "DL410", "label-encoding", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.PROBLEMS,)
    fixable = True
    message = "{reason}; expected {expected}"
    hint = "save it as UTF-8 without BOM, and trim the cells"
    key = ("reason",)
    per_image = False
    said_once = True
    fact = ("reason",)

    def check(self, data: Dataset) -> LazyFrame:
        """Problems of encoding, and the first record of each class with outer spaces."""
        columns = ("file", "line", "column", "pointer", "reason", "expected")
        found = data.problems.filter(pl.col("kind") == "encoding").select(columns)
        spaced = (
            data.labels.filter(pl.col("file").is_not_null() & (pl.col("class").str.strip_chars() != pl.col("class")))
            .group_by("file", "class", maintain_order=True)
            .agg(pl.col("line").first(), pl.col("pointer").first(), pl.len().alias("count"))
            .with_columns(
                pl.lit(None, pl.UInt32).alias("column"),
                pl.format("outer spaces in {} labels of the class '{}'", "count", "class").alias("reason"),
                pl.lit("class names without outer spaces").alias("expected"),
            )
            .select(columns)
        )
        return pl.concat([found, spaced])
