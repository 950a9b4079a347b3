"""The rule `empty-file`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class EmptyFile(Rule):
    """Image files of zero bytes.

    ## What it does
    Flags every candidate whose size is zero. No other rule reports such a file.

    ## Why is this bad?
    The copy or the download stopped before the first byte. Most loaders stop in the middle of an epoch; those that
    skip bad files train on less data than you think.

    ## Example
    `fixtures/empty-file/bad/cats/empty.jpg`, zero bytes. `fixtures/empty-file/good` holds the picture it should be.

    ## When not to use it
    No case is known: an empty file is not an image. Remove it from the dataset if it is meant as a marker.
    """

    code, name, since = "DL103", "empty-file", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.FILES, Need.BYTES)
    message = "the file has zero bytes"
    hint = "fetch the image again, or delete the file and its label"
    group_message = "{who} have zero bytes"
    group_hint = "fetch the images again, or delete the files and their labels"

    def check(self, data: Dataset) -> LazyFrame:
        """Candidates of size zero."""
        return data.images.filter((pl.col("bytes") == 0) & pl.col("link").ne_missing("dangling")).select("path")
