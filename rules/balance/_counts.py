"""How often each class occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

#: More classes than this that share a fact are one finding.
MANY = 8
_NAMED = 3


def told_together(classes: list[str], total: int) -> str | None:
    """Who these are, of `total` classes, where they are so many that they are one finding; else None."""
    if len(classes) <= MANY:
        return None
    return f"{len(classes):,} of {total:,} classes ({', '.join(classes[:_NAMED])}, ...)"


def counted(annotations: LazyFrame) -> LazyFrame:
    """(class, images, labels) of label records; records of missing images do not count, unless all are missing."""
    there = pl.col("image").is_not_null() | pl.col("image").is_null().all()
    return (
        annotations.filter(there & pl.col("path").is_not_null() & pl.col("class").is_not_null())
        .group_by("class")
        .agg(pl.col("path").n_unique().alias("images"), pl.len().alias("labels"))
    )
