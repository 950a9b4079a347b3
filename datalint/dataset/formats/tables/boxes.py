# ruff: noqa: PTH118 -- names are bytes here, which pathlib does not take
"""Tables with boxes: CSV, TSV, TXT, JSON Lines, JSON lists and Parquet, one row a box or one row an image.

One file a variant would say the same many times: a table is described by its columns. Read are the CSV files of TF's
object detection, VoTT, Roboflow, RetinaNet (without a header line), Kaggle and VGG's annotator; the metadata files of
Hugging Face's `ImageFolder` with `objects`; and, beside this module, Open Images.

Sources: https://huggingface.co/docs/datasets/image_dataset, https://github.com/fizyr/keras-retinanet#csv-datasets,
https://storage.googleapis.com/openimages/web/factsfigures_v7.html.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.dataset.assembly.annotations import (
    BOXES,
    CLASSES,
    NAMED,
    SPLITS,
    Annotations,
)
from datalint.dataset.containers import delimited, parquet
from datalint.dataset.containers.json import records as json_records
from datalint.dataset.containers.records import (
    Kind,
    NotRecordsError,
    NotUsableError,
    Outcome,
    Place,
    Problem,
    Records,
    counted,
    decode,
    unreadable,
)
from datalint.dataset.files import splits
from datalint.dataset.formats.tables import (
    box_columns,
    columns,
    image_column,
    open_images,
    split_column,
)
from datalint.dataset.formats.tables import (
    candidates as table_records,
)
from datalint.dataset.formats.tables.box_columns import Columns
from datalint.dataset.formats.tables.box_values import (
    FLAT,
    NUMBER,
    Thing,
    from_text,
    step,
    text_of,
    things,
)
from datalint.dataset.formats.tables.record_images import RecordImages
from datalint.pixels.header import header_size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.containers.json.records import Item
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.tables.box_columns import Meaning

NAME = "box-table"

_EXTENSIONS = (*table_records.PRECISION, "txt")
#: Enough of a file to see its columns.
_HEAD = 1 << 16
_SAMPLE = 40
_KEY = re.compile(r'"((?:[^"\\]|\\.){1,40})"\s*:')
#: Keys of other formats that are lists of objects with boxes: CreateML, and COCO's lists of results.
_FOREIGN = {"coordinates", "score", "scores"}
_EMPTY = ("", "none", "null", "na", "n/a", "[]", "{}", "()")
#: Tables of these names list the classes: `name,number` a line, without a header.
_CLASS_FILES = frozenset(
    {"classes", "class", "classmapping", "classmap", "classnames", "labels", "labelmap", "labelmapping", "mapping"}
)
_SMALL = 1 << 20
#: Images whose headers are read where nothing else tells what four numbers mean.
_MOST_OPENED = 64

#: What every record becomes: an image that is named, and the four numbers of its box if there is one. `pointer` is that
#: of the box, `record` that of the record.
_ROWS = pl.Schema(
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
_EDGES = ("a", "b", "c", "d")
_OBJECT = pl.Schema(
    {"order": pl.UInt32}
    | {name: _ROWS[name] for name in ("pointer", "class", "class_id", *_EDGES, "crowd", "id", "area", "is_box")}
)


@dataclass
class _Table:
    """One file, understood."""

    file: str
    folder: str
    rows: pl.DataFrame
    """One row a box (`is_box`), or an image that is named without one; then also file_row and path."""
    names: tuple[str, ...]
    """The columns, for comparison with other files'."""
    form: str | None
    usual: str
    """What four numbers without names mean, where nothing else tells."""
    words: str
    """Which columns were read, for the evidence."""
    matched: str = ""
    problems: list[Problem] = field(default_factory=list)
    split: str | None = None


