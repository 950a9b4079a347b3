"""The rule `missing-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class MissingImage(Rule):
    """Labels that name an image that is not there.

    ## What it does
    Flags every record of a label file whose image does not exist under the dataset's root, letter case included.
    Where no record at all names an existing image, `empty-dataset` speaks instead.

    ## Why is this bad?
    The loader raises in the middle of an epoch, or skips the record: you train on less data than the label file says.

    ## Example
    `fixtures/missing-image/bad/labels.csv` names `images/gone.jpg`. In `fixtures/missing-image/good` it is there.

    ## When not to use it
    When you scan a sample of a dataset together with the labels of all of it.
    """

    code, name, since = "DL402", "missing-image", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.FILES, Need.LABELS)
    message = "a label names this image, and it is not there"
    hint = "add the image, correct its name, or delete the label"

    def check(self, data: Dataset) -> DataFrame:
        """Records without an image, unless all of them are."""
        labels = data.table("labels")
        missing = labels.filter(pl.col("image").is_null() & pl.col("path").is_not_null())
        if missing.height == labels.height:
            missing = missing.clear()
        return missing.select("path", "file", "line", "pointer").unique(maintain_order=True)
