"""One table of boxes, whatever its syntax: a row a box, or an image that is named without one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.containers import columns
from datalint.dataset.formats.tables import box_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config
    from datalint.dataset.containers.records import Problem

#: What every record becomes: an image that is named, and the four numbers of its box if there is one. `pointer` is that
#: of the box, `record` that of the record.
ROWS = pl.Schema(
    {
        "cell": pl.String,
        "line": pl.UInt32,
        "pointer": pl.String,
        "record": pl.String,
        "class": pl.String,
        "class_id": pl.Int64,
        "a": pl.Float64,
        "b": pl.Float64,
        "c": pl.Float64,
        "d": pl.Float64,
        "width": pl.Float64,
        "height": pl.Float64,
        "split": pl.String,
        "crowd": pl.Boolean,
        "id": pl.String,
        "area": pl.Float64,
        "is_box": pl.Boolean,
    }
)
#: The columns of the four numbers.
EDGES = ("a", "b", "c", "d")


class TableFile(NamedTuple):
    """A file that may be a table."""

    path: str
    row: int
    folder: str
    extension: str


@dataclass
class BoxTable:
    """One file, understood."""

    file: str
    folder: str
    rows: pl.DataFrame
    """ROWS; file_row and path in place of `cell` once the images are known."""
    names: tuple[str, ...]
    """The columns, for comparison with other files'."""
    form: str | None
    """What the names of the columns say of the four numbers, if they say it."""
    usual: str
    """What four numbers without names mean, where nothing else tells."""
    words: str
    """Which columns were read, for the evidence."""
    problems: list[Problem] = field(default_factory=list)
    matched: str = ""
    """How many of its images are there, in words."""
    split: str | None = None
    """The split that the name of the file says."""


def class_columns(names: Sequence[str], config: Config) -> tuple[str | None, str | None]:
    """The column of classes among `names`, and that of their numbers beside it."""
    label = config.label_column if config.label_column in names else columns.first(names, box_columns.CLASS)
    return label, columns.first([name for name in names if name != label], columns.LABEL_ID)


__all__ = ["EDGES", "ROWS", "BoxTable", "TableFile", "class_columns"]