def read(tree: Tree, config: Config, of_others: Collection[str] = ()) -> list[Annotations]:
    """Every table of boxes under the root; those that differ in the name of a split are one dataset. Files that another
    format reads (`of_others`) are left to it.
    """
    candidates, _ = table_records.possible(tree, _EXTENSIONS)
    if candidates.is_empty():
        return []
    images = RecordImages(tree, _EXTENSIONS, config)
    found, taken = open_images.read(tree, candidates, images, config)
    tables: list[_Table] = []
    unread: list[Annotations] = []
    for path, row, folder, extension in candidates.select("path", "file_row", "folder", "extension").iter_rows():
        if path in taken or path in of_others:
            continue
        try:
            if not _may_be(tree.head(row)[:_HEAD], extension, config):
                continue
            table = _understood(tree.data(row), path, folder, extension, images.files, config)
        except OSError as error:
            if extension not in table_records.PRECISION:
                continue
            unread.append(Annotations(NAME, path, 2, outcomes={path: unreadable(error)}))
            continue
        except (NotRecordsError, NotUsableError):
            continue
        table.rows, problems, table.matched = images.place(table.rows, table.file, table.folder)
        table.problems += problems
        tables.append(table)
    return [*found, *(_annotations(group, tree) for group in _groups(tables)), *unread]


def _may_be(head: bytes, extension: str, config: Config) -> bool:
    """Whether the beginning of a file looks like a table of boxes."""
    if extension == "parquet":
        return head.startswith(b"PAR1")
    text, _ = decode(head[: len(head) - len(head) % 2], "")
    if extension in ("json", "jsonl", "ndjson"):
        opened = text.lstrip()[:1]
        if opened != ("[" if extension == "json" else "{"):
            return False
        keys = {columns.plain(key) for key in _KEY.findall(text)}
        return not keys & _FOREIGN and box_columns.of(sorted(keys)) is not None
    lines = re.split(r"\r\n|\n|\r", text)
    lines = [line for line in (lines[:-1] if len(head) == _HEAD else lines) if line.strip()]
    if not lines or "\0" in lines[0]:
        return False
    delimiter = delimited.sniff(lines)
    rows = [row for line in lines[:_SAMPLE] if (row := delimited.cells(line, delimiter)) is not None]
    if not rows:
        return False
    is_name = table_records.namer(config)
    if not any(is_name(cell.strip()) for cell in rows[0]):
        return extension != "txt" and box_columns.of([cell.strip() for cell in rows[0]]) is not None
    return _headerless(rows, is_name) is not None


def _headerless(rows: Sequence[Sequence[str]], is_name: Any) -> tuple[int, ...] | None:
    """The places of four numbers in rows of a path, four numbers and a class; None if the rows are not so."""
    width = len(rows[0])
    if not 5 <= width <= 7 or not is_name(rows[0][0].strip()):
        return None
    alike = [row for row in rows if len(row) == width]
    filled = [row for row in alike if all(cell.strip() for cell in row)]
    if not filled or len(alike) * 2 < len(rows):
        return None

    def share(place: int) -> float:
        return sum(re.fullmatch(NUMBER, row[place].strip()) is not None for row in filled) / len(filled)

    for places in ((1, 2, 3, 4), (2, 3, 4, 5)):
        if places[-1] < width and all(share(place) > 0.5 for place in places):
            return places
    return None


def _understood(data: bytes, file: str, folder: str, extension: str, files: pl.DataFrame, config: Config) -> _Table:
    """The boxes of a file. Raises NotRecordsError or NotUsableError if it holds none."""
    if extension in ("json", "jsonl", "ndjson"):
        items, problems = (json_records.array_items if extension == "json" else json_records.line_items)(data, file)
        return _from_items(items, problems, file, folder, files, config)
    if extension == "parquet":
        kinds = parquet.schema(data)
        where = box_columns.of(list(kinds))
        if where is None:
            raise NotUsableError("no column of boxes")
        if len(where.edges) == 1 and kinds[where.edges[0]].is_nested():
            return _from_items(parquet.items(data), [], file, folder, files, config)
        return _from_records(parquet.read(data, file), file, folder, files, config)
    records = delimited.read(data, file, table_records.namer(config))
    where = None
    if not records.header:
        records, where = _named(records, config)
    return _from_records(records, file, folder, files, config, where)


