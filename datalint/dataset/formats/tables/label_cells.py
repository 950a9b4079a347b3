"""The classes of images in the cells of a table: one a cell, several with something between them, or a column each."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from datalint.dataset.assembly.annotations import CLASSES, LABELS, conform
from datalint.dataset.containers import columns
from datalint.dataset.containers.records import ITEM, Place, Problem, quoted

_SEPARATORS = ("|", ";")
#: What cells hold that say whether an image is of a class; the first ones say so.
_YES, _NO = ("1", "1.0", "True", "true"), ("0", "0.0", "-1", "False", "false")
_FEWEST_MEASURED = 10


class Labels(NamedTuple):
    """The labels of a table."""

    labels: pl.DataFrame
    classes: pl.DataFrame
    """Those that the table declares."""
    problems: list[Problem]
    multi: bool
    """Whether an image may have several."""


def is_measured(cells: pl.Series) -> bool:
    """Whether the cells are numbers with a fraction that nearly all differ."""
    numbers = cells.drop_nulls().str.strip_chars().cast(pl.Float64, strict=False)
    if len(numbers) < _FEWEST_MEASURED or numbers.null_count() or (numbers == numbers.round()).all():
        return False
    return bool(numbers.n_unique() > len(numbers) / 2)


def is_structured(cells: pl.Series) -> bool:
    """Whether the cells hold JSON objects, as exports of labelling programs do."""
    cells = cells.drop_nulls()
    return len(cells) > 0 and bool(cells.str.contains(r"^\s*\[?\s*\{").all())


def one_hot(frame: pl.DataFrame) -> list[str]:
    """The columns if they are one a class: at least two, all of 0 and 1."""
    if frame.width < 2 or not frame.height:
        return []
    fits = frame.select(pl.all().str.strip_chars().is_in([*_YES, *_NO]).all()).row(0)
    return frame.columns if all(fits) else []


def of_cells(placed: pl.DataFrame, file: str, column: str, cells: pl.Series, ids: pl.Series | None) -> Labels:
    """One cell a record; several classes in it where it holds a separator or is a list."""
    frame = placed.with_columns(cells.alias("class"))
    usable = pl.col("path").is_not_null()
    empty = frame.filter(usable & (pl.col("class").is_null() | (pl.col("class").str.strip_chars() == "")))
    problems = [
        Problem("syntax", Place(file, line, None, pointer), f"no label in column {quoted(column)}", "a class")
        for line, pointer in empty.select("line", "pointer").iter_rows()
    ]
    frame = frame.with_columns(_integers(cells if ids is None else ids).alias("class_id"))
    frame = frame.filter(usable & (pl.col("class").str.strip_chars() != ""))
    between = _separator(frame["class"], column)
    if between is not None:
        frame = (
            frame.with_columns(pl.col("class").str.split(between), pl.lit(None, pl.Int64).alias("class_id"))
            .explode("class")
            .with_columns(pl.col("class").str.strip_chars())
            .filter(pl.col("class") != "")
        )
    if frame["class_id"].null_count():
        names = sorted(frame["class"].unique().to_list())
        known = pl.DataFrame({"class": names, "own": range(len(names))}, schema={"class": pl.String, "own": pl.Int64})
        frame = frame.join(known, on="class", how="left", maintain_order="left").with_columns(
            pl.col("own").alias("class_id")
        )
    return Labels(conform(LABELS, frame), CLASSES.to_frame(), problems, between is not None)


def of_columns(placed: pl.DataFrame, file: str, marks: pl.DataFrame) -> Labels:
    """One column a class: `marks` says of each record whether its image is of it; where each has one, one it is."""
    names = marks.columns
    numbers = pl.DataFrame(
        {"class": names, "class_id": range(len(names))}, schema={"class": pl.String, "class_id": pl.Int64}
    )
    long = (
        placed.hstack(marks)
        .with_row_index("row")
        .unpivot(names, index=["row", *placed.columns], variable_name="class")
        .filter(pl.col("value").str.strip_chars().is_in(_YES) & pl.col("path").is_not_null())
        .join(numbers, on="class", how="left", maintain_order="left")
        .sort("row", "class_id")
    )
    single = long.height == long["row"].n_unique() == placed["path"].count()
    return Labels(conform(LABELS, long), numbers.with_columns(pl.lit(file).alias("source")), [], multi=not single)


def _integers(cells: pl.Series) -> pl.Series:
    """Cells as whole numbers; all null unless every cell that is there is one."""
    numbers = cells.str.strip_chars().cast(pl.Int64, strict=False)
    return numbers if numbers.null_count() == cells.null_count() else pl.Series([None] * len(cells), dtype=pl.Int64)


def _separator(cells: pl.Series, column: str) -> str | None:
    """What separates several classes in one cell; None if each cell is one class.

    `|` and `;` always do. A comma does, and a space in a column of plural name, if taking the cells apart leaves
    fewer names than cells of different content (in such a column, no more): class names may hold both.
    """
    if cells.str.contains(ITEM, literal=True).any():
        return ITEM
    for separator in _SEPARATORS:
        if cells.str.contains(separator, literal=True).any():
            return separator
    plural = columns.plain(column) in ("labels", "tags", "classes", "categories", "targets", "findings")
    different = cells.unique()
    for separator in (",", " ") if plural else (",",):
        holding = different.filter(different.str.contains(separator, literal=True))
        parts = different.str.split(separator).explode().str.strip_chars().n_unique()
        if len(holding) > 1 and parts < len(different) + plural:
            return separator
    return None


__all__ = ["Labels", "is_measured", "is_structured", "of_cells", "of_columns", "one_hot"]
