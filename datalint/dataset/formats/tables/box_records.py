"""Tables of boxes whose columns are text: one number a column, or one box (or several) a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.containers import columns
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import NotUsableError, Place, Problem, quoted
from datalint.dataset.formats.tables import box_columns, image_column, split_column
from datalint.dataset.formats.tables.box_objects import Objects
from datalint.dataset.formats.tables.box_table import EDGES, BoxTable, TableFile, class_columns
from datalint.dataset.formats.tables.box_values import FLAT, NUMBER, from_text, things

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config
    from datalint.dataset.containers.records import Records
    from datalint.dataset.formats.tables.box_columns import Columns
    from datalint.dataset.formats.tables.record_images import RecordImages

_EMPTY = ("", "none", "null", "na", "n/a", "[]", "{}", "()")


class _Names(NamedTuple):
    """The columns of a table by what they say."""

    path: str
    boxes: Columns
    label: str | None
    number: str | None
    split: str | None
    crowd: str | None


def read(records: Records, file: TableFile, images: RecordImages, where: Columns | None = None) -> BoxTable:
    """A table whose rows are boxes or images; `where` says where the boxes are if the names of the columns do not.

    Raises NotUsableError where there are none.
    """
    frame = records.frame
    where = where or box_columns.of(frame.columns)
    if where is None or columns.holds_runs(frame.columns):
        raise NotUsableError("no column of boxes")
    path = image_column.choose(frame, file.folder, images.known, images.config)
    names = _named(frame, path.name, where, images.config)
    problems = Problems(records.problems)
    base = _base(records, names)
    edges = [frame[name] for name in where.edges]
    if len(edges) == 4:
        rows = _from_edges(base, edges, where, file.path, problems)
    else:
        rows = _from_cells(base, edges[0], names.label is not None, file.path, problems)
    rows = _with_classes(rows, names.label, file.path, problems)
    if not rows["is_box"].any():
        raise NotUsableError("no box")
    plain = tuple(columns.plain(name) for name in frame.columns)
    usual = "xywh" if records.header else "xyxy"
    words = _words(names, records.header)
    return BoxTable(file.path, file.folder, rows, plain, where.form, usual, words, problems)


def _named(frame: pl.DataFrame, path: str, where: Columns, config: Config) -> _Names:
    others = [name for name in frame.columns if name not in (path, *where.edges, where.width, where.height)]
    split = split_column.choose(frame.select(others), config)
    others = [name for name in others if name != split]
    label, number = class_columns(others, config)
    if label is None:
        label, number = number, None
    crowd = columns.first(others, ("isgroupof", "iscrowd", "crowd", "group"))
    return _Names(path, where, label, number, split, crowd)


def _base(records: Records, names: _Names) -> pl.DataFrame:
    """What each record says beside its boxes."""
    frame, where = records.frame, names.boxes
    pointers = pl.Series([None] * frame.height, dtype=pl.String) if records.pointers is None else records.pointers
    return pl.DataFrame({"line": records.lines}).with_columns(
        frame[names.path].alias("cell"),
        pointers.alias("pointer"),
        pointers.alias("record"),
        _text(frame, names.label).alias("class"),
        _whole(frame, names.label if names.number is None else names.number).alias("class_id"),
        _number(frame, where.width).alias("width"),
        _number(frame, where.height).alias("height"),
        _text(frame, names.split).alias("split"),
        pl.lit(None, pl.String).alias("id"),
        pl.lit(None, pl.Float64).alias("area"),
        _flag(frame, names.crowd).alias("crowd"),
    )


def _words(names: _Names, header: bool) -> str:
    if not header:
        return "no header line; a path, four numbers" + (" and a class a line" if names.label else " a line")
    where = names.boxes
    parts = [f"paths in {quoted(names.path)}", f"boxes in {', '.join(where.edges)}"]
    parts += [f"classes in {quoted(names.label)}"] if names.label else ["no column of classes"]
    parts += [f"splits in {quoted(names.split)}"] if names.split else []
    parts += [f"sizes in {quoted(where.width)}, {quoted(where.height)}"] if where.width and where.height else []
    return "; ".join(parts)


def _from_edges(
    base: pl.DataFrame, edges: Sequence[pl.Series], where: Columns, file: str, problems: list[Problem]
) -> pl.DataFrame:
    """One number a column. Rows without any are images without a box; rows with a wrong one are problems."""
    numbers = [cells.str.strip_chars().cast(pl.Float64, strict=False) for cells in edges]
    empty = pl.DataFrame([_is_empty(cells).alias(str(place)) for place, cells in enumerate(edges)])
    missing = pl.DataFrame([cells.is_null().alias(str(place)) for place, cells in enumerate(numbers)])
    is_image = empty.select(pl.all_horizontal(pl.all())).to_series()
    is_bad = missing.select(pl.any_horizontal(pl.all())).to_series() & ~is_image
    rows = base.with_columns(
        *(cells.alias(name) for name, cells in zip(EDGES, numbers, strict=True)), (~is_image).alias("is_box")
    )
    expected = box_columns.WORDS.get(where.form or "", "4 numbers")
    for row in is_bad.arg_true().to_list():
        wrong = next(n for n in range(4) if numbers[n][row] is None)
        cell = edges[wrong][row]
        if empty.item(row, wrong):
            reason = f"a box of {4 - sum(empty.row(row))} numbers: {quoted(where.edges[wrong])} is empty"
        else:
            reason = f"{quoted(cell.strip())} in column {quoted(where.edges[wrong])} is not a number"
        place = Place(file, base["line"][row], None, base["pointer"][row])
        problems.append(Problem("syntax", place, reason, expected))
    return rows.filter(~is_bad)


def _from_cells(
    base: pl.DataFrame, cells: pl.Series, has_label: bool, file: str, problems: list[Problem]
) -> pl.DataFrame:
    """A whole box a cell, or several: plain numbers at once, all else one by one."""
    bare = cells.fill_null("").str.strip_chars()
    flat = bare.str.contains(FLAT) & ~bare.str.contains(r"^[\[\(]\s*[\[\(]")
    numbers = bare.set(~flat, "").str.extract_all(NUMBER)
    four = flat & (numbers.list.len() == 4)
    values = [numbers.list.get(place, null_on_oob=True).cast(pl.Float64, strict=False) for place in range(4)]
    simple = base.with_columns(
        *(series.alias(name) for name, series in zip(EDGES, values, strict=True)),
        four.alias("is_box"),
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("order"),
    )
    others = ~four & ~_is_empty(cells)
    objects = Objects(file, problems)
    for row in others.arg_true().to_list():
        line, label, number = (base[name][row] for name in ("line", "class", "class_id"))
        try:
            if flat[row]:
                raise ValueError(f"a box of {len(numbers[row]):,} numbers")
            labels = from_text(label) if label and label.startswith("[") else label
            found = things(from_text(bare[row]), labels, number)
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "a cell that is nested too deeply"
            problems.append(Problem("syntax", Place(file, line, None, base["record"][row]), reason, "4 numbers"))
            continue
        objects.add(found, row, line, None)
    more = objects.frame(base)
    rows = pl.concat([simple.filter(~others).select(more.columns), more])
    return rows.sort("order", maintain_order=True).drop("order")


def _with_classes(rows: pl.DataFrame, label: str | None, file: str, problems: list[Problem]) -> pl.DataFrame:
    """The rows but boxes without a class, where there is a column of classes and it is filled elsewhere."""
    rows = rows.with_columns(pl.when(pl.col("class").str.strip_chars() != "").then(pl.col("class").str.strip_chars()))
    if label is None or not rows.filter("is_box")["class"].count():
        return rows
    bare = rows.filter(pl.col("is_box") & pl.col("class").is_null())
    for line, pointer in bare.select("line", "pointer").iter_rows():
        problems.append(
            Problem("syntax", Place(file, line, None, pointer), f"no class in column {quoted(label)}", "a class")
        )
    return rows.filter(~pl.col("is_box") | pl.col("class").is_not_null())


def _is_empty(cells: pl.Series) -> pl.Series:
    return cells.str.strip_chars().str.to_lowercase().is_in(_EMPTY).fill_null(value=True)


def _text(frame: pl.DataFrame, name: str | None) -> pl.Series:
    """A column of words; numbers that are whole are written so."""
    if name is None:
        return pl.Series([None] * frame.height, dtype=pl.String)
    return frame[name].str.strip_chars().str.replace(r"^(-?\d+)\.0+$", "$1")


def _whole(frame: pl.DataFrame, name: str | None) -> pl.Series:
    """A column as whole numbers; null unless every cell that is filled is one."""
    cells = _text(frame, name)
    filled = cells.set(_is_empty(cells), None)
    numbers = filled.cast(pl.Int64, strict=False)
    return numbers if numbers.null_count() == filled.null_count() else pl.Series([None] * frame.height, dtype=pl.Int64)


def _number(frame: pl.DataFrame, name: str | None) -> pl.Series:
    return _text(frame, name).cast(pl.Float64, strict=False)


def _flag(frame: pl.DataFrame, name: str | None) -> pl.Series:
    """A column of 0 and 1; -1 (unknown, in Open Images) is null."""
    known = {"1": True, "true": True, "0": False, "false": False}
    return _text(frame, name).str.to_lowercase().replace_strict(known, default=None, return_dtype=pl.Boolean)


__all__ = ["read"]
