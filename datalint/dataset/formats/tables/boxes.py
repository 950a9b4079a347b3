"""Tables with boxes: CSV, TSV, TXT, JSON Lines, JSON lists and Parquet, one row per box or one row per image.

One file for each variant would repeat itself: a table is described by its columns. Read are the CSV files of TF's
object detection, VoTT, Roboflow, RetinaNet (without a header line) and Kaggle; the metadata files of Hugging Face's
`ImageFolder` with `objects`; and, beside this module, Open Images.

Sources: https://huggingface.co/docs/datasets/image_dataset, https://github.com/fizyr/keras-retinanet#csv-datasets,
https://storage.googleapis.com/openimages/web/factsfigures_v7.html.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.annotations import BOXES, NAMED, SPLITS, Annotations, conform, too_much
from datalint.dataset.containers import delimited, parquet
from datalint.dataset.containers.json import records as json_records
from datalint.dataset.containers.limits import TooMuchError
from datalint.dataset.containers.records import (
    Kind,
    NotRecordsError,
    NotUsableError,
    Outcome,
    Records,
    quoted,
    unreadable,
)
from datalint.dataset.files import splits
from datalint.dataset.formats.tables import (
    box_classes,
    box_columns,
    box_head,
    box_items,
    box_records,
    candidates,
    open_images,
)
from datalint.dataset.formats.tables.box_columns import Columns
from datalint.dataset.formats.tables.box_table import EDGES, BoxTable, TableFile
from datalint.dataset.formats.tables.record_images import RecordImages
from datalint.pixels import header

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.tables.box_columns import Meaning

NAME = "box-table"

_EXTENSIONS = (*candidates.PRECISION, "txt")
#: Images whose headers are read where nothing else tells what four numbers mean.
_MOST_OPENED = 64


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every table of boxes under the root; those that differ in the name of a split are one dataset."""
    possible, _ = candidates.possible(tree, _EXTENSIONS)
    if possible.is_empty():
        return []
    images = RecordImages(tree, _EXTENSIONS, config)
    found, taken = open_images.read(tree, possible, images)
    tables: list[BoxTable] = []
    unread: list[Annotations] = []
    for row in possible.select("path", "file_row", "folder", "extension").iter_rows():
        file = TableFile(*row)
        if file.path in taken or file.path in tree.taken:
            continue
        try:
            if not box_head.may_be(tree.head(file.row)[: box_head.HEAD], file.extension, config):
                continue
            table = _understood(tree.data(file.row), file, images)
        except OSError as error:
            if file.extension in candidates.PRECISION:
                unread.append(Annotations(NAME, file.path, 2, outcomes={file.path: unreadable(error)}))
            continue
        except TooMuchError as error:
            unread.append(too_much(NAME, file.path, error))
            continue
        except (NotRecordsError, NotUsableError):
            continue
        table.rows, problems, table.matched = images.place(table.rows, table.file, table.folder)
        table.problems += problems
        tables.append(table)
    return [*found, *(_annotations(group, tree, config.jobs) for group in _groups(tables)), *unread]


def _understood(data: bytes, file: TableFile, images: RecordImages) -> BoxTable:
    """The boxes of a file. Raises NotRecordsError or NotUsableError if it holds none."""
    if file.extension in ("json", "jsonl", "ndjson"):
        items_of = json_records.array_items if file.extension == "json" else json_records.line_items
        items, problems = items_of(data, file.path)
        return box_items.read(items, problems, file, images)
    if file.extension == "parquet":
        kinds = parquet.schema(data)
        where = box_columns.of(list(kinds))
        if where is None:
            raise NotUsableError("no column of boxes")
        if len(where.edges) == 1 and kinds[where.edges[0]].is_nested():
            return box_items.read(parquet.items(data, file.path), [], file, images)
        return box_records.read(parquet.read(data, file.path), file, images)
    records = delimited.read(data, file.path, candidates.namer(images.config))
    where = None
    if not records.header:
        records, where = _with_names(records, images.config)
    return box_records.read(records, file, images, where)


def _with_names(records: Records, config: Config) -> tuple[Records, Columns]:
    """Records without a header line, with names for their columns; and which of them are the box."""
    frame = records.frame
    rows = [[cell or "" for cell in row] for row in frame.head(box_head.SAMPLE).iter_rows()]
    places = box_head.four_numbers(rows, candidates.namer(config)) if rows else None
    if places is None:
        raise NotUsableError("no four columns of numbers")
    label = next((place for place in range(1, frame.width) if place not in places), None)
    names = {frame.columns[place]: f"field {place + 1}" for place in places}
    names |= {frame.columns[0]: "path"} | ({} if label is None else {frame.columns[label]: "class"})
    where = Columns(tuple(f"field {place + 1}" for place in places), None)
    named = frame.select(pl.col(old).alias(new) for old, new in names.items())
    return Records(named, records.lines, None, records.problems, header=False), where


