"""Groups of copies, at the distance that a rule asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl
from datalint.rules.splits._shared import shared

if TYPE_CHECKING:
    from polars import DataFrame, Expr

    from datalint import Dataset

#: How many paths of a group a finding lists.
LISTED = 100

EXACT = ("bytes", "pixels")


#: Contrast (standard deviation of luma) of what shows nothing; equal ones are not copies of each other.
_BLANK = 0.004


def blank(data: Dataset) -> DataFrame:
    """(image) of the pictures of one tone: black slices of a volume, empty tiles."""
    return data.readable.filter(pl.col("contrast") < _BLANK).select("image").collect()


#: From so many classes on, or from so many copies in each of two, one picture is not any of them.
_PLACEHOLDER_CLASSES, _PLACEHOLDER_COPIES = 3, 4


def placeholders(data: Dataset) -> DataFrame:
    """(group, classes): groups of equal pictures that stand for missing ones, as "image unavailable" does.

    A picture that is there many times in several classes of a dataset with one class an image.
    """
    members = groups(data).join(blank(data), on="image", how="anti")
    labelled = data.labels.filter(pl.col("class").is_not_null() & (data.task == "single")).select("image", "class")
    classes = labelled.drop_nulls().unique().collect()
    counts = (
        members.join(classes, on="image")
        .group_by("group", "class")
        .agg(copies=pl.col("image").n_unique())
        .group_by("group")
        .agg(classes=pl.len(), fewest=pl.col("copies").min())
    )
    several = pl.col("classes") >= _PLACEHOLDER_CLASSES
    many = (pl.col("classes") > 1) & (pl.col("fewest") >= _PLACEHOLDER_COPIES)
    return counts.filter(several | many).select("group", "classes").sort("group")


#: The distance, in bits of 64, up to which pairs are looked for at all.
_WIDEST = 12


def groups(data: Dataset, *, near: int | None = None) -> DataFrame:
    """(image, group, path) of all images with copies; equal ones only, or near ones up to `near` bits of 64 apart.

    Of two splits with the same content only the first counts: shared-split reports the other.
    """
    if near is None or near >= _WIDEST:
        found: DataFrame = data.once(_equal if near is None else _all)
        return found
    return _grouped(data, pl.col("kind").is_in(EXACT) | (pl.col("distance") <= near))


def _equal(data: Dataset) -> DataFrame:
    return _grouped(data, pl.col("kind").is_in(EXACT))


def _all(data: Dataset) -> DataFrame:
    return _grouped(data, pl.lit(value=True))


def _grouped(data: Dataset, wanted: Expr) -> DataFrame:
    found = data.grouped(wanted)
    again = list({other for _, other in data.once(shared)})
    if again:
        own = data.table("splits").group_by("image").agg(again=pl.col("split").is_in(again).all())
        found = found.join(own.filter("again"), on="image", how="anti").filter(pl.len().over("group") > 1)
    return found.with_columns(path=data.table("images")["path"].gather(found["image"])).sort("image")
