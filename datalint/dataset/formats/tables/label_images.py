"""Which image each record of a label table is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Place, Problem
from datalint.dataset.files import matching
from datalint.dataset.formats.tables import image_column

if TYPE_CHECKING:
    from datalint.dataset.containers.records import Records
    from datalint.dataset.files.image_names import ImageNames
    from datalint.dataset.formats.tables.image_column import ImageColumn


def place(
    records: Records, column: ImageColumn, file: str, folder: str, known: matching.Known, names: ImageNames
) -> tuple[pl.DataFrame, list[Problem]]:
    """file_row, path, file, line, pointer of every record; and what is wrong with the cells.

    file_row is null where no such file is there, and path where the cell cannot be used, which is a problem.
    """
    given, how = records.frame[column.name], column.how
    cells = matching.normalised(given)
    nothing = pl.Series([None] * len(cells), dtype=pl.String)
    located = matching.locate(cells, known, how)
    frame = pl.DataFrame(
        {
            "row": pl.int_range(len(cells), dtype=pl.UInt32, eager=True),
            "cell": cells,
            "given": given,
            "file_row": located,
            "astray": known.astray(cells, located),
            "line": records.lines,
            "pointer": nothing if records.pointers is None else records.pointers,
        }
    ).with_columns(pl.lit(file).alias("file"))
    prefix = f"{how.bases[0]}/" if how.bases and how.bases[0] and not how.anywhere else ""
    path = pl.coalesce("there", pl.lit(prefix) + pl.col("cell"))
    placed = frame.join(known.paths, on="file_row", how="left", maintain_order="left").with_columns(path.alias("path"))
    placed, problems = _with_special(placed, file, folder, names)
    problems += image_column.odd_cells(frame, file)
    return placed.select("file_row", "path", "file", "line", "pointer"), problems


def _with_special(
    placed: pl.DataFrame, file: str, folder: str, names: ImageNames
) -> tuple[pl.DataFrame, list[Problem]]:
    """The records, those whose images are named in ways that need care looked up one by one; and what is wrong."""
    special = placed.filter(
        pl.col("astray")
        | pl.col("cell").is_null()
        | (pl.col("cell") == "")
        | matching.is_absolute(placed["cell"])
        | pl.col("cell").str.contains(r"^\.\.(/|$)|\x00")
    )
    problems = Problems()
    if special.is_empty():
        return placed, problems
    rows: list[tuple[int, int | None, str | None]] = []
    for row, cell, line, pointer, astray in special.select("row", "cell", "line", "pointer", "astray").iter_rows():
        found = names.find(cell or "", [folder])
        if cell and "\0" in cell:
            found = found._replace(fault="a NUL character in the path")
        if astray and found.row is None:
            continue
        rows.append((row, found.row, found.path))
        if found.fault is not None:
            is_path = found.outside or found.row is not None or matching.is_absolute(pl.Series([cell]))[0]
            kind, expected = (
                ("path", "a path relative to the dataset") if is_path else ("syntax", "the name of an image")
            )
            problems.append(Problem(kind, Place(file, line, None, pointer), found.fault, expected))
    schema = {"row": pl.UInt32, "found": pl.UInt32, "to": pl.String}
    looked_up = pl.DataFrame(rows, schema=schema, orient="row").with_columns(special=True)
    joined = placed.join(looked_up, on="row", how="left", maintain_order="left")
    return joined.with_columns(
        pl.when("special").then("found").otherwise("file_row").alias("file_row"),
        pl.when("special").then("to").otherwise("path").alias("path"),
    ), problems


__all__ = ["place"]