def _named(records: Records, config: Config) -> tuple[Records, Columns]:
    """Records without a header line, with names for their columns; and which of them are the box."""
    frame = records.frame
    rows = [[cell or "" for cell in row] for row in frame.head(_SAMPLE).iter_rows()]
    places = _headerless(rows, table_records.namer(config)) if rows else None
    if places is None:
        raise NotUsableError("no four columns of numbers")
    label = next((place for place in range(1, frame.width) if place not in places), None)
    names = {frame.columns[place]: f"field {place + 1}" for place in places}
    names |= {frame.columns[0]: "path"} | ({} if label is None else {frame.columns[label]: "class"})
    where = Columns(tuple(f"field {place + 1}" for place in places), None)
    named = frame.select(pl.col(old).alias(new) for old, new in names.items())
    return Records(named, records.lines, None, records.problems, header=False), where


def _from_records(
    records: Records, file: str, folder: str, files: pl.DataFrame, config: Config, where: Columns | None = None
) -> _Table:
    """A table whose rows are boxes or images; `where` says where the boxes are if the names of the columns do not."""
    frame = records.frame
    where = where or box_columns.of(frame.columns)
    if where is None or columns.holds_runs(frame.columns):
        raise NotUsableError("no column of boxes")
    path = image_column.choose(frame, folder, files, config)
    others = [name for name in frame.columns if name not in (path.name, *where.edges, where.width, where.height)]
    split = split_column.choose(frame.select(others), config)
    others = [name for name in others if name != split]
    label = config.label_column if config.label_column in others else columns.first(others, box_columns.CLASS)
    number = columns.first([name for name in others if name != label], columns.LABEL_ID)
    attributes = columns.first(others, ("regionattributes",))
    if label is None:
        label, number = number or attributes, None
    nothing = pl.Series([None] * frame.height, dtype=pl.String)
    pointers = nothing if records.pointers is None else records.pointers
    base = pl.DataFrame({"line": records.lines}).with_columns(
        frame[path.name].alias("cell"),
        pointers.alias("pointer"),
        pointers.alias("record"),
        _attribute(frame[label]) if label is not None and label == attributes else _text(frame, label).alias("class"),
        _whole(frame, number if number is not None else label).alias("class_id"),
        _number(frame, where.width).alias("width"),
        _number(frame, where.height).alias("height"),
        _text(frame, split).alias("split"),
        pl.lit(None, pl.String).alias("id"),
        pl.lit(None, pl.Float64).alias("area"),
        _flag(frame, columns.first(others, ("isgroupof", "iscrowd", "crowd", "group"))).alias("crowd"),
    )
    problems = list(records.problems)
    edges = [frame[name] for name in where.edges]
    if len(edges) == 4:
        rows = _from_edges(base, edges, where, file, problems)
    else:
        rows = _from_cells(base, edges[0], label is not None, file, problems)
    rows = _with_classes(rows, label, file, problems)
    boxes = int(rows["is_box"].sum())
    shapes = columns.plain(where.edges[0]) == "regionshapeattributes"
    if not boxes or (shapes and boxes < len(problems)):
        raise NotUsableError("no box, or mostly other shapes")
    words = _words(where, path.name, label, split, records.header)
    names = tuple(columns.plain(name) for name in frame.columns)
    usual = "xywh" if records.header else "xyxy"
    return _Table(file, folder, rows, names, where.form, usual, words, problems=problems)


def _words(where: Columns, path: str, label: str | None, split: str | None, header: bool) -> str:
    if not header:
        return "no header line; a path, four numbers" + (" and a class a line" if label else " a line")
    parts = [f"paths in {path!r}", f"boxes in {', '.join(where.edges)}"]
    parts += [f"classes in {label!r}"] if label else ["no column of classes"]
    parts += [f"splits in {split!r}"] if split else []
    parts += [f"sizes in {where.width!r}, {where.height!r}"] if where.width and where.height else []
    return "; ".join(parts)


