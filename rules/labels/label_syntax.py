"""The rule `label-syntax`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class LabelSyntax(Rule):
    """Records of a label file that cannot be used.

    ## What it does
    Flags every record that datalint had to leave out: a line that cannot be parsed, a row with too few or too many
    fields, an empty label. It also flags paths that are absolute or lead outside the dataset, as another machine
    wrote them, and names whose letters differ in case from the file's: the image is looked for by the last parts of
    the path and whatever the case, and the record is used if there is one. The place is file, line and, where it is
    known, column.

    ## Why is this bad?
    Programs that read tables differ: one stops, one shifts the cells of the row, one silently drops it. An absolute
    path works on one machine only.

    ## Example
    `fixtures/label-syntax/bad/labels.csv`, line 4: three fields in a table of two columns.
    `fixtures/label-syntax/good` holds the row as it was meant.

    ## When not to use it
    While a label file is still being written. Otherwise each finding is a fault.
    """

    code, name, since = "DL401", "label-syntax", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PROBLEMS,)
    message = "{reason}; expected {expected}"
    hint = "fix the record in the label file"
    key = ("reason",)
    per_image = False
    said_once = True
    fact = ("reason",)
    group_hint = "fix the records in the label file; the exported table `members` has their places"

    def check(self, data: Dataset) -> LazyFrame:
        """Problems that cost a record, or a column."""
        lost = data.problems.filter(pl.col("kind").is_in(["syntax", "path", "duplicate-column"]))
        return lost.select("file", "line", "column", "pointer", "kind", "reason", "expected")
