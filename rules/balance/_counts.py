"""How often each class occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame


def counted(annotations: LazyFrame) -> LazyFrame:
    """(class, images, labels) of label records; records of missing images do not count, unless all are missing."""
    there = pl.col("image").is_not_null() | pl.col("image").is_null().all()
    return (
        annotations.filter(there & pl.col("path").is_not_null() & pl.col("class").is_not_null())
        .group_by("class")
        .agg(pl.col("path").n_unique().alias("images"), pl.len().alias("labels"))
    )