def _is_empty(cells: pl.Series) -> pl.Series:
    return cells.str.strip_chars().str.to_lowercase().is_in(_EMPTY).fill_null(value=True)


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
        *(cells.alias(name) for name, cells in zip(_EDGES, numbers, strict=True)), (~is_image).alias("is_box")
    )
    expected = box_columns.WORDS.get(where.form or "", "4 numbers")
    for place in is_bad.arg_true().to_list():
        wrong = next(n for n in range(4) if numbers[n][place] is None)
        cell = edges[wrong][place]
        if empty.item(place, wrong):
            reason = f"a box of {4 - sum(empty.row(place))} numbers: {where.edges[wrong]!r} is empty"
        else:
            reason = f"{cell.strip()[:40]!r} in column {where.edges[wrong]!r} is no number"
        problems.append(
            Problem("syntax", Place(file, base["line"][place], None, base["pointer"][place]), reason, expected)
        )
    return rows.filter(~is_bad)


def _from_cells(
    base: pl.DataFrame, cells: pl.Series, has_label: bool, file: str, problems: list[Problem]
) -> pl.DataFrame:
    """A whole box a cell, or several: plain numbers at once, all else one by one."""
    bare = cells.fill_null("").str.strip_chars()
    empty = _is_empty(cells)
    flat = bare.str.contains(FLAT) & ~bare.str.contains(r"^[\[\(]\s*[\[\(]")
    numbers = bare.set(~flat, "").str.extract_all(NUMBER)
    four = flat & (numbers.list.len() == 4)
    values = [numbers.list.get(place, null_on_oob=True).cast(pl.Float64, strict=False) for place in range(4)]
    simple = base.with_columns(
        *(series.alias(name) for name, series in zip(_EDGES, values, strict=True)),
        four.alias("is_box"),
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("order"),
    )
    others = ~four & ~empty
    objects = _Objects(file, problems)
    for place in others.arg_true().to_list():
        line, label, number = (base[name][place] for name in ("line", "class", "class_id"))
        try:
            if flat[place]:
                raise ValueError(f"a box of {len(numbers[place]):,} numbers")
            labels = from_text(label) if label and label.startswith("[") else label
            found = things(from_text(bare[place]), labels, number)
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "a cell that is nested too deeply"
            problems.append(Problem("syntax", Place(file, line, None, base["record"][place]), reason, "4 numbers"))
            continue
        objects.add(found, place, line, None)
    more = objects.frame(base)
    rows = pl.concat([simple.filter(~others).select(more.columns), more])
    return rows.sort("order", maintain_order=True).drop("order")


class _Objects:
    """Rows of the objects that structured cells hold, column by column: records may hold many."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems
        self._rows: list[tuple[Any, ...]] = []

    def add(self, found: Sequence[Thing], place: int, line: int, at: str | None) -> None:
        """The objects of one record, the `place`-th; a row of the image alone where none can be used. `at` is the
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
            about = (place, pointer, text_of(label), number)
            self._rows.append((*about, *thing.numbers, thing.crowd, thing.id, thing.area, True))
        if len(self._rows) == before:
            self._rows.append((place, *[None] * (len(_OBJECT) - 2), False))

    def frame(self, base: pl.DataFrame) -> pl.DataFrame:
        """The rows, each with the columns of its record in `base` that it has not itself."""
        values = zip(*self._rows, strict=True) if self._rows else [()] * len(_OBJECT)
        own = pl.DataFrame(
            [
                pl.Series(name, column, kind, strict=False)
                for (name, kind), column in zip(_OBJECT.items(), values, strict=True)
            ]
        )
        rest = base.select(name for name in _ROWS if name not in _OBJECT)
        return pl.concat([own, rest[own["order"]]], how="horizontal")


