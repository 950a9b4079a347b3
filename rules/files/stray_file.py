"""The rule `stray-file`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: Kinds of skipped files that nobody put there as part of the dataset.
STRAY = ("not-an-image", "hidden", "system", "special")

#: Files that belong to Git, and are in a folder on purpose.
KEPT = ("/.gitkeep", "/.gitignore", "/.gitattributes", "/.keep")


class StrayFile(Rule):
    """Files in class folders that are not images.

    ## What it does
    Flags every file in a class folder that is neither an image nor a label file: PDFs, `.DS_Store`, `Thumbs.db`,
    editors' leftovers.

    ## Why is this bad?
    A loader that takes every file of a folder fails on it; one that filters by extension shows a count that differs
    from the folder's. A PDF or a video among images is often an image that somebody meant to add.

    ## Example
    `fixtures/stray-file/bad/cats/notes.pdf` and `fixtures/stray-file/bad/cats/Thumbs.db`;
    `fixtures/stray-file/good` has the same pictures and nothing else.

    ## When not to use it
    Where class folders hold side files on purpose: `exclude = ["**/*.pdf"]`.
    """

    code, name, since = "DL108", "stray-file", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.FILES,)
    message = "stray file in a class folder: {reason}"
    hint = "move it out of the class folder, or delete it"
    unit = "file"
    said_once = True
    fact = ("reason",)
    group_message = "{count:,} stray files{of} in class folders: {reason}"
    group_hint = "move them out of the class folders, or delete them"

    def check(self, data: Dataset) -> LazyFrame:
        """Skipped files that lie in class folders."""
        kept = pl.any_horizontal(pl.col("path").str.ends_with(name) for name in KEPT)
        kept |= pl.col("path").str.contains(r"(?s)(^|/)\._[^/]*$")  # what apple-double speaks of
        return data.skipped.filter(pl.col("in_class") & pl.col("kind").is_in(STRAY) & ~kept).select("path", "reason")
