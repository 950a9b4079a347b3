"""What is wrong with the label files, as their reader found it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


def problems(data: Dataset, kind: str) -> LazyFrame:
    """The problems of one kind, with their places, `reason` and `expected`."""
    found = data.problems.filter(pl.col("kind") == kind)
    return found.select("path", "file", "line", "column", "pointer", "reason", "expected")
