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


#: What torchvision's ImageFolder takes for an image.
OPENED = r"(?i)\.(?:jpe?g|png|ppm|bmp|pgm|tiff?|webp)$"


class StrayFile(Rule):
    """Files in class folders that are not images.

    ## What it does
    Flags every file in a class folder that is neither an image nor a label file: PDFs, `.DS_Store`, `Thumbs.db`,
    editors' leftovers. Hidden and system files that are named like an image are warnings; the
    `._cat.jpg` of macOS are left to `apple-double`.

    ## Why is this bad?
    A loader that takes every file of a folder fails on it; one that filters by extension shows a count that differs
    from the folder's. A PDF or a video among images is often an image that somebody meant to add.
    Loaders that go by the extension, as torchvision's `ImageFolder` does, also open hidden files: what an editor or a
    crashed copy left becomes a training image, or ends the training.

    ## Example
    `fixtures/stray-file/bad/cats/notes.pdf` and `fixtures/stray-file/bad/cats/Thumbs.db`;
    `fixtures/stray-file/good` has the same pictures and nothing else.

    ## When not to use it
    Where class folders hold side files on purpose: `exclude = ["**/*.pdf"]`.

    ## References
    torchvision's `IMG_EXTENSIONS` (torchvision/datasets/folder.py): the extensions that `ImageFolder` opens.
    """

    code, name, since = "DL108", "stray-file", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.FILES,)
    message = "stray file in a class folder: {reason}"
    hint = "move it out of the class folder, or delete it"
    unit = "file"
    said_once = True
    fact = ("reason",)
    group_message = "{count:,} stray files in class folders{of}: {reason}"

    def check(self, data: Dataset) -> LazyFrame:
        """Skipped files that lie in class folders."""
        kept = pl.any_horizontal(pl.col("path").str.ends_with(name) for name in KEPT)
        kept |= pl.col("path").str.contains(r"(?s)(^|/)\._[^/]*$")  # what apple-double speaks of
        found = data.skipped.filter(pl.col("in_class") & pl.col("kind").is_in(STRAY) & ~kept)
        opened = pl.col("kind").is_in(["hidden", "system"]) & pl.col("path").str.contains(OPENED)
        return found.select(
            "path",
            pl.when(opened)
            .then(pl.format("{}; loaders that go by the extension, such as ImageFolder, open it", "reason"))
            .otherwise("reason")
            .alias("reason"),
            pl.when(opened)
            .then(pl.lit(Severity.WARNING.value))
            .otherwise(pl.lit(self.severity.value))
            .alias("severity"),
            pl.when(opened)
            .then(pl.lit("delete such files, or rename them if they are images of the class"))
            .otherwise(pl.lit(self.hint))
            .alias("hint"),
        )
