"""The rule `copied-folder`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class CopiedFolder(Rule):
    """A folder that is a copy of another one.

    ## What it does
    Finds folders of which nine files in ten, at least four, lie under another folder too: at the same place below it,
    of the same size, and in a sample of 16 files byte for byte the same. That is what an archive leaves that was
    unpacked into its own folder (`chest_xray/chest_xray`), and a backup (`train - Copy`). Each copy is one finding.
    The files that both have are counted once, in the original; they are skipped in the copy.

    Splits that hold the same files are left to `split-leak`.

    ## Why is this bad?
    A loader that walks all folders takes every picture twice, or takes the copy for more classes.

    ## Example
    `fixtures/copied-folder/bad/pets/pets` is once more what `pets` is. `fixtures/copied-folder/good` is there once.

    ## When not to use it
    Where a copy is wanted: `exclude = ["backup/**"]` leaves it out.
    """

    code, name, since = "DL604", "copied-folder", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.FILES,)
    message = "the folder {subject} is a copy: {evidence}"
    hint = "delete it, after moving what only it has"
    per_image = False

    def check(self, data: Dataset) -> LazyFrame:
        """The folders that are copies."""
        copies = data.folders.filter(pl.col("role") == "copy")
        return copies.select(pl.col("path").alias("subject"), "of", "evidence").sort("subject")
