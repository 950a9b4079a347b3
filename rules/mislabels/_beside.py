"""Which images lie beside a doubtful one, so that a person can compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import Expr

    from datalint import Dataset


def beside(data: Dataset) -> Expr:
    """The columns `near_given` and `near_suggested` of the table `probe`, with paths in place of image numbers."""
    images = data.table("images")
    path = pl.element().replace_strict(images["image"], images["path"], default=None, return_dtype=pl.String)
    return pl.col("near_given", "near_suggested").list.eval(path)
