"""Columns of lists, made from the numbers of all of them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def split(values: pl.Series, lengths: NDArray[np.int64]) -> pl.Series:
    """Lists of those lengths, which add up to that of `values`: the first ones, the next ones, and so on."""
    filled = lengths > 0
    number = np.repeat(np.arange(len(lengths), dtype=np.uint32), lengths)
    frame = pl.DataFrame({"number": pl.Series(number).set_sorted(), "values": values})
    found = frame.group_by("number", maintain_order=True).agg("values")["values"]
    if filled.all():
        return found
    # Groups are never empty: an empty list is put behind them.
    place = np.where(filled, np.cumsum(filled) - 1, len(found))
    return found.append(pl.Series([[]], dtype=found.dtype)).gather(place)


def of_floats(values: Sequence[Sequence[float]]) -> pl.Series:
    """A column of lists of 64-bit numbers."""
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    flat = np.fromiter(chain.from_iterable(values), np.float64, int(lengths.sum()))
    return split(pl.Series(flat), lengths)


__all__ = ["of_floats", "split"]
