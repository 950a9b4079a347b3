"""Files that may be label tables, and the records in them, whatever their syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers import columns, delimited, parquet, text_lines
from datalint.dataset.containers.json import records as json_records
from datalint.dataset.containers.records import Kind, NotRecordsError, Outcome, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.containers.records import Records
    from datalint.dataset.files.tree import Tree

#: JSON before the plainer formats: where two tables describe the same images, the more precise one leads.
PRECISION = {"json": 0, "jsonl": 0, "ndjson": 0, "parquet": 1, "csv": 2, "tsv": 2}
#: More files of one kind in a folder are one file an image, and no tables.
_MOST_TABLES = 50
_HEAD = 4096


class NoListError(NotRecordsError):
    """JSON that is not a list: settings of all kinds."""


def possible(tree: Tree, extensions: tuple[str, ...] = tuple(PRECISION)) -> tuple[pl.DataFrame, dict[str, Outcome]]:
    """Files (rows of `tree.files`) that may be tables; and why others of their extensions are not read."""
    files = tree.usable(*extensions).with_columns(pl.len().over("folder", "extension").alias("alike"))
    crowded = files.filter(pl.col("alike") > _MOST_TABLES)
    reasons: dict[str, Outcome] = {}
    for (extension, count), some in crowded.group_by("extension", "alike", maintain_order=True):
        words = f"not read: one of {count:,} {extension} files in its folder, which are not tables"
        reasons |= dict.fromkeys(some["path"].to_list(), Outcome(Kind.OTHER, words))
    few = files.filter(pl.col("alike") <= _MOST_TABLES).drop("alike")
    for path, name in few.select("path", "name").iter_rows():
        if columns.plain(name).startswith("samplesubmission"):
            reasons[path] = refused("the template of a submission; its labels are placeholders")
    return few.filter(~pl.col("path").is_in(list(reasons))), reasons


def lists(tree: Tree, config: Config) -> pl.DataFrame:
    """Text files (rows of `tree.files`) whose first lines are the name of an image and its label."""
    files, _ = possible(tree, ("txt",))
    is_name = namer(config)
    rows = [row for row in files["file_row"].to_list() if _is_list(text_lines.first_lines(row, tree.head), is_name)]
    return files.filter(pl.col("file_row").is_in(rows))


def _is_list(lines: Sequence[str], is_name: Callable[[str], bool]) -> bool:
    lines = [line for line in lines if line.strip()]
    if delimited.delimiter_is_blank(lines, is_name):
        return all(len(line.split()) == 2 for line in lines)
    delimiter = delimited.sniff(lines)
    rows = [[cell.strip() for cell in delimited.cells(line, delimiter) or ()] for line in lines]
    fits = [len(row) == 2 and is_name(row[0]) and not is_name(row[1]) for row in rows]
    return all(fits[1:]) and any(fits) and all(len(row) == 2 for row in rows)


def read(tree: Tree, row: int, file: str, extension: str, config: Config) -> Records:
    """The records of a file. Raises OSError, and NotRecordsError with the reason where it holds none."""
    if extension == "json" and tree.head(row)[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"[":
        raise NoListError("it is not a list of records")
    data = tree.data(row)
    if not data.strip():
        raise NotRecordsError("it is empty")
    if extension == "parquet":
        return parquet.read(data, file)
    if extension == "json":
        return json_records.read_array(data, file)
    if extension in ("jsonl", "ndjson"):
        return json_records.read_lines(data, file)
    return delimited.read(data, file, namer(config))


def namer(config: Config) -> Callable[[str], bool]:
    """Whether a cell ends like the name of an image."""
    endings = tuple(f".{extension}" for extension in config.image_extensions)
    return lambda cell: cell.lower().endswith(endings)


__all__ = ["PRECISION", "NoListError", "lists", "namer", "possible", "read"]
