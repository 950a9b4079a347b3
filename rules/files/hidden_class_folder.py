"""The rule `hidden-class-folder`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class HiddenClassFolder(Rule):
    """Hidden and system folders with images among the class folders.

    ## What it does
    Flags folders such as `.ipynb_checkpoints`, `__MACOSX` and `@eaDir` that lie beside class folders and hold files
    with the extension of an image. datalint does not enter them; it only counts.

    ## Why is this bad?
    torchvision's ImageFolder, and loaders written like it, take every folder for a class, hidden or not. The model gets
    one class too many, all class numbers after it shift, and the files may be thumbnails, or no images at all.

    ## Example
    `fixtures/hidden-class-folder/bad/.checkpoints` holds a picture. `fixtures/hidden-class-folder/good` has no such
    folder.

    ## When not to use it
    Where the loader is known to leave such folders out.

    ## References
    `find_classes` of torchvision: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html
    """

    code, name, since = "DL114", "hidden-class-folder", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.FILES, Need.LABELS)
    message = (
        "{subject} lies among the class folders, with {images} named like images: ImageFolder takes it for a class"
    )
    hint = "delete it, or move it out of the folder of classes"
    per_image = False

    def check(self, data: Dataset) -> LazyFrame:
        """Folders that were not entered, beside classes."""
        hidden = data.folders.filter(pl.col("role") == "hidden")
        files = pl.when(pl.col("images") == 1).then(pl.lit("1 file")).otherwise(pl.format("{} files", "images"))
        return hidden.select(pl.col("path").alias("subject"), files.alias("images")).sort("subject")
