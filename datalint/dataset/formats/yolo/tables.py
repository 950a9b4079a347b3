"""The label files of one dataset as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.annotations import CLASSES, NAMED, Annotations, conform
from datalint.dataset.containers import text_lines
from datalint.dataset.containers.records import Kind, Outcome
from datalint.dataset.files import splits
from datalint.dataset.formats.yolo.classes import declared
from datalint.dataset.formats.yolo.objects import understand
from datalint.dataset.formats.yolo.paths import common

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from datalint.dataset.containers.text_lines import TextLines
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.yolo.classes import Classes
    from datalint.dataset.formats.yolo.described import Dataset
    from datalint.dataset.formats.yolo.objects import Objects
    from datalint.dataset.formats.yolo.pairing import LabelFiles

NAME = "yolo"


def read(dataset: Dataset, classes: Classes, files: LabelFiles, tree: Tree) -> Annotations:
    """What the label files of a dataset say."""
    lines = text_lines.read(files.read, tree.data)
    failed = files.read.filter(pl.col("path").is_in(list(lines.failed)))["row"]
    images = files.images.filter(~pl.col("label").is_in(failed.implode()))
    names = files.read.select(pl.col("row").alias("label"), pl.col("path").alias("file"))
    objects = understand(
        lines.frame.rename({"file": "number"})
        .join(names.with_row_index("number"), on="number", how="left", maintain_order="left")
        .drop("number"),
        images,
        declared(classes, dataset.data),
        dataset.data.keypoints if dataset.data is not None else None,
    )
    found = Annotations(
        NAME,
        dataset.data.file if dataset.data is not None else common(dataset.labels),
        precision=1,
        boxes=objects.boxes,
        polygons=objects.polygons,
        keypoints=objects.keypoints,
        named=pl.concat(
            [
                conform(NAMED, images.join(names, on="label", how="left", maintain_order="left")),
                conform(NAMED, _missing(dataset)),
            ]
        ),
        splits=_splits(dataset, images),
        classes=classes.table() if files.read.height else CLASSES.to_frame(),
        problems=[*dataset.problems, *lines.problems, *objects.problems],
        outcomes={**dataset.outcomes, **lines.failed, **_outcomes(files.read, lines)},
    )
    return replace(found, evidence=tuple(_evidence(found, objects, dataset, classes, files.read)))


def _missing(dataset: Dataset) -> pl.DataFrame:
    """Images that lists name and that are not there, each where it is named first."""
    rows = [(path, place.file, place.line) for path, place in dataset.missing]
    frame = pl.DataFrame(rows, schema={"path": pl.String, "file": pl.String, "line": pl.UInt32}, orient="row")
    return frame.unique("path", keep="first", maintain_order=True)


def _splits(dataset: Dataset, images: pl.DataFrame) -> pl.DataFrame:
    """As the data file or the lists say; for the images that they leave out, as the folders are called."""
    said = dataset.splits.unique(maintain_order=True)
    rest = images.filter(pl.col("file_row").is_not_null()).join(said, on="file_row", how="anti").unique("file_row")
    rest = rest.with_columns(pl.col("path").str.replace(r"(?s)/?[^/]*$", "").alias("folder"))
    names = {folder: _split_of(folder, dataset.start) for folder in rest["folder"].unique().to_list()}
    split = pl.col("folder").replace_strict(names, return_dtype=pl.String)
    by_folder = rest.select("file_row", split.alias("split")).drop_nulls("split")
    return pl.concat([said, by_folder]).sort("file_row", "split")


def _split_of(folder: str, start: str) -> str | None:
    """The split that the folders below `start` name."""
    below = folder.removeprefix(start).strip("/") if start else folder
    return next((split for part in reversed(below.split("/")) if (split := splits.canonical(part))), None)


def _outcomes(read: pl.DataFrame, lines: TextLines) -> Mapping[str, Outcome]:
    """One wording for all, since reports fold equal outcomes."""
    filled = Outcome(Kind.READ, "read as YOLO")
    empty = Outcome(Kind.READ, "read as YOLO", "empty, an image without objects")
    files = read.select("path", "bytes").iter_rows()
    return {path: filled if size else empty for path, size in files if path not in lines.failed}


def _evidence(
    found: Annotations, objects: Objects, dataset: Dataset, classes: Classes, read: pl.DataFrame
) -> Iterator[str]:
    yield _summary(found, objects, read)
    if objects.mixed is not None:
        file, line, count = objects.mixed
        yield (
            f"Boxes are mixed with polygons in {counted(count, 'label file')} ({file}, line {line}, first): "
            "trainers read such a box as a polygon of two points."
        )
    if classes.names is None and objects.used:
        yield "No list of class names was found: classes are named by their numbers."
    yield from dataset.evidence


def _summary(found: Annotations, objects: Objects, read: pl.DataFrame) -> str:
    source = found.source or "the root"
    if read.is_empty():
        images = found.splits["file_row"].n_unique()
        return f"YOLO: {source} names {counted(images, 'image')}, none with a label file."
    empty = read.filter(pl.col("bytes") == 0).height
    counts = [
        counted(found.named["path"].n_unique(), "image"),
        counted(read.height, "label file") + (f" ({empty:,} empty)" if empty else ""),
    ]
    if found.boxes.height or found.polygons.is_empty():
        counts.append(counted(found.boxes.height, "box", "boxes"))
    if found.polygons.height:
        counts.append(counted(found.polygons.height, "polygon"))
    if found.keypoints.height:
        counts.append(f"{objects.task.keypoints[0]} keypoints each")
    used = pl.concat([found.boxes["class"], found.polygons["class"]])
    counts.append(counted(found.classes["class"].n_unique() or used.n_unique(), "class", "classes"))
    return f"YOLO {objects.task.name}: {source}, {', '.join(counts)}."


__all__ = ["NAME", "read"]
