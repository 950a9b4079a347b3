"""Which image each record of a label table is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import LONGEST_NAME, Place, Problem, quoted
from datalint.dataset.files import matching
from datalint.dataset.formats.tables import image_column

if TYPE_CHECKING:
    from datalint.dataset.containers.records import Records
    from datalint.dataset.formats.tables.image_column import ImageColumn


def place(
    records: Records, column: ImageColumn, file: str, folder: str, known: matching.Known
) -> tuple[pl.DataFrame, list[Problem]]:
    """file_row, path, file, line, pointer of every record; and what is wrong with the cells.

    file_row is null where no such file is there, and path where the cell cannot be used, which is a problem.
    """
    given, how = records.frame[column.name], column.how
    cells = matching.normalised(given)
    nothing = pl.Series([None] * len(cells), dtype=pl.String)
    frame = pl.DataFrame(
        {
            "row": pl.int_range(len(cells), dtype=pl.UInt32, eager=True),
            "cell": cells,
            "given": given,
            "file_row": matching.locate(cells, known, how),
            "line": records.lines,
            "pointer": nothing if records.pointers is None else records.pointers,
        }
    ).with_columns(pl.lit(file).alias("file"), pl.lit(None, pl.String).alias("special"))
    frame, bad, problems = _with_special(frame, file, folder, known)
    frame = frame.with_columns(pl.when(~pl.col("row").is_in(bad)).then("file_row").alias("file_row"))
    problems += image_column.odd_cells(frame, file)
    prefix = f"{how.bases[0]}/" if how.bases and how.bases[0] and not how.anywhere else ""
    path = pl.coalesce("there", "special", pl.lit(prefix) + pl.col("cell"))
    placed = frame.join(known.paths, on="file_row", how="left", maintain_order="left").select(
        "file_row", pl.when(~pl.col("row").is_in(bad)).then(path).alias("path"), "file", "line", "pointer"
    )
    return placed, problems


def _with_special(
    frame: pl.DataFrame, file: str, folder: str, known: matching.Known
) -> tuple[pl.DataFrame, list[int], list[Problem]]:
    """The records with the paths of those that climb but stay inside (`special`), which cannot be used, and why."""
    special = frame.filter(
        pl.col("cell").is_null()
        | (pl.col("cell") == "")
        | matching.is_absolute(frame["cell"])
        | pl.col("cell").str.contains(r"^\.\.(/|$)|\x00")
    )
    inside: dict[int, str] = {}
    bad: list[int] = []
    problems = Problems()
    for row, cell, line, pointer in special.select("row", "cell", "line", "pointer").iter_rows():
        path, kind, reason = _special(cell, folder)
        if path is not None:
            inside[row] = path
        else:
            bad.append(row)
            expected = "a path relative to the dataset" if kind == "path" else "the name of an image"
            problems.append(Problem(kind, Place(file, line, None, pointer), reason, expected))
    if inside:
        rows = {"row": list(inside), "path": list(inside.values())}
        found = pl.DataFrame(rows, schema={"row": pl.UInt32, "path": pl.String})
        found = found.join(known.paths.rename({"there": "path", "file_row": "there"}), on="path", how="left")
        frame = (
            frame.join(found, on="row", how="left", maintain_order="left")
            .with_columns(pl.coalesce("there", "file_row").alias("file_row"), pl.col("path").alias("special"))
            .drop("path", "there")
        )
    return frame, bad, problems


def _special(cell: str | None, folder: str) -> tuple[str | None, str, str]:
    """A path that climbs but stays inside; or None with the kind of problem and the reason."""
    if not cell:
        return None, "syntax", "no image is named"
    if "\0" in cell:
        return None, "syntax", "a NUL character in the path"
    if not cell.startswith(".."):
        return None, "path", f"the path {quoted(cell, LONGEST_NAME)} is absolute"
    path = matching.inside(cell, folder)
    return path, "path", f"the path {quoted(cell, LONGEST_NAME)} leads outside the dataset"


__all__ = ["place"]
