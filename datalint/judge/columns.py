"""A table of very many rows that is gathered in pieces and put in order at the end, a column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polars.datatypes import DataType, DataTypeClass


class Columns:
    """The columns of a table, in pieces. A text takes 16 bytes beside its letters, which copies of it share."""

    def __init__(self, schema: Mapping[str, DataType | DataTypeClass]) -> None:
        self._pieces = {name: [pl.Series(name, [], dtype)] for name, dtype in schema.items()}
        self.height = 0

    def add(self, rows: pl.DataFrame) -> None:
        """More rows, which have at least the columns of the schema."""
        self.height += rows.height
        for name, pieces in self._pieces.items():
            pieces.append(rows[name].cast(pieces[0].dtype))

    def __getitem__(self, name: str) -> pl.Series:
        return pl.concat(self._pieces[name])

    def by(self, keys: Sequence[str | pl.Series], ties: Sequence[str] = ()) -> pl.DataFrame:
        """The rows in order of columns, or of what stands beside them, unknown last; `ties` where those are equal.

        Nothing is left here: beside the pieces no more than one column is there twice.
        """
        ranks = [_ranks(self[key] if isinstance(key, str) else key) for key in keys]
        known = pl.DataFrame(
            [values.alias(str(at)) for at, values in enumerate(ranks) if values.null_count() < len(values)]
        )
        order = _in_order(known, self.height)
        if ties and (tied := _equal(known, order)).any():
            texts = [self[name] for name in ties]
            among = [_ranks(text.zip_with(tied, _unknown(text))) for text in texts]
            order = _in_order(known.with_columns(among), self.height)
            del among
        del known, ranks
        return pl.DataFrame([_gathered(self._pieces.pop(name), order) for name in list(self._pieces)])


def _in_order(ranks: pl.DataFrame, rows: int) -> pl.Series:
    """(rows,): the numbers of the rows in order of the columns, of which there may be none."""
    if not ranks.width:
        return pl.int_range(rows, dtype=pl.UInt32, eager=True)
    return ranks.select(pl.arg_sort_by(ranks.columns, nulls_last=True, maintain_order=True)).to_series()


def _equal(ranks: pl.DataFrame, order: pl.Series) -> pl.Series:
    """(rows,): whether another row has the same ranks; `order` is that of the ranks."""
    above = np.ones(len(order), bool)
    above[:1] = False
    for values in ranks:
        ordered = values.gather(order)
        above &= ordered.eq_missing(ordered.shift()).to_numpy()
    found = above.copy()
    found[:-1] |= above[1:]
    return pl.Series(found[np.argsort(order.to_numpy())])


def _gathered(pieces: list[pl.Series], order: pl.Series) -> pl.Series:
    # Out of many pieces lists take thirty times as long.
    values = pl.concat(pieces, rechunk=True)
    # Columns without a value are common, and one that nobody has written to takes no memory.
    return _unknown(values) if values.null_count() == len(values) else values.gather(order)


def _unknown(values: pl.Series) -> pl.Series:
    return pl.repeat(None, len(values), dtype=values.dtype, eager=True).alias(values.name)


def _ranks(values: pl.Series) -> pl.Series:
    """Numbers in the order of the values; null stays null."""
    if isinstance(values.dtype, pl.Enum):
        return values.to_physical()
    return values.rank("dense") if values.dtype == pl.String else values
