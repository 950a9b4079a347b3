"""Label tables: CSV, TSV, JSON Lines, JSON lists and Parquet with a column of paths and columns of labels or splits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from datalint.config.settings import ConfigError
from datalint.dataset.assembly.agreement import combine
from datalint.dataset.assembly.annotations import (
    CLASSES,
    LABELS,
    SPLITS,
    Recognised,
)
from datalint.dataset.containers import columns
from datalint.dataset.containers.records import (
    ITEM,
    Kind,
    NotRecordsError,
    NotUsableError,
    Outcome,
    Place,
    Problem,
    Records,
    refused,
    unreadable,
)
from datalint.dataset.files import matching, splits
from datalint.dataset.formats.tables import split_column
from datalint.dataset.formats.tables.candidates import PRECISION, NoListError, possible
from datalint.dataset.formats.tables.candidates import read as read_records
from datalint.dataset.formats.tables.image_column import (
    choose,
    listed,
    look_like_files,
    odd_cells,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree

NAME = "table"

_SEPARATORS = ("|", ";")
_FEWEST_MEASURED = 10


@dataclass
class Table:
    """One label table, understood."""

    file: str
    rows: int
    """Records that could be read."""
    labels: pl.DataFrame = field(default_factory=LABELS.to_frame)
    splits: pl.DataFrame = field(default_factory=SPLITS.to_frame)
    classes: pl.DataFrame = field(default_factory=CLASSES.to_frame)
    problems: list[Problem] = field(default_factory=list)
    multi: bool = False
    matched: int = 0
    """Records whose image is there."""
    sentence: str = ""
    label_column: str | None = None
    split_column: str | None = None

    @property
    def precision(self) -> int:
        """Smaller leads."""
        return PRECISION.get(self.file.rpartition(".")[2].lower(), 9)


def read_all(tree: Tree, config: Config, taken: Collection[str]) -> tuple[list[Table], dict[str, Outcome]]:
    """All label tables under the root but those `taken`, the leading one first; and why each other was not used."""
    files = tree.files.filter(~pl.col("extension").is_in(list(PRECISION)))
    candidates, outcomes = possible(tree)
    tables: list[Table] = []
    outcomes = {path: outcome for path, outcome in outcomes.items() if path not in taken}
    for path, row, folder, extension in candidates.select("path", "file_row", "folder", "extension").iter_rows():
        if path in taken:
            continue
        try:
            records = read_records(tree, row, path, extension, config)
            tables.append(understand(records, path, folder, files, config))
        except NoListError as error:
            outcomes[path] = Outcome(Kind.OTHER, f"not read as labels: {error}")
        except (NotRecordsError, NotUsableError) as error:
            outcomes[path] = refused(error)
        except OSError as error:
            outcomes[path] = unreadable(error)
    tables.sort(key=lambda table: (table.precision, -table.matched, -table.rows, table.file))
    return tables, outcomes


def understand(records: Records, file: str, folder: str, files: pl.DataFrame, config: Config) -> Table:
    """The labels and splits in `records`, matched with `files` (file_row, path, folder, name, stem, candidate).

    Raises an error with the reason where the table does not describe images of this dataset.
    """
    frame = records.frame
    if not frame.width:
        first = next((problem for problem in records.problems if problem.kind == "syntax"), None)
        raise NotUsableError(f"{first.reason} (line {first.line or 1})" if first else "it holds no column")
    column, how, is_clear = choose(frame, folder, files, config)
    names = [name for name in frame.columns if name != column]
    other = columns.pair(column, names)
    if other is not None and look_like_files(frame[other], config):
        raise NotUsableError(f"it holds pairs of images ({column!r}, {other!r}): a label of two is a label of neither")
    split = split_column.choose(frame.select(names), config)
    names = [name for name in names if name != split]
    if columns.holds_runs(names):
        raise NotUsableError("it holds masks as run lengths, which are not read from tables")
    if columns.holds_boxes(names):
        raise NotUsableError("it holds boxes or masks; these are not read from tables")
    label_column, id_column = _label_columns(names, records, config)
    one_hot = [] if label_column or config.label_column == "" else _one_hot(frame.select(names))
    is_measured = label_column and config.label_column is None and _is_measured(frame[label_column])
    measured = f"the numbers in {label_column!r} nearly all differ, so that they are no classes" if is_measured else ""
    if is_measured:
        label_column = id_column = None
    if label_column is None and not one_hot and split is None:
        hint = f"no column of labels or splits among {listed(frame.columns)} (label-column in the config names one)"
        raise NotUsableError(measured or hint)
    table = Table(file, frame.height, problems=records.problems, label_column=label_column, split_column=split)
    cells = matching.normalised(frame[column])
    placed = _placed(records, frame[column], cells, how, folder, files, table)
    if not table.matched and not (is_clear and look_like_files(cells, config)):
        raise NotUsableError(f"none of the images that it names is there ({column!r}, {frame.height:,} records)")
    if one_hot:
        _read_one_hot(placed.hstack(frame.select(one_hot)), one_hot, table)
    elif label_column:
        ids = frame[id_column] if id_column else None
        _read_labels(placed, frame[label_column], ids, label_column, table)
    if split:
        _read_splits(placed, frame[split], table)
    parts = [f"paths in {column!r}"]
    if label_column or one_hot:
        parts.append(f"labels in {label_column!r}" if label_column else f"one column a class ({len(one_hot)})")
    parts += [f"splits in {split!r}"] if split else []
    parts += [measured] if measured else []
    table.sentence = (
        f"{file}: {', '.join(parts)}; {table.matched:,} of {frame.height:,} records name a file that is there "
        f"({how.words})."
    )
    return table


def _label_columns(names: Sequence[str], records: Records, config: Config) -> tuple[str | None, str | None]:
    """The column of labels and the one of their numbers: what the config names, else what is called so."""
    if config.label_column is not None:
        label = config.label_column if config.label_column in names else None
        return label, columns.first([name for name in names if name != label], columns.LABEL_ID) if label else None
    label = columns.label(names)
    number = columns.first([name for name in names if name != label], columns.LABEL_ID)
    if label is None and number is not None:
        return number, None
    if label is None and not records.header and len(names) == 1:
        return names[0], None
    return label, number


def _is_measured(cells: pl.Series) -> bool:
    """Whether the cells are numbers with a fraction that nearly all differ."""
    numbers = cells.drop_nulls().str.strip_chars().cast(pl.Float64, strict=False)
    if len(numbers) < _FEWEST_MEASURED or numbers.null_count() or (numbers == numbers.round()).all():
        return False
    return bool(numbers.n_unique() > len(numbers) / 2)


def _placed(
    records: Records,
    given: pl.Series,
    cells: pl.Series,
    how: matching.Naming,
    folder: str,
    files: pl.DataFrame,
    table: Table,
) -> pl.DataFrame:
    """file_row, path, file, line, pointer of every record; path is null where the cell cannot be used, with the reason
    in the table's problems."""
    pointers = records.pointers if records.pointers is not None else pl.Series([None] * len(cells), dtype=pl.String)
    rows = matching.locate(cells, files, how)
    prefix = f"{how.bases[0]}/" if how.bases and how.bases[0] and not how.anywhere else ""
    frame = pl.DataFrame(
        {
            "row": pl.int_range(len(cells), dtype=pl.UInt32, eager=True),
            "cell": cells,
            "given": given,
            "file_row": rows,
            "line": records.lines,
            "pointer": pointers,
        }
    ).with_columns(pl.lit(table.file).alias("file"), pl.lit(None, pl.String).alias("special"))
    special = frame.filter(
        pl.col("cell").is_null()
        | (pl.col("cell") == "")
        | matching.is_absolute(frame["cell"])
        | pl.col("cell").str.contains(r"^\.\.(/|$)|\x00")
    )
    rescued: dict[int, str] = {}
    bad: list[int] = []
    for row, cell, line, pointer in special.select("row", "cell", "line", "pointer").iter_rows():
        path, kind, reason = _special(cell, folder)
        if path is not None:
            rescued[row] = path
        else:
            bad.append(row)
            expected = "a path relative to the dataset" if kind == "path" else "the name of an image"
            table.problems.append(Problem(kind, Place(table.file, line, None, pointer), reason, expected))
    if rescued:
        found = pl.DataFrame(
            {"row": list(rescued), "path": list(rescued.values())}, schema={"row": pl.UInt32, "path": pl.String}
        )
        found = found.join(files.select("path", pl.col("file_row").alias("there")), on="path", how="left")
        frame = (
            frame.join(found, on="row", how="left", maintain_order="left")
            .with_columns(pl.coalesce("there", "file_row").alias("file_row"), pl.col("path").alias("special"))
            .drop("path", "there")
        )
    frame = frame.with_columns(pl.when(~pl.col("row").is_in(bad)).then("file_row").alias("file_row"))
    table.matched = frame["file_row"].count()
    table.problems += odd_cells(frame, table.file)
    return frame.join(
        files.select("file_row", pl.col("path").alias("there")), on="file_row", how="left", maintain_order="left"
    ).select(
        "file_row",
        pl.when(~pl.col("row").is_in(bad))
        .then(pl.coalesce("there", "special", pl.lit(prefix) + pl.col("cell")))
        .alias("path"),
        "file",
        "line",
        "pointer",
    )


