"""The rule `missing-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class MissingImage(Rule):
    """Images that a label file names and that are not there.

    ## What it does
    Flags every image that a label file names and that does not exist under the dataset's root, at the first record
    about it. A file whose name only differs in the case of letters is used, and `label-syntax` reports the name.
    Where no record at all names an existing image, `empty-dataset` reports it.

    ## Why is this bad?
    The loader stops in the middle of an epoch, or skips the record: you train on less data than the label file says.

    ## Example
    `fixtures/missing-image/bad/labels.csv` names `images/gone.jpg`. In `fixtures/missing-image/good` it is there.

    ## When not to use it
    When you scan a sample of a dataset together with the labels of all of it.
    """

    code, name, since = "DL402", "missing-image", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.FILES, Need.PROBLEMS)
    message = "a label file names this image, but it is not there"
    hint = "add the image, correct its name, or delete the label"
    unit = "named image"
    said_once = True
    group_message = "{who} are not there"
    group_hint = "add the images, correct their names, or delete the labels"

    def check(self, data: Dataset) -> DataFrame:
        """Records without an image, unless all of them are."""
        named = data.described.filter(pl.col("path").is_not_null() & pl.col("file").is_not_null()).collect()
        missing = named.filter(pl.col("image").is_null())
        if missing.height == named.height:
            missing = missing.clear()
        first = missing.unique(["path", "file"], keep="first", maintain_order=True)
        return first.select("path", "file", "line", "pointer")
