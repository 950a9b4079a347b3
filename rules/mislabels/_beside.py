"""Where a doubtful label stands, and what lies beside it, so that a person can compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import Expr

    from datalint import Dataset

_NEAR = ("near_given", "near_suggested")
_SIDES = ("x", "y", "w", "h")


def are_objects(data: Dataset) -> bool:
    """Whether the probe was asked about objects in the images."""
    return data.probe_outcome is not None and data.probe_outcome.noun == "object"


def have_several(data: Dataset) -> bool:
    """Whether it was asked about each label of images with several."""
    return data.probe_outcome is not None and data.probe_outcome.noun == "label"


def doubted(data: Dataset, seems: str) -> Expr:
    """The column `said`: what the label says, and what the image, or the object, `seems` to be ("looks like")."""
    plain = pl.format(f"labelled {{}}, {seems} {{}}", "given", "suggested")
    if have_several(data):
        has = pl.format(f"has the label {{}}, {seems} an image without it", "label")
        lacks = pl.format(f"lacks the label {{}}, {seems} an image with it", "label")
        plain = pl.when(pl.col("given") == pl.col("label")).then(has).otherwise(lacks)
    return plain.alias("said")


def which(data: Dataset) -> list[Expr]:
    """`place`, and of images with several labels the label, as the text that their findings are told apart by."""
    return [*place(data), pl.col("label").alias("record")] if have_several(data) else place(data)


def place(data: Dataset) -> list[Expr]:
    """The columns that say where an image is; or an object: its place in the label file and in the image, and the text
    of its record, which is what its finding's identity is made of."""
    if not are_objects(data):
        return [pl.col("path")]
    record = pl.concat_str(pl.col("given").fill_null("?"), *(pl.col(side).round(1) for side in _SIDES), separator=" ")
    return [pl.col("path", "file", "line", "pointer", *_SIDES), record.alias("record")]


def beside(data: Dataset) -> list[Expr]:
    """The columns `near_given` and `near_suggested` of the table `probe`, with paths in place of row numbers.

    Of objects also `near_given_boxes` and `near_suggested_boxes`: x, y, w, h of each.
    """
    table = data.table("probe")

    def of(name: str, values: Expr) -> Expr:
        return pl.col(name).list.eval(values.gather(pl.element()))

    columns = [of(name, pl.lit(table["path"])) for name in _NEAR]
    if are_objects(data):
        boxes = pl.lit(table.select(pl.concat_list(_SIDES)).to_series())
        columns += [of(name, boxes).alias(f"{name}_boxes") for name in _NEAR]
    return columns