def _special(cell: str | None, folder: str) -> tuple[str | None, str, str]:
    """A path that climbs but stays inside; or None with the kind of problem and the reason."""
    if not cell:
        return None, "syntax", "no image is named"
    if "\0" in cell:
        return None, "syntax", "a NUL character in the path"
    if not cell.startswith(".."):
        return None, "path", f"the path {cell[:200]!r} is absolute"
    path = matching.inside(cell, folder)
    return path, "path", f"the path {cell[:200]!r} leads outside the dataset"


def _read_labels(placed: pl.DataFrame, cells: pl.Series, ids: pl.Series | None, column: str, table: Table) -> None:
    """One cell a record; several classes in it where it holds a separator or is a list."""
    frame = placed.with_columns(cells.alias("class"))
    usable = pl.col("path").is_not_null()
    empty = frame.filter(usable & (pl.col("class").is_null() | (pl.col("class").str.strip_chars() == "")))
    table.problems += [
        Problem("syntax", Place(table.file, line, None, pointer), f"no label in column {column!r}", "a class")
        for line, pointer in empty.select("line", "pointer").iter_rows()
    ]
    frame = frame.with_columns(_integers(cells if ids is None else ids).alias("class_id"))
    frame = frame.filter(usable & (pl.col("class").str.strip_chars() != ""))
    separator = _separator(frame["class"], column)
    if separator is not None:
        table.multi = True
        frame = (
            frame.with_columns(pl.col("class").str.split(separator), pl.lit(None, pl.Int64).alias("class_id"))
            .explode("class")
            .with_columns(pl.col("class").str.strip_chars())
            .filter(pl.col("class") != "")
        )
    if frame["class_id"].null_count():
        numbers = {name: number for number, name in enumerate(sorted(frame["class"].unique().to_list()))}
        known = pl.DataFrame(
            {"class": list(numbers), "own": list(numbers.values())}, schema={"class": pl.String, "own": pl.Int64}
        )
        frame = frame.join(known, on="class", how="left", maintain_order="left").with_columns(
            pl.col("own").alias("class_id")
        )
    table.labels = _as_labels(frame)


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


