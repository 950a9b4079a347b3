"""The rule `unlabeled-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class UnlabeledImage(Rule):
    """Images without a label.

    ## What it does
    Flags images that no label file names, in datasets and splits where others are named. An image that is named
    without any object in it (an empty label file, an image of a COCO file without annotations) counts as labelled:
    there is nothing in it. So does one with a record of captions in a `metadata.jsonl` of Hugging Face. A test
    split without any label is left alone: whoever holds a contest keeps them secret. Train and val without any,
    where another split has some, are one finding each. Where there are splits, an image in none of them is judged
    by its folder. Datasets with several classes per image are also left alone: there, no class is a valid label.

    ## Why is this bad?
    Loaders that start from the label file never see these images. Someone collected and stored them for nothing, or
    their labels were lost.

    ## Example
    `fixtures/unlabeled-image/bad/images/4.jpg` is in no row of `labels.csv`. In `fixtures/unlabeled-image/good` each
    image has a row.

    ## When not to use it
    For semi-supervised training, where images without labels are wanted.
    """

    code, name, since = "DL403", "unlabeled-image", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.FILES, Need.NAMED)
    message = "{what}"
    hint = "{todo}"
    said_once = True
    group_message = "{who} have no label"
    group_hint = "label the images, or move them out of the dataset"

    def check(self, data: Dataset) -> DataFrame:
        """Images that no record is about, in splits where some have one; and splits without any record."""
        labelled = data.described.select("image").drop_nulls().unique().collect()["image"]
        images = data.table("images").select("image", "path")
        if labelled.is_empty():
            return images.clear().select("path", subject=pl.lit(None, pl.String), what=pl.lit(""), todo=pl.lit(""))
        placed = images.join(data.table("splits"), on="image", how="left", maintain_order="left").with_columns(
            pl.col("image").is_in(labelled.implode()).alias("labelled")
        )
        any_labelled = pl.col("labelled").any()
        if data.table("splits").height:
            # What has no split of its own is judged by its folder: test images lie apart from those that a table names.
            placed = placed.with_columns(pl.col("path").str.extract(r"^(.*)/").fill_null("").alias("folder"))
            by_folder, by_split = any_labelled.over("folder"), any_labelled.over("split")
            any_labelled = pl.when(pl.col("split").is_null()).then(by_folder).otherwise(by_split)
        single = placed.filter(~pl.col("labelled") & any_labelled).select("path").unique(maintain_order=True)
        bare = placed.filter(~any_labelled & pl.col("split").is_in(["train", "val"]))
        splits = bare.group_by("split", maintain_order=True).agg(pl.col("path").head(3).alias("examples"), pl.len())
        return pl.concat(
            [
                single.select(
                    "path",
                    what=pl.lit("the image has no label" if data.has_labels() else "no record is about the image"),
                    todo=pl.lit("label the image, or move it out of the dataset"),
                ),
                splits.select(
                    "examples",
                    subject="split",
                    what=pl.format("none of the {} images of the split {} has a label", "len", "split"),
                    todo=pl.lit("sort them into class folders, or give a file with their labels, as for the others"),
                ),
            ],
            how="diagonal",
        )
