"""Which image each record of a table is about, for whole tables at once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Place, Problem
from datalint.dataset.files import matching
from datalint.dataset.formats.tables import image_column

if TYPE_CHECKING:
    from collections.abc import Collection

    from datalint.config.settings import Config
    from datalint.dataset.files.image_names import ImageNames
    from datalint.dataset.files.tree import Tree


class RecordImages:
    """The files of a dataset, as the records of its tables name them; `tables` are extensions of no image."""

    def __init__(self, tree: Tree, tables: Collection[str], config: Config) -> None:
        self._tree = tree
        self.config = config
        self._tables = list(tables)

    @cached_property
    def known(self) -> matching.Known:
        """Files that may be images."""
        return matching.Known(self._tree.files.filter(~pl.col("extension").is_in(self._tables)))

    @cached_property
    def _names(self) -> ImageNames:
        return self._tree.names

    def place(self, rows: pl.DataFrame, file: str, folder: str) -> tuple[pl.DataFrame, list[Problem], str]:
        """`rows` (cell, line, pointer, ...) of a table with file_row and path in place of the cell, what is wrong with
        the cells, and in words how many images are there.

        Rows whose image cannot be named are left out, with a problem each. A path that is absolute or leads outside is
        one problem an image, and the image is looked for within the root.
        """
        cells = matching.normalised(rows["cell"])
        how = image_column.naming(rows["cell"], folder, self.known, self.config)
        found = matching.locate(cells, self.known, how)
        prefix = f"{how.bases[0]}/" if how.bases and how.bases[0] and not how.anywhere else ""
        placed = rows.with_columns(
            cells.alias("cell"), rows["cell"].alias("given"), found.cast(pl.UInt32).alias("file_row")
        )
        placed = placed.join(self.known.paths, on="file_row", how="left", maintain_order="left")
        placed = placed.with_columns(pl.coalesce("there", pl.lit(prefix) + pl.col("cell")).alias("path")).drop("there")
        astray = self.known.astray(placed["cell"], placed["file_row"])
        placed = placed.with_columns(astray.alias("astray"))
        special = (
            pl.col("astray")
            | pl.col("cell").is_null()
            | (pl.col("cell") == "")
            | pl.col("cell").str.ends_with("/")
            | matching.is_absolute(placed["cell"])
            | pl.col("cell").str.contains(r"^\.\.(/|$)|\x00")
        )
        problems = Problems()
        if placed.select(special.any()).item():
            placed = self._with_special(placed.with_columns(special.alias("special")), file, folder, problems)
        problems += image_column.odd_cells(placed.select("given", "line", "pointer"), file)
        there = placed.filter(pl.col("file_row").is_not_null())["path"].n_unique()
        words = f"{there:,} of {placed['path'].n_unique():,} images are there ({how.words})"
        return placed.drop("given", "cell", "astray"), problems, words

    def _with_special(self, placed: pl.DataFrame, file: str, folder: str, problems: list[Problem]) -> pl.DataFrame:
        """Rows whose images are named in ways that need care, looked up one by one; those of no use are left out."""
        known: dict[str, tuple[int | None, str | None]] = {}
        columns = ("given", "line", "pointer", "astray", "path")
        for given, line, pointer, astray, path in placed.filter("special").select(columns).iter_rows():
            key = given or ""
            if key in known and known[key][1] is not None:
                continue
            found = self._names.find(key, [folder, ""])
            if astray and found.row is None:
                known[key] = (None, path)
                continue
            known[key] = (found.row, found.path)
            if found.fault is None and found.path is not None:
                continue
            is_path = bool(key.strip()) and "\0" not in key and not key.rstrip().endswith(("/", "\\"))
            reason = "a NUL character in the path" if "\0" in key else found.fault or "no image is named"
            kind, expected = (
                ("path", "a path relative to the dataset") if is_path else ("syntax", "the name of an image")
            )
            problems.append(Problem(kind, Place(file, line, None, pointer), reason, expected, found.path))
        rows = [row for row, _ in known.values()]
        paths = [path for _, path in known.values()]
        looked_up = pl.DataFrame(
            {"key": list(known), "row": rows, "to": paths},
            schema={"key": pl.String, "row": pl.UInt32, "to": pl.String},
        )
        joined = placed.with_columns(pl.col("given").fill_null("").alias("key")).join(
            looked_up, on="key", how="left", maintain_order="left"
        )
        return (
            joined.with_columns(
                pl.when("special").then("row").otherwise("file_row").alias("file_row"),
                pl.when("special").then("to").otherwise("path").alias("path"),
            )
            .filter(pl.col("path").is_not_null())
            .drop("key", "row", "to", "special")
        )


__all__ = ["RecordImages"]
