"""The rule `missing-dvc-data`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: How many of the files one finding names.
MOST_EXAMPLES = 20


class MissingDvcData(Rule):
    """DVC pointers whose data were not fetched.

    ## What it does
    Looks for files `NAME.dvc` beside which there is no file and no folder `NAME`. They have one cause and one remedy:
    there is one finding for the whole dataset, with their number and the first of their names.

    ## Why is this bad?
    The repository was cloned without its data. What was scanned is not the dataset, or only a part of it.

    ## Example
    `fixtures/missing-dvc-data/bad/val.dvc` without a folder `val`. `fixtures/missing-dvc-data/good` holds both.

    ## When not to use it
    Where only a part is fetched on purpose.

    ## References
    Files with the suffix .dvc: https://dvc.org/doc/user-guide/project-structure/dvc-files
    """

    code, name, since = "DL115", "missing-dvc-data", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.SKIPPED,)
    message = "what {first} points to is not here{others}"
    hint = "run dvc pull"
    per_image = False

    def check(self, data: Dataset) -> LazyFrame:
        """One row if there is any such file."""
        pointers = data.skipped.filter(pl.col("kind") == "dvc-pointer").sort("path")
        return (
            pointers.select(
                pl.col("path").first().alias("first"),
                pl.col("path").head(MOST_EXAMPLES).implode().alias("examples"),
                pl.len().alias("count"),
            )
            .select(
                "first",
                "examples",
                "count",
                others=pl.when(pl.col("count") == 1)
                .then(pl.lit(""))
                .otherwise(pl.format(", nor is what {} other files of DVC point to", pl.col("count") - 1)),
            )
            .filter(pl.col("count") > 0)
        )