def _groups(tables: Iterable[BoxTable]) -> list[list[BoxTable]]:
    """Tables of the same columns whose paths differ in the name of a split only."""
    groups: dict[tuple[Any, ...], list[BoxTable]] = defaultdict(list)
    for table in tables:
        parts, found = [], set()
        for part in table.file.rpartition(".")[0].split("/"):
            name = splits.read(part)
            parts.append(part if name is None else f"{'-'.join(name.rest)}\0")
            found |= set() if name is None else {name.split}
        table.split = found.pop() if len(found) == 1 else None
        groups[(table.names, tuple(parts), table.split is None and table.file)].append(table)
    several: list[list[BoxTable]] = []
    for group in groups.values():
        if len({table.split for table in group}) > 1:
            several.append(group)
        else:
            for table in group:
                table.split = None
                several.append([table])
    return several


def _annotations(group: Sequence[BoxTable], tree: Tree, jobs: int | None) -> Annotations:
    """Tables of one dataset as one."""
    lead = group[0]
    rows = pl.concat([table.rows.with_columns(pl.lit(table.file).alias("file")) for table in group])
    boxes = rows.filter("is_box")
    said = box_columns.meaning(_with_sizes(boxes, tree, jobs) if lead.form is None else boxes, lead.form, lead.usual)
    declared, outcomes = box_classes.declared(tree, lead.file, lead.folder)
    boxes, undeclared = box_classes.matched(boxes, declared)
    named = rows.unique("path", keep="first", maintain_order=True).with_columns(pl.col("record").alias("pointer"))
    for table in group:
        images, count = table.rows["path"].n_unique(), int(table.rows["is_box"].sum())
        detail = f"{counted(images, 'image')}, {counted(count, 'box', 'boxes')}"
        outcomes[table.file] = Outcome(Kind.READ, "read as a table of boxes", detail)
    return Annotations(
        NAME,
        lead.file,
        2,
        boxes=_as_boxes(boxes, said),
        named=conform(NAMED, named),
        splits=_splits(group, rows),
        classes=declared,
        problems=[*(problem for table in group for problem in table.problems), *undeclared],
        evidence=_evidence(group, rows, boxes, said),
        outcomes=outcomes,
    )


def _splits(group: Sequence[BoxTable], rows: pl.DataFrame) -> pl.DataFrame:
    """The splits that a column says, else the names of the tables."""
    there = pl.col("file_row").is_not_null()
    given = {cell: splits.canonical(cell) or cell for cell in rows["split"].drop_nulls().unique().to_list() if cell}
    if given:
        parts = [rows.filter(there).select("file_row", pl.col("split").replace(given))]
    else:
        parts = [
            table.rows.filter(there).select("file_row", pl.lit(table.split).alias("split"))
            for table in group
            if table.split is not None
        ]
    if not parts:
        return SPLITS.to_frame()
    said = pl.concat(parts).filter(pl.col("split").fill_null("") != "")
    return conform(SPLITS, said.unique(maintain_order=True))


def _with_sizes(boxes: pl.DataFrame, tree: Tree, jobs: int | None) -> pl.DataFrame:
    """The boxes, with the sizes of a few images from their headers where the table gives none."""
    if boxes["width"].count() and boxes["height"].count():
        return boxes
    rows = boxes["file_row"].drop_nulls().unique().sort()
    rows = rows.gather_every(max(1, len(rows) // _MOST_OPENED)).head(_MOST_OPENED)
    read = header.sizes([tree.picture(row) for row in rows], jobs)
    sizes = [(row, *size) for row, size in zip(rows, read, strict=True) if size is not None]
    known = pl.DataFrame(sizes, schema={"file_row": pl.UInt32, "width": pl.Float64, "height": pl.Float64}, orient="row")
    return boxes.drop("width", "height").join(known, on="file_row", how="left", maintain_order="left")


def _as_boxes(boxes: pl.DataFrame, said: Meaning) -> pl.DataFrame:
    number = pl.int_range(pl.len(), dtype=pl.UInt32).alias("box")
    raw = pl.concat_list(*EDGES).alias("raw")
    return conform(BOXES, boxes.with_columns(number, raw, pl.lit(said.unit).alias("unit")))


def _evidence(group: Sequence[BoxTable], rows: pl.DataFrame, boxes: pl.DataFrame, said: Meaning) -> tuple[str, ...]:
    files = ", ".join(table.file for table in group[:4]) + (", ..." if len(group) > 4 else "")
    images, classes = rows["path"].n_unique(), boxes["class"].n_unique() - bool(boxes["class"].null_count())
    evidence = [
        f"Table of boxes: {files}, {counted(images, 'image')}, {counted(boxes.height, 'box', 'boxes')}, "
        f"{counted(classes, 'class', 'classes')}."
    ]
    evidence += [f"{table.file}: {table.words}; {table.matched}." for table in group]
    order = box_columns.WORDS[said.form].partition(": ")[2]
    if said.why or said.share:
        unit = "shares of the image's size" if said.share else "pixels"
        evidence.append(f"{group[0].file}: a box was read as {order}, in {unit}: {said.why}.")
    only = rows.filter(~pl.col("is_box") & pl.col("class").is_not_null())
    if only.height:
        evidence.append(
            f"{counted(only.height, 'record')} without a box but with a class, {quoted(only['class'][0])} of "
            f"{only['file'][0]} first: read as images without an object."
        )
    if named := [table.split for table in group if table.split]:
        evidence.append(f"Splits are named by the tables: {', '.join(dict.fromkeys(named))}.")
    return tuple(evidence)


__all__ = ["NAME", "read"]
