"""The rule `empty-class`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class EmptyClass(Rule):
    """Class folders without an image.

    ## What it does
    Flags class folders that hold no image, in datasets whose classes are folders.

    ## Why is this bad?
    torchvision's ImageFolder refuses the whole dataset; other loaders count it as a class. The
    images were moved, excluded or never copied.

    ## Example
    `fixtures/empty-class/bad/birds` holds no image. `fixtures/empty-class/good/birds` does.

    ## When not to use it
    Delete the folder if the class is not wanted.
    """

    code, name, since = "DL503", "empty-class", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.CLASSES,)
    message = "the class folder {subject} holds no image"
    hint = "add the images of the class, or delete the folder"
    per_image = False
    scope = "class"

    def check(self, data: Dataset) -> LazyFrame:
        """Classes named by folders, without a label."""
        folders = data.classes.filter(pl.col("source") == "folder").select("class").unique()
        used = data.labels.select("class").unique()
        return folders.join(used, on="class", how="anti").select(pl.col("class").alias("subject")).sort("subject")
