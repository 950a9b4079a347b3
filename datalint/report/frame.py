"""Tables for pandas, without pyarrow, which Polars' own `to_pandas` needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


def in_pandas(table: pl.DataFrame) -> Any:
    """A DataFrame: lists stay lists, what is missing is None, or NaN among numbers. ImportError without pandas."""
    try:
        import pandas as pd
    except ImportError:
        raise ImportError("pandas is not installed: pip install pandas") from None
    return pd.DataFrame({column.name: _values(column) for column in table})


def _values(column: pl.Series) -> Any:
    plain = column.dtype.is_numeric() and not column.null_count()
    return column.to_numpy() if plain else column.to_list()


__all__ = ["in_pandas"]