def _one_hot(frame: pl.DataFrame) -> list[str]:
    """The columns if they are one a class: at least two, all of 0 and 1."""
    if frame.width < 2 or not frame.height:
        return []
    marks = ["0", "1", "0.0", "1.0", "-1", "True", "False", "true", "false"]
    fits = frame.select(pl.all().str.strip_chars().is_in(marks).all()).row(0)
    return frame.columns if all(fits) else []


def _read_one_hot(frame: pl.DataFrame, names: Sequence[str], table: Table) -> None:
    table.multi = True
    numbers = pl.DataFrame(
        {"class": names, "class_id": range(len(names))}, schema={"class": pl.String, "class_id": pl.Int64}
    )
    table.classes = numbers.with_columns(pl.lit(table.file).alias("source"))
    long = (
        frame.with_row_index("row")
        .unpivot(names, index=["row", *frame.columns[: len(frame.columns) - len(names)]], variable_name="class")
        .filter(pl.col("value").str.strip_chars().is_in(["1", "1.0", "True", "true"]) & pl.col("path").is_not_null())
        .join(numbers, on="class", how="left", maintain_order="left")
        .sort("row", "class_id")
    )
    table.labels = _as_labels(long)


def _as_labels(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in LABELS.items())


def _read_splits(placed: pl.DataFrame, cells: pl.Series, table: Table) -> None:
    names = {cell: splits.canonical(cell) or cell.strip() for cell in cells.drop_nulls().unique().to_list()}
    table.splits = (
        placed.with_columns(cells.replace(names).alias("split"))
        .filter(pl.col("file_row").is_not_null() & (pl.col("split").fill_null("") != ""))
        .select(pl.col("file_row").cast(pl.UInt32), "split")
    )


def _refuse_absent_columns(tables: Sequence[Table], outcomes: Mapping[str, Outcome], config: Config) -> None:
    """Raise ConfigError for a column that the config names and no table has."""
    for key, wanted, used in (
        ("path-column", config.path_column, bool(tables)),
        ("label-column", config.label_column, any(table.label_column == config.label_column for table in tables)),
        ("split-column", config.split_column, any(table.split_column == config.split_column for table in tables)),
    ):
        if wanted and not used:
            why = "".join(f"; {file}: {reason}" for file, reason in sorted(outcomes.items())[:3])
            raise ConfigError(
                f"{key} is set to {wanted!r}, and no label table has such a column and could be read{why}"
            )


def recognise(tree: Tree, folders: Recognised, config: Config, taken: Collection[str] = ()) -> Recognised:
    """The folders and the label tables beside them as one; files `taken` by another layout are left alone.

    Sources that describe the same images are compared, never added up.
    """
    tables, outcomes = read_all(tree, config, taken)
    if not any(file.rpartition(".")[2].lower() in PRECISION for file in taken):  # those may have the columns
        _refuse_absent_columns(tables, outcomes, config)
    folder_labels = folders.labels if config.layout != NAME else folders.labels.clear()
    return combine(tables, folder_labels, folders, outcomes)


__all__ = ["NAME", "Table", "read_all", "recognise", "understand"]
