"""The column of a label table that says which split an image is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.dataset.containers import columns
from datalint.dataset.files import splits

if TYPE_CHECKING:
    import polars as pl

    from datalint.config.settings import Config

_MOST = 12  # splits that there may be under a name that can mean anything


def choose(frame: pl.DataFrame, config: Config) -> str | None:
    """The column that the config names, if it is there; else one with such a name.

    Where the name can mean other things (`usage`, `set`), most of its different cells must name a split, or, in a
    column `fold`, all be whole numbers.
    """
    if config.split_column is not None:
        return config.split_column if config.split_column in frame.columns else None
    ranked = columns.ranked(frame.columns, columns.SPLIT)
    return next((name for name in ranked if _names_splits(columns.plain(name), frame[name])), None)


def _names_splits(name: str, cells: pl.Series) -> bool:
    if name in columns.CLEAR_SPLIT:
        return True
    different = cells.drop_nulls().str.strip_chars().unique()
    if len(different) > _MOST:
        return False
    if name == "fold" and different.str.contains(r"^\d+$").all():
        return True
    return 2 * sum(splits.read(cell) is not None for cell in different) > len(different)
