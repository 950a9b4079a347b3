"""The rule `empty-dataset`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class EmptyDataset(Rule):
    """Images and labels exist, and no label belongs to an image.

    ## What it does
    Flags a dataset that has both images and labels, but no label that names one of the images.

    ## Why is this bad?
    Loaders that skip what they do not find train on nothing, with one warning at best. The usual cause is a
    wrong folder in front of the names, or another extension.

    ## Example
    `fixtures/empty-dataset/bad/labels.csv` names `photos/1.png`; the images are `images/1.jpg`.
    `fixtures/empty-dataset/good` names them.

    ## When not to use it
    When label files are scanned apart from their images, beside other pictures.
    """

    code, name, since = "DL409", "empty-dataset", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.FILES, Need.PROBLEMS)
    message = "none of the {count:,} label records names one of the {images:,} images; the first one names {named!r}"
    hint = "correct the paths in the label file, or scan the folder that they are relative to"
    per_image = False

    def check(self, data: Dataset) -> DataFrame:
        """One row for the dataset, if no label has an image."""
        named, images = data.described.filter(pl.col("file").is_not_null()).collect(), data.table("images").height
        found = named.head(1 if images and named["image"].null_count() == named.height else 0)
        return found.select(
            "file",
            "line",
            "pointer",
            pl.col("path").alias("named"),
            pl.lit(named.height).alias("count"),
            pl.lit(images).alias("images"),
        )
