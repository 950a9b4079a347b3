"""Rows of the objects that structured values hold: records may hold many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.dataset.containers.records import Place, Problem
from datalint.dataset.formats.tables import box_columns
from datalint.dataset.formats.tables.box_table import EDGES, ROWS
from datalint.dataset.formats.tables.box_values import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.formats.tables.box_values import Thing

#: What an object says itself; the other columns of a row are those of its record, the `order`-th.
_OBJECT = pl.Schema(
    {"order": pl.UInt32}
    | {name: ROWS[name] for name in ("pointer", "class", "class_id", *EDGES, "crowd", "id", "area", "is_box")}
)


class Objects:
    """The rows, column by column."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems
        self._rows: list[tuple[Any, ...]] = []

    def add(self, found: Sequence[Thing], order: int, line: int, at: str | None) -> None:
        """The objects of one record, the `order`-th; a row of the image alone where none can be used. `at` is the
        pointer of the value that holds them; None outside JSON files."""
        before = len(self._rows)
        for thing in found:
            pointer = None if at is None else at + thing.pointer
            if thing.numbers is None:
                expected = box_columns.WORDS.get(thing.form or "", "4 numbers")
                self._problems.append(Problem("syntax", Place(self._file, line, None, pointer), thing.fault, expected))
                continue
            number, label = thing.number, thing.label
            if number is None and type(label) is int and abs(label) < 1 << 63:
                number = label
            about = (order, pointer, text_of(label), number)
            self._rows.append((*about, *thing.numbers, thing.crowd, thing.id, thing.area, True))
        if len(self._rows) == before:
            self._rows.append((order, *[None] * (len(_OBJECT) - 2), False))

    def frame(self, base: pl.DataFrame) -> pl.DataFrame:
        """The rows, each with the columns of its record in `base` that it has not itself."""
        values = zip(*self._rows, strict=True) if self._rows else [()] * len(_OBJECT)
        own = pl.DataFrame(
            [
                pl.Series(name, column, kind, strict=False)
                for (name, kind), column in zip(_OBJECT.items(), values, strict=True)
            ]
        )
        rest = base.select(name for name in ROWS if name not in _OBJECT)
        return pl.concat([own, rest[own["order"]]], how="horizontal")


__all__ = ["Objects"]
