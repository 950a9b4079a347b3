"""What most images of a dataset or a class have in common is its nature: a note, not a fault of each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: Images from which a dataset, or a class of one, has a nature.
LEAST = 20
LEAST_OF_CLASS = 10
_HINT = "most images of the {} are like this: ignore the rule there if that is intended"


def with_nature(data: Dataset, found: LazyFrame, severity: Severity, hint: str) -> LazyFrame:
    """`found` (path, ...) with `severity` and `hint`: notes where most images, or most of their class, are in it."""
    rows = found.collect()
    if rows.is_empty():
        return rows.lazy().with_columns(severity=pl.lit(severity), hint=pl.lit(hint))
    found = rows.lazy()
    images = data.readable.select("image", "path")
    images = images.join(found.select("path", pl.lit(value=True).alias("hit")), on="path", how="left")
    classes = data.labels.select("image", "class").drop_nulls().unique("image", keep="first")
    placed = images.join(classes, on="image", how="left").with_columns(pl.col("hit").fill_null(value=False))
    usual = (pl.len() >= LEAST) & (pl.col("hit").mean() > 0.5)
    of_class = (pl.len() >= LEAST_OF_CLASS) & (pl.col("hit").mean() > 0.5) & pl.col("class").is_not_null().all()
    natures = placed.select("path", usual.alias("usual"), of_class.over("class").alias("of_class"))
    note = pl.col("usual") | pl.col("of_class")
    return (
        found.join(natures, on="path", how="left", maintain_order="left")
        .with_columns(
            pl.when(note).then(pl.lit(Severity.NOTE)).otherwise(pl.lit(severity)).alias("severity"),
            pl.when("usual")
            .then(pl.lit(_HINT.format("dataset")))
            .when("of_class")
            .then(pl.lit(_HINT.format("class")))
            .otherwise(pl.lit(hint))
            .alias("hint"),
        )
        .drop("usual", "of_class")
    )