def _with_classes(rows: pl.DataFrame, label: str | None, file: str, problems: list[Problem]) -> pl.DataFrame:
    """The rows but boxes without a class, where there is a column of classes and it is filled elsewhere."""
    rows = rows.with_columns(pl.when(pl.col("class").str.strip_chars() != "").then(pl.col("class").str.strip_chars()))
    if label is None or not rows.filter("is_box")["class"].count():
        return rows
    bare = rows.filter(pl.col("is_box") & pl.col("class").is_null())
    for line, pointer in bare.select("line", "pointer").iter_rows():
        problems.append(Problem("syntax", Place(file, line, None, pointer), f"no class in column {label!r}", "a class"))
    return rows.filter(~pl.col("is_box") | pl.col("class").is_not_null())


def _from_items(
    items: Sequence[Item], problems: list[Problem], file: str, folder: str, files: pl.DataFrame, config: Config
) -> _Table:
    """A list of objects, one an image (or one a box)."""
    keys = list(dict.fromkeys(key for item in items for key in item.value))
    if _FOREIGN & {columns.plain(key) for key in keys}:
        raise NotUsableError("another format's list")
    where = box_columns.of(keys)
    if where is None:
        raise NotUsableError("no key of boxes")
    plain = [key for key in keys if key not in where.edges]
    frame = pl.DataFrame(
        {json_records.clean(key): [json_records.cell(item.value.get(key)) for item in items] for key in plain},
        schema=dict.fromkeys(map(json_records.clean, plain), pl.String),
    )
    path = image_column.choose(frame, folder, files, config)
    others = [name for name in plain if name not in (path.name, where.width, where.height)]
    split = split_column.choose(frame.select(name for name in others if name in frame.columns), config)
    label = config.label_column if config.label_column in others else columns.first(others, box_columns.CLASS)
    number = columns.first([name for name in others if name != label], columns.LABEL_ID)
    if label is None:
        label, number = number, None
    base = pl.DataFrame(
        {
            "cell": frame[path.name],
            "line": [item.line for item in items],
            "record": [item.pointer for item in items],
            "width": [None if where.width is None else _as_number(item.value.get(where.width)) for item in items],
            "height": [None if where.height is None else _as_number(item.value.get(where.height)) for item in items],
            "split": [None if split is None else text_of(item.value.get(split)) for item in items],
        },
        schema={name: _ROWS[name] for name in ("cell", "line", "record", "width", "height", "split")},
    )
    forms: dict[str | None, int] = defaultdict(int)
    problems = list(problems)
    objects = _Objects(file, problems)
    for place, item in enumerate(items):
        value = item.value
        at = item.pointer or ""
        labels, numbers = (None if key is None else value.get(key) for key in (label, number))
        try:
            if len(where.edges) == 1:
                at = f"{at}/{step(where.edges[0])}"
                found = things(value.get(where.edges[0]), labels, numbers)
            elif all(value.get(edge) is None for edge in where.edges):
                found = []
            else:
                found = things({edge: value.get(edge) for edge in where.edges}, labels, numbers)
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
            problems.append(Problem("syntax", Place(file, item.line, None, at or None), reason, "boxes of 4 numbers"))
            continue
        for thing in found:
            forms[thing.form] += thing.numbers is not None
        objects.add(found, place, item.line, at)
    rows = objects.frame(base).drop("order")
    if not rows["is_box"].any():
        raise NotUsableError("no box")
    form = max(forms, key=lambda key: forms[key]) if forms else None
    words = f"paths in {path.name!r}; boxes in {', '.join(where.edges)}"
    return _Table(file, folder, rows, tuple(map(columns.plain, keys)), form, "xywh", words, problems=problems)


