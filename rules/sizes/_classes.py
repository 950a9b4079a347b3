"""Sizes that go with a class are the class's: `shortcut` says so once, and no image of it is odd among its like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: Images from which a class has a distribution of its own.
LEAST = 10


def with_class(data: Dataset) -> LazyFrame:
    """The readable images with `class`; null where there is none, or one of few images."""
    labels = data.labels.select("image", "class").drop_nulls().unique("image", keep="first")
    enough = pl.when(pl.len().over("class") >= LEAST).then("class")
    return data.readable.join(labels, on="image", how="left", maintain_order="left").with_columns(enough.alias("class"))
