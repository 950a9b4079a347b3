"""The rule `empty-class`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class EmptyClass(Rule):
    """Class folders without an image that can be read.

    ## What it does
    Flags class folders that hold no image, in datasets whose classes are folders; and as a warning those of whose
    files a quarter or more may be pictures of a kind that is not read (DICOM, arrays, cameras' raw files), without an
    image of the same name beside them.

    ## Why is this bad?
    torchvision's ImageFolder refuses the whole dataset if a folder holds no image; other loaders count it as a class.
    The images were moved, excluded, never copied, or a conversion stopped half-way.

    ## Example
    `fixtures/empty-class/bad/birds` holds no image. `fixtures/empty-class/good/birds` does.

    ## When not to use it
    Delete the folder if the class is not wanted.
    """

    code, name, since = "DL503", "empty-class", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.CLASSES,)
    message = "the class folder {subject} holds {what}"
    hint = "{todo}"
    per_image = False
    scope = "class"

    unread = option(0.25, "The least share of unread files of a class that is reported.", low=0.0, high=1.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Classes named by folders, without a label, or with many files that are not read."""
        folders = data.classes.filter(pl.col("source") == "folder").select("class").unique()
        of_folders = data.folders.filter(pl.col("role") == "class").group_by(pl.col("of").alias("class"))
        files = of_folders.agg(pl.col("images", "unread").sum(), pl.col("extension").drop_nulls().first())
        used = data.labels.select("class").unique().with_columns(used=True)
        classes = folders.join(files, on="class", how="left").join(used, on="class", how="left")
        empty, unread = pl.col("used").is_null(), pl.col("unread").fill_null(0)
        half_read = unread >= self.unread * (unread + pl.col("images"))
        lost = pl.format("{} files that are not read, of the kind .{}", "unread", "extension")
        return (
            classes.filter(empty | ((unread > 0) & half_read))
            .with_columns(
                what=pl.when(empty & (unread == 0))
                .then(pl.lit("no image"))
                .when(empty)
                .then(pl.format("no image that is read, but {}", lost))
                .otherwise(pl.format("{} images and {}", "images", lost)),
                todo=pl.when(unread == 0)
                .then(pl.lit("add the images of the class, or delete the folder"))
                .otherwise(pl.lit("convert the files to PNG or another format that is read")),
                severity=pl.when(empty).then(pl.lit("error")).otherwise(pl.lit("warning")),
            )
            .select(pl.col("class").alias("subject"), "what", "todo", "severity")
            .sort("subject")
        )