def _groups(tables: Iterable[_Table]) -> list[list[_Table]]:
    """Tables of the same columns whose paths differ in the name of a split only."""
    groups: dict[tuple[Any, ...], list[_Table]] = defaultdict(list)
    for table in tables:
        parts, found = [], set()
        for part in table.file.rpartition(".")[0].split("/"):
            name = splits.read(part)
            parts.append(part if name is None else f"{'-'.join(name.rest)}\0")
            found |= set() if name is None else {name.split}
        table.split = found.pop() if len(found) == 1 else None
        groups[(table.names, tuple(parts), table.split is None and table.file)].append(table)
    several: list[list[_Table]] = []
    for group in groups.values():
        if len({table.split for table in group}) > 1:
            several.append(group)
        else:
            for table in group:
                table.split = None
                several.append([table])
    return several


def _annotations(group: Sequence[_Table], tree: Tree) -> Annotations:
    """Tables of one dataset as one."""
    lead = group[0]
    rows = pl.concat([table.rows.with_columns(pl.lit(table.file).alias("file")) for table in group])
    boxes = rows.filter("is_box")
    said = box_columns.meaning(_with_sizes(boxes, tree) if lead.form is None else boxes, lead.form, lead.usual)
    problems = [problem for table in group for problem in table.problems]
    declared, outcomes = _declared(lead, tree)
    boxes = _matched_classes(boxes, declared, problems)
    named = rows.unique("path", keep="first", maintain_order=True).with_columns(pl.col("record").alias("pointer"))
    parts = [
        table.rows.filter(pl.col("file_row").is_not_null()).select("file_row", pl.lit(table.split).alias("split"))
        for table in group
        if table.split is not None
    ]
    given = {cell: splits.canonical(cell) or cell for cell in rows["split"].drop_nulls().unique().to_list() if cell}
    if given:
        parts = [rows.filter(pl.col("file_row").is_not_null()).select("file_row", pl.col("split").replace(given))]
    by_table = (
        pl.concat(parts).filter(pl.col("split").fill_null("") != "").unique(maintain_order=True) if parts else None
    )
    for table in group:
        images, count = table.rows["path"].n_unique(), int(table.rows["is_box"].sum())
        detail = f"{counted(images, 'image')}, {counted(count, 'box', 'boxes')}"
        outcomes[table.file] = Outcome(Kind.READ, "read as a table of boxes", detail)
    return Annotations(
        NAME,
        lead.file,
        2,
        boxes=_as_boxes(boxes, said),
        named=named.select(pl.col(name).cast(kind) for name, kind in NAMED.items()),
        splits=SPLITS.to_frame() if by_table is None else by_table.cast(dict(SPLITS)),  # type: ignore[arg-type]
        classes=declared,
        problems=problems,
        evidence=_evidence(group, rows, boxes, said),
        outcomes=outcomes,
    )


def _with_sizes(boxes: pl.DataFrame, tree: Tree) -> pl.DataFrame:
    """The boxes, with the sizes of a few images from their headers where the table gives none."""
    if boxes["width"].count() and boxes["height"].count():
        return boxes
    rows = boxes["file_row"].drop_nulls().unique().sort()
    rows = rows.gather_every(max(1, len(rows) // _MOST_OPENED)).head(_MOST_OPENED)
    sizes: list[tuple[int, int, int]] = []
    for row, os_path in zip(rows, tree.files["os_path"].gather(rows), strict=True):
        size = header_size(os.path.join(tree.root, os_path))
        if size is not None:
            sizes.append((row, *size))
    known = pl.DataFrame(sizes, schema={"file_row": pl.UInt32, "width": pl.Float64, "height": pl.Float64}, orient="row")
    return boxes.drop("width", "height").join(known, on="file_row", how="left", maintain_order="left")


def _as_boxes(boxes: pl.DataFrame, said: Meaning) -> pl.DataFrame:
    boxes = boxes.with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("box"),
        pl.concat_list(*_EDGES).alias("raw"),
        pl.lit(said.unit).alias("unit"),
        pl.lit(None, pl.Float64).alias("angle"),
    )
    return boxes.select(pl.col(name).cast(kind) for name, kind in BOXES.items())


def _evidence(group: Sequence[_Table], rows: pl.DataFrame, boxes: pl.DataFrame, said: Meaning) -> tuple[str, ...]:
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
            f"{counted(only.height, 'record')} without a box but with a class, {only['class'][0]!r} of "
            f"{only['file'][0]} first: read as images without an object."
        )
    if named := [table.split for table in group if table.split]:
        evidence.append(f"Splits are named by the tables: {', '.join(dict.fromkeys(named))}.")
    return tuple(evidence)


