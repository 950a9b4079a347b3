"""Sizes that go with a class are the class's: `shortcut` says so once, and no image of it is odd among its like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

    from datalint import Dataset

#: Images from which a class has a distribution of its own.
LEAST = 10


def with_class(data: Dataset) -> LazyFrame:
    """(image, path, width, height, class) of the readable images; null for no class, or one of few images."""
    return data.once(_with_class).lazy()


def _with_class(data: Dataset) -> DataFrame:
    labels = data.labels.select("image", "class").drop_nulls().unique("image", keep="first")
    enough = pl.when(pl.len().over("class") >= LEAST).then("class")
    images = data.readable.select("image", "path", "width", "height")
    images = images.join(labels, on="image", how="left", maintain_order="left")
    return images.with_columns(enough.alias("class")).collect()
