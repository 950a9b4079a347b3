"""Tables with the pictures in them, Parquet and Arrow, as Hugging Face writes them: classes, splits and boxes.

Reference: https://huggingface.co/docs/datasets/about_dataset_features
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.annotations import LABELS, NAMED, SPLITS, Annotations, conform
from datalint.dataset.assembly.collector import Collector, Record
from datalint.dataset.containers.json.document import Document
from datalint.dataset.containers.records import Kind, Outcome, Place, unreadable
from datalint.dataset.files import shards, splits
from datalint.dataset.files.image_names import Found
from datalint.dataset.formats.label_format import above_splits
from datalint.sources import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree
    from datalint.sources.tables import Described, Table

NAME = "picture-table"
#: Columns with a class, where the file itself does not say which they are; the first one counts.
_LABELS = (
    "label",
    "labels",
    "class",
    "cls",
    "class_name",
    "label_name",
    "category",
    "target",
    "fine_label",
    "class_id",
)
_OBJECTS, _BOXES = ("objects", "annotations"), ("bbox", "bboxes", "boxes")
_CLASSES = ("category", "categories", "label", "labels", "category_id")
#: Files beside tables that describe them.
_ABOUT = ("dataset_info.json", "state.json", "dataset_dict.json")
_MOST_ABOUT = 1 << 24


class _Column(NamedTuple):
    """A column with classes."""

    name: str
    classes: tuple[str, ...]
    """By number; empty where only the values tell."""
    several: bool
    """Whether a picture may have several."""


def read(tree: Tree, config: Config) -> list[Annotations]:
    """A dataset a folder of tables, those of splits aside."""
    if not tree.tables or config.layout not in (None, NAME):
        return []
    folders: dict[str, dict[str, Table]] = {}
    for path, table in sorted(tree.tables.items()):
        folders.setdefault(above_splits(posixpath.dirname(path)), {})[path] = table
    return [_Dataset(tree, config, folder, held).read() for folder, held in folders.items()]


class _Dataset:
    """The tables of one folder."""

    def __init__(self, tree: Tree, config: Config, folder: str, held: Mapping[str, Table]) -> None:
        self._tree, self._config, self._held, self._folder = tree, config, held, folder
        self._out = Collector(NAME, folder, 1)
        self._labels: list[pl.DataFrame] = []
        self._named: list[pl.DataFrame] = []
        self._several = False
        self._columns: dict[str, None] = {}
        self._declared: dict[tuple[str, int], None] = {}
        names = {path: shards.plain(posixpath.basename(path)) for path in held}
        among = splits.among(set(names.values()))
        self._splits = {path: among.get(name) or splits.canonical(name) for path, name in names.items()}

    def read(self) -> Annotations:
        """What all of them say."""
        about = self._about()
        splits_of: list[pl.DataFrame] = []
        for path, table in self._held.items():
            try:
                rows = self._table(path, table, about)
            except OSError as error:
                self._out.outcomes[path] = unreadable(error)
                continue
            self._out.outcomes[path] = Outcome(Kind.READ, "read as a table of pictures", counted(rows.height, "row"))
            splits_of.append(rows.select("file_row", pl.lit(self._splits[path]).alias("split")))
        for name, number in self._declared:
            self._out.declare(name, number, next(iter(self._held)))
        found = self._out.annotations()
        found.multi = self._several
        found.labels = conform(LABELS, pl.concat(self._labels)) if self._labels else found.labels
        found.named = conform(NAMED, pl.concat(self._named)) if self._named else found.named
        found.splits = pl.concat(splits_of).drop_nulls().cast(SPLITS) if splits_of else found.splits
        found.image_level = found.boxes.is_empty()
        found.evidence = (self._sentence(found), *found.evidence)
        return found

    def _sentence(self, found: Annotations) -> str:
        which = next(iter(self._held)) if len(self._held) == 1 else counted(len(self._held), "table")
        parts = [which, counted(found.named.height, "picture")]
        parts += [counted(found.labels.height, "label")] if found.labels.height else []
        parts += [counted(found.boxes.height, "box", "boxes")] if found.boxes.height else []
        if self._columns:
            parts.append(f"from the column{'s' if len(self._columns) > 1 else ''} {', '.join(self._columns)}")
        return f"Tables of pictures: {', '.join(parts)}."

    def _table(self, path: str, table: Table, about: Mapping[str, Any]) -> pl.DataFrame:
        """Read one; its rows with the number of each picture in `Tree.files`."""
        said = tables.described(table)
        said = said._replace(features=said.features or about)
        labels = _label_column(said, self._config)
        objects = next((name for name in _OBJECTS if _holds_boxes(said.schema.get(name))), None)
        wanted = [name for name in (labels and labels.name, objects) if name]
        rows = self._numbered(path, table.read(wanted) if wanted else None)
        self._named.append(rows.select("file_row", "path", pl.lit(path).alias("file")))
        if labels is not None:
            self._columns[labels.name] = None
            self._several |= labels.several
            self._put_labels(path, rows, labels)
        if objects is not None:
            self._columns[objects] = None
            self._put_boxes(path, rows, objects, said)
        return rows

    def _numbered(self, path: str, values: pl.DataFrame | None) -> pl.DataFrame:
        own = self._tree.files.filter(pl.col("path").str.starts_with(f"{path}#")).select(
            "file_row", "path", row=pl.col("path").str.slice(len(path) + 1).cast(pl.UInt32)
        )
        own = own.sort("row")
        return own if values is None else pl.concat([own, values.head(own.height)], how="horizontal")

    # -- classes of whole pictures

    def _put_labels(self, path: str, rows: pl.DataFrame, column: _Column) -> None:
        for number, name in enumerate(column.classes):
            self._declared[name, number] = None
        values = rows.select("file_row", "path", value=pl.col(column.name))
        if isinstance(values.schema["value"], pl.List | pl.Array):
            values = values.explode("value")
        values = values.filter(pl.col("value").is_not_null())
        if values.schema["value"].is_integer():
            values = values.filter(pl.col("value") >= 0)  # -1: not labelled
            known = dict(enumerate(column.classes))
            called = pl.col("value").cast(pl.Int64).replace_strict(known, default=None, return_dtype=pl.String)
            values = values.with_columns(
                pl.coalesce(called, pl.col("value").cast(pl.String)).alias("class"),
                class_id=pl.col("value").cast(pl.Int64),
            )
            if known:
                self._undeclared(path, values, len(known))
        else:
            text = pl.col("value").cast(pl.String).str.strip_chars()
            values = values.with_columns(text.alias("class")).filter(pl.col("class") != "")
        self._labels.append(conform(LABELS, values.with_columns(pl.lit(path).alias("file"))))

    def _undeclared(self, path: str, values: pl.DataFrame, count: int) -> None:
        for image, number in values.filter(pl.col("class_id") >= count).select("path", "class_id").iter_rows():
            reason = f"the class {number} is not among the {count:,} that are declared"
            self._out.problem("unknown-category", Place(path), reason, "a number that is declared", image)

    # -- boxes

    def _put_boxes(self, path: str, rows: pl.DataFrame, column: str, said: Described) -> None:
        """Of every object of every row."""
        classes = _class_names(said.features.get(column))
        self._declared |= {(name, at): None for at, name in enumerate(classes)}
        for row, image, cell in rows.select("file_row", "path", column).iter_rows():
            found = Found(row, image)
            for raw, category, own, area in _objects(cell):
                known = isinstance(category, int) and 0 <= category < len(classes)
                called = classes[category] if known else category
                number = category if isinstance(category, int) else None
                record = Record(found, None if called is None else str(called), number, Place(path))
                if raw is None:
                    reason = "a box is not a list of 4 numbers"
                    self._out.problem("syntax", Place(path), reason, "x, y, width and height", image)
                else:
                    self._out.box(record, raw, "xywh-pixels", id=None if own is None else str(own), area=area)

    # -- what lies beside them

    def _about(self) -> Mapping[str, Any]:
        """The features that a file beside the tables states."""
        found: Mapping[str, Any] = {}
        folders = {self._folder, *map(posixpath.dirname, self._held)}
        for folder in sorted(folders):
            for name in _ABOUT:
                path = posixpath.join(folder, name)
                row = self._tree.names.row(path)
                if row is None:
                    continue
                self._out.outcomes[path] = Outcome(Kind.OTHER, "describes tables of pictures")
                document = Document(self._tree.data(row, _MOST_ABOUT), path)
                features = document.value(document.find("/features"))
                if isinstance(features, dict):
                    found = found or features
        return found


def _label_column(said: Described, config: Config) -> _Column | None:
    """The column with classes of whole pictures."""
    kinds = said.schema
    if config.label_column is not None:
        names = [config.label_column] if config.label_column in kinds else []
    else:
        declared = [name for name in kinds if _class_names(said.features.get(name)) and name not in _OBJECTS]
        names = sorted(declared, key=lambda name: _LABELS.index(name) if name in _LABELS else len(_LABELS))
        names += [name for name in _LABELS if name in kinds]
    for name in names:
        kind = kinds[name]
        inner = kind.inner if isinstance(kind, pl.List | pl.Array) else kind
        if inner == pl.String or inner.is_integer() or isinstance(inner, pl.Categorical | pl.Enum):
            return _Column(name, _class_names(said.features.get(name)), inner is not kind)
    return None


def _class_names(feature: Any, depth: int = 4) -> tuple[str, ...]:
    """The names of the `ClassLabel` that a feature is or holds."""
    if isinstance(feature, dict):
        names = feature.get("names")
        if feature.get("_type") == "ClassLabel":
            good = isinstance(names, list) and all(isinstance(name, str) for name in names)
            return tuple(names) if isinstance(names, list) and good else ()
        feature = list(feature.values())
    if isinstance(feature, list) and depth:
        return next(filter(None, (_class_names(one, depth - 1) for one in feature)), ())
    return ()


def _holds_boxes(kind: Any) -> bool:
    """Whether a column is a struct of lists, or a list of structs, with boxes."""
    inner = kind.inner if isinstance(kind, pl.List) else kind
    return isinstance(inner, pl.Struct) and any(
        field.name in _BOXES and isinstance(field.dtype, pl.List | pl.Array) for field in inner.fields
    )


def _objects(cell: Any) -> Iterator[tuple[list[float] | None, Any, Any, float | None]]:
    """Box, class, id and area of each object of a row."""
    if isinstance(cell, dict):
        lists = {key: value for key, value in cell.items() if isinstance(value, list)}
        count = max((len(lists[key]) for key in _BOXES if key in lists), default=0)
        cell = [{key: value[at] for key, value in lists.items() if at < len(value)} for at in range(count)]
    for one in cell or ():
        if isinstance(one, dict):
            raw = next((one[key] for key in _BOXES if key in one), None)
            good = isinstance(raw, list) and len(raw) == 4 and all(isinstance(side, int | float) for side in raw)
            area = one.get("area")
            yield (
                [float(side) for side in raw] if good and isinstance(raw, list) else None,
                next((one[key] for key in _CLASSES if key in one), None),
                one.get("id"),
                float(area) if isinstance(area, int | float) else None,
            )