def _declared(table: _Table, tree: Tree) -> tuple[pl.DataFrame, dict[str, Outcome]]:
    """Classes that a small file beside the table declares: `name,number` a line."""
    near = tree.files.filter(
        (pl.col("folder") == table.folder) & pl.col("extension").is_in(["csv", "txt"]) & (pl.col("bytes") < _SMALL)
    )
    for path, row, stem in near.select("path", "file_row", "stem").iter_rows():
        if columns.plain(stem) not in _CLASS_FILES or path == table.file:
            continue
        try:
            text, _ = decode(tree.data(row, _SMALL), path)
        except OSError:
            continue
        lines = [line.rsplit(",", 1) for line in text.splitlines() if line.strip()]
        if not lines or any(len(one) != 2 or not re.fullmatch(r"\s*\d{1,9}\s*", one[1]) for one in lines):
            continue
        frame = pl.DataFrame(
            {
                "class": [one[0].strip().strip('"') for one in lines],
                "class_id": [int(one[1]) for one in lines],
                "source": [path] * len(lines),
            },
            schema=CLASSES,
        )
        return frame, {path: Outcome(Kind.READ, "read as a list of classes", f"{len(lines):,}")}
    return CLASSES.to_frame(), {}


def _matched_classes(boxes: pl.DataFrame, declared: pl.DataFrame, problems: list[Problem]) -> pl.DataFrame:
    """The boxes with the names and numbers of the declared classes; those of other classes are problems."""
    if declared.is_empty():
        return boxes
    numbers: dict[str, int] = dict(declared.select("class", "class_id").iter_rows())
    by_number = {str(number): name for name, number in numbers.items()}
    used = boxes["class"].drop_nulls().unique().to_list()
    if not any(name in numbers or name in by_number for name in used):
        return boxes
    names = {name: by_number[name] for name in used if name not in numbers and name in by_number}
    boxes = boxes.with_columns(pl.col("class").replace(names))
    boxes = boxes.with_columns(
        pl.coalesce(pl.col("class").replace_strict(numbers, default=None, return_dtype=pl.Int64), "class_id").alias(
            "class_id"
        )
    )
    strange = boxes.filter(~pl.col("class").is_in(list(numbers)))
    source = declared["source"][0]
    for name, file, line, pointer, path in strange.select("class", "file", "line", "pointer", "path").iter_rows():
        reason = f"the class {name!r} is not declared in {source}"
        problems.append(Problem("unknown-category", Place(file, line, None, pointer), reason, "a declared class", path))
    return boxes


def _text(frame: pl.DataFrame, name: str | None) -> pl.Series:
    """A column of words; numbers that are whole are written so."""
    if name is None:
        return pl.Series([None] * frame.height, dtype=pl.String)
    cells = frame[name].str.strip_chars()
    return cells.str.replace(r"^(-?\d+)\.0+$", "$1")


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


def _attribute(cells: pl.Series) -> pl.Series:
    """The first value of each object in a column of VGG's annotator: the class."""

    def first(text: str) -> str | None:
        try:
            value = from_text(text)
        except ValueError:
            return None
        found = [text_of(item) for item in value.values()] if isinstance(value, dict) else []
        return next((item for item in found if item), None)

    different = cells.drop_nulls().unique().to_list()
    return cells.replace_strict({text: first(text) for text in different}, default=None, return_dtype=pl.String).alias(
        "class"
    )


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


__all__ = ["NAME", "read"]
