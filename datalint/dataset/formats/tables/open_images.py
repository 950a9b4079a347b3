"""Open Images: CSV files of boxes, of labels of whole images, of masks, of images and of classes.

Source: https://storage.googleapis.com/openimages/web/download_v7.html. Classes are machine ids (`/m/0cmf2`) that
`class-descriptions*.csv` names; boxes are shares of the image; a label of confidence 0 says that a class is absent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.annotations import (
    BOXES,
    CLASSES,
    LABELS,
    NAMED,
    SPLITS,
    Annotations,
    conform,
)
from datalint.dataset.containers import columns, delimited
from datalint.dataset.containers.limits import TooMuchError
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import (
    LONGEST_NAME,
    Kind,
    NotRecordsError,
    NotUsableError,
    Outcome,
    Place,
    Problem,
    Records,
    decode,
    quoted,
    unreadable,
)
from datalint.dataset.files import splits

if TYPE_CHECKING:
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.tables.record_images import RecordImages

_NAME = "box-table"
_HEAD = 1 << 14
_EDGES = {"xmin": "a", "ymin": "b", "xmax": "c", "ymax": "d"}
_MACHINE_ID = re.compile(r"/[a-z]/[\w]+")
_SMALL = 1 << 24


@dataclass
class _File:
    path: str
    row: int
    folder: str
    kind: str
    """boxes, labels, masks, images, classes."""


@dataclass
class _Dataset:
    """What the files of one dataset say, file after file."""

    boxes: list[pl.DataFrame] = field(default_factory=list)
    labels: list[pl.DataFrame] = field(default_factory=list)
    named: list[pl.DataFrame] = field(default_factory=list)
    splits: list[pl.DataFrame] = field(default_factory=list)
    masks: set[int] = field(default_factory=set)
    problems: Problems = field(default_factory=Problems)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)


def read(tree: Tree, candidates: pl.DataFrame, images: RecordImages) -> tuple[list[Annotations], set[str]]:
    """Every dataset of this format among `candidates` (rows of `tree.files`), and the files that belong to one."""
    files: list[_File] = []
    tables = candidates.filter(pl.col("extension") == "csv")
    for path, row, folder in tables.select("path", "file_row", "folder").iter_rows():
        if kind := _kind(tree, row, path):
            files.append(_File(path, row, folder, kind))
    descriptions = [file for file in files if file.kind == "classes"]
    groups: dict[tuple[str, ...], list[_File]] = defaultdict(list)
    for file in files:
        if file.kind != "classes":
            groups[tuple("*" if splits.canonical(part) else part for part in file.folder.split("/"))].append(file)
    found: list[Annotations] = []
    taken: set[str] = set()
    for group in groups.values():
        near = sorted(descriptions, key=lambda file: (-_shared(file.path, group[0].path), file.path))
        annotations = _read_group(group, near[0] if near else None, tree, images)
        if annotations is not None:
            found.append(annotations)
            taken |= set(annotations.outcomes)
    return found, taken


def _shared(one: str, other: str) -> int:
    """How many folders two paths begin with alike."""
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count


def _kind(tree: Tree, row: int, path: str) -> str | None:
    """What a CSV file of this format holds, by its first line."""
    try:
        text, _ = decode(tree.head(row)[:_HEAD], "")
    except OSError:
        return None
    line = re.split(r"\r\n|\n|\r", text, maxsplit=1)[0]
    cells = line.split(",")
    names = {columns.plain(cell) for cell in cells}
    name = path.rpartition("/")[2].lower()
    lists_classes = len(cells) == 2 and (
        names == {"labelname", "displayname"} or _MACHINE_ID.fullmatch(cells[0].strip()) is not None
    )
    if lists_classes and ("descriptions" in name or name == "classes.csv"):
        return "classes"
    if not {"imageid"} <= names:
        return None
    if "labelname" in names:
        if "maskpath" in names:
            return "masks"
        if names.issuperset(_EDGES):
            return "boxes"
        return "labels" if "confidence" in names else None
    return "images" if "subset" in names and names & {"originalurl", "rotation"} else None


def _read_group(group: list[_File], description: _File | None, tree: Tree, images: RecordImages) -> Annotations | None:
    dataset = _Dataset()
    classes_file = "" if description is None else description.path
    classes = CLASSES.to_frame()
    if description is not None:
        classes = _classes(tree, description, dataset)
    names: dict[str, str] = dict(classes.select("source", "class").iter_rows())
    for file in group:
        try:
            records = delimited.read(tree.data(file.row), file.path, lambda _: False)
            _read_file(file, records, dataset, tree, images)
        except OSError as error:
            dataset.outcomes[file.path] = unreadable(error)
        except TooMuchError as error:
            dataset.problems.append(error.problem)
            dataset.outcomes[file.path] = error.outcome
        except (NotRecordsError, NotUsableError):
            if file.kind == "boxes":
                dataset.outcomes[file.path] = Outcome(Kind.READ, "read as Open Images", "no record")
    if not dataset.named:
        return None
    named = pl.concat(dataset.named).unique("path", keep="first", maintain_order=True)
    there = named["file_row"].count()
    boxes, labels = _stacked(dataset.boxes, names), _stacked(dataset.labels, names)
    if names:
        known = list(names.values())
        for frame in (boxes, labels):
            dataset.problems += _undeclared(frame.filter(~pl.col("class").is_in(known)), classes_file)
    source = group[0].folder
    summary = (
        f"Open Images: {source or 'the root'}, {counted(named.height, 'image')}, "
        f"{counted(boxes.height, 'box', 'boxes')}, {counted(labels.height, 'label')} of images, "
        f"{counted(classes.height, 'class', 'classes')}."
    )
    split = pl.concat(dataset.splits).unique(maintain_order=True) if dataset.splits else SPLITS.to_frame()
    return Annotations(
        _NAME,
        source,
        2,
        labels=conform(LABELS, labels),
        boxes=_as_boxes(boxes),
        named=conform(NAMED, named),
        splits=split,
        classes=classes.with_columns(pl.lit(classes_file).alias("source")),
        problems=dataset.problems,
        evidence=(summary, f"{there:,} of {named.height:,} images are there.", *dataset.evidence),
        outcomes=dataset.outcomes,
        masks=frozenset(dataset.masks),
    )


def _undeclared(rows: pl.DataFrame, source: str) -> list[Problem]:
    return [
        Problem(
            "unknown-category",
            Place(file, line),
            f"the class {quoted(name)} is not declared in {source}",
            "a declared class",
            path,
        )
        for name, file, line, path in rows.select("class", "file", "line", "path").iter_rows()
    ]


def _classes(tree: Tree, file: _File, dataset: _Dataset) -> pl.DataFrame:
    """class, class_id, source (the machine id, for now) of a file of descriptions."""
    try:
        records = delimited.read(
            tree.data(file.row, _SMALL), file.path, lambda cell: _MACHINE_ID.fullmatch(cell) is not None
        )
    except (OSError, NotRecordsError) as error:
        dataset.outcomes[file.path] = Outcome(Kind.UNREADABLE, f"cannot be read: {error}")
        dataset.problems += [error.problem] if isinstance(error, TooMuchError) else []
        return CLASSES.to_frame()
    dataset.problems += records.problems
    if records.frame.width < 2:
        dataset.outcomes[file.path] = Outcome(
            Kind.UNREADABLE, "cannot be read: no column of names beside the machine ids"
        )
        return CLASSES.to_frame()
    first, second = (records.frame.to_series(place).str.strip_chars() for place in (0, 1))
    dataset.outcomes[file.path] = Outcome(
        Kind.READ, "read as Open Images", f"{counted(records.frame.height, 'class', 'classes')}"
    )
    return pl.DataFrame({"class": second, "class_id": range(len(second)), "source": first}, schema=CLASSES).filter(
        pl.col("class").is_not_null() & pl.col("source").is_not_null()
    )


def _read_file(file: _File, records: Records, dataset: _Dataset, tree: Tree, images: RecordImages) -> None:
    by_name: dict[str, str] = {}
    for name in records.frame.columns:
        by_name.setdefault(columns.plain(name), name)

    def column(name: str) -> pl.Series:
        if name in by_name:
            return records.frame[by_name[name]].str.strip_chars()
        return pl.Series([None] * records.frame.height, dtype=pl.String)

    rows = pl.DataFrame(
        {
            "cell": column("imageid"),
            "line": records.lines,
            "pointer": pl.Series([None] * records.frame.height, dtype=pl.String),
            "class": column("labelname"),
            "confidence": column("confidence"),
            "group": column("isgroupof"),
            "subset": column("subset"),
            "mask": column("maskpath"),
            **{place: column(name) for name, place in _EDGES.items()},
        }
    )
    dataset.problems += records.problems
    rows, problems, _ = images.place(rows, file.path, file.folder)
    dataset.problems += problems
    rows = rows.with_columns(pl.lit(file.path).alias("file"))
    if file.kind == "boxes":
        rows = _numbers(rows, file.path, dataset.problems)
        dataset.boxes.append(rows)
        said = counted(rows.height, "box", "boxes")
    elif file.kind == "labels":
        confidence = rows["confidence"].cast(pl.Float64, strict=False)
        present = rows.filter(confidence.fill_null(1.0) > 0)
        dataset.labels.append(present)
        absent = rows.height - present.height
        said = f"{counted(present.height, 'label')} of images"
        said += f", {absent:,} of confidence 0 (the class is absent) left out" if absent else ""
    elif file.kind == "masks":
        said = f"{counted(_masks(rows, file, dataset, tree), 'mask')}; their boxes are those of the boxes' file"
    else:
        said = counted(rows.height, "image")
    dataset.outcomes[file.path] = Outcome(Kind.READ, "read as Open Images", f"{said}")
    dataset.named.append(conform(NAMED, rows))
    stem = file.path.rpartition("/")[2].rpartition(".")[0]
    said_split = splits.read(stem)
    by_folder = (splits.canonical(part) for part in reversed(file.folder.split("/")))
    split = said_split.split if said_split else next((found for found in by_folder if found), None)
    if rows["subset"].count():
        given = {cell: splits.canonical(cell) or cell for cell in rows["subset"].drop_nulls().unique().to_list()}
        rows = rows.with_columns(pl.col("subset").replace(given).alias("split"))
    else:
        rows = rows.with_columns(pl.lit(split, pl.String).alias("split"))
    dataset.splits.append(
        rows.filter(pl.col("file_row").is_not_null() & (pl.col("split").fill_null("") != "")).select(
            pl.col("file_row").cast(pl.UInt32), "split"
        )
    )


def _numbers(rows: pl.DataFrame, file: str, problems: list[Problem]) -> pl.DataFrame:
    """The rows whose four numbers are numbers, and that have a class; the others are problems."""
    read = rows.with_columns(pl.col(place).cast(pl.Float64, strict=False) for place in _EDGES.values())
    bare = read["class"].fill_null("") == ""
    bad = read.select(pl.any_horizontal(pl.col(list(_EDGES.values())).is_null())).to_series()
    for place in (bad | bare).arg_true().to_list():
        if bad[place]:
            name, short = next((name, short) for name, short in _EDGES.items() if read[short][place] is None)
            reason = f"{quoted(rows[short][place] or '')} in column {quoted(name)} is not a number"
            expected = "a number between 0 and 1"
        else:
            reason, expected = "no class in column 'LabelName'", "a class"
        problems.append(Problem("syntax", Place(file, rows["line"][place]), reason, expected))
    return read.filter(~(bad | bare))


def _masks(rows: pl.DataFrame, file: _File, dataset: _Dataset, tree: Tree) -> int:
    """Note the files of the masks; those that are not there are problems."""
    files = tree.files.select("file_row", "name").unique("name", keep="first")
    found = rows.join(files.rename({"file_row": "mask_row"}), left_on="mask", right_on="name", how="left")
    dataset.masks |= set(found["mask_row"].drop_nulls().to_list())
    for name, line, path in found.filter(pl.col("mask_row").is_null()).select("mask", "line", "path").iter_rows():
        reason = f"the mask {quoted(name, LONGEST_NAME)} is not there" if name else "no mask is named"
        dataset.problems.append(Problem("mask", Place(file.path, line), reason, "a mask file", path))
    return rows.height


def _stacked(frames: list[pl.DataFrame], names: dict[str, str]) -> pl.DataFrame:
    if not frames:
        return pl.DataFrame(schema={"class": pl.String, "file": pl.String, "line": pl.UInt32, "path": pl.String})
    numbers = {name: place for place, name in enumerate(names.values())}
    return (
        pl.concat(frames)
        .with_columns(pl.col("class").replace(names))
        .with_columns(pl.col("class").replace_strict(numbers, default=None, return_dtype=pl.Int64).alias("class_id"))
    )


def _as_boxes(boxes: pl.DataFrame) -> pl.DataFrame:
    if boxes.is_empty():
        return BOXES.to_frame()
    return conform(
        BOXES,
        boxes.with_columns(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("box"),
            pl.concat_list(*_EDGES.values()).alias("raw"),
            pl.lit("xyxy-share").alias("unit"),
            (pl.col("group") == "1").alias("crowd"),
        ),
    )


__all__ = ["read"]
