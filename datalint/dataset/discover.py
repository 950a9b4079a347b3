# ruff: noqa: PTH112, PTH120 -- names are bytes here, which pathlib does not take
"""From paths to a `Dataset`: walk, recognise the layout, read labels and splits into tables."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from datalint.dataset import Dataset, masks
from datalint.dataset.assembly import merge as annotated
from datalint.dataset.assembly.annotations import CLASSES, Recognised
from datalint.dataset.containers.records import Kind
from datalint.dataset.declared import declared
from datalint.dataset.files.walk import (
    LABEL_EXTENSIONS,
    UNREAD,
    reason_for,
    walk,
)
from datalint.dataset.formats import image_folder, registry
from datalint.dataset.formats.tables import labels as table_file
from datalint.dataset.formats.unread import files as foreign
from datalint.dataset.schema import conform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree

#: Share of images with several classes from which a dataset counts as multi-label.
_MULTI_SHARE = 0.05
#: Label files named one by one among the evidence; `skipped` has all of them.
_MOST_TOLD = 5


class DatasetError(ValueError):
    """A dataset that cannot be scanned: one line with the path and the cause."""


class MissingPathError(DatasetError):
    """A path that is not there."""


def discover(paths: Sequence[Path | str], config: Config) -> Dataset:
    """Everything known of the dataset at `paths` without opening an image.

    Several paths are one dataset whose root is their common parent; an image file stands for itself. Raises
    DatasetError for a path that is missing or cannot be listed, and for a layout that does not exist.
    """
    if config.layout is not None and config.layout not in registry.NAMES:
        raise DatasetError(f"unknown layout {config.layout!r}; known: {', '.join(registry.NAMES)}")
    root, starts = _places(paths)
    try:
        tree = walk(root, starts, config)
    except OSError as error:
        raise DatasetError(
            f"{os.fsdecode(error.filename or root)}: cannot be read: {error.strerror or error}"
        ) from None
    annotations = registry.read_all(tree, config)
    if config.layout in registry.MODULES and not annotations:
        raise DatasetError(f"no label file of the layout {config.layout!r} was found")
    tree = tree.without(frozenset[int]().union(*(source.masks for source in annotations)))
    found = image_folder.recognise(tree)
    if config.layout in (None, table_file.NAME):
        taken = {file for source in annotations for file in source.outcomes}
        found = table_file.recognise(tree, found, config, taken)
    if config.layout is None:
        used = {file for file, outcome in found.outcomes.items() if outcome.kind is Kind.READ}
        annotations += foreign.read(tree, used | {file for source in annotations for file in source.outcomes})
    found = annotated.combine(found, annotations)
    data = _dataset(_with_named(tree, found), found, config)
    data.masks = masks.table(tree, annotations)
    return data


def _with_named(tree: Tree, found: Recognised) -> Tree:
    """Files of any extension that a label names are candidates too.

    Where most of them are of kinds that are known not to be read (a dataset of DICOM files), none of these is: it would
    be wrong to call each of them broken.
    """
    named = pl.concat([found.labels["file_row"], found.named["file_row"]]).drop_nulls().unique()
    rows = tree.files.select("candidate", "extension", pl.col("file_row").is_in(named.implode()).alias("named"))
    unread = pl.col("named") & pl.col("extension").is_in(sorted(UNREAD))
    mostly = 2 * rows.select(unread.sum()).item() > rows["named"].sum()
    candidates = rows.select(pl.col("candidate") | (pl.col("named") & ~(unread & mostly)))
    return replace(tree, files=tree.files.with_columns(candidates.to_series()))


def _places(paths: Sequence[Path | str]) -> tuple[bytes, list[bytes]]:
    """The root, and where to start; paths inside others are left out."""
    given: set[bytes] = set()
    for path in paths:
        place = os.path.abspath(os.fsencode(path))
        if not os.path.lexists(place):
            raise MissingPathError(f"{os.fsdecode(path)}: there is no such file or folder")
        given.add(place)
    starts = [place for place in sorted(given) if given.isdisjoint(_above(place))]
    shared = os.path.commonpath(starts)
    return (shared if os.path.isdir(shared) else os.path.dirname(shared)), starts


def _above(place: bytes) -> Iterator[bytes]:
    while (folder := os.path.dirname(place)) != place:
        yield folder
        place = folder


def _dataset(tree: Tree, found: Recognised, config: Config) -> Dataset:
    images = tree.files.filter("candidate").with_row_index("image")
    numbers = images.select("file_row", "image")

    def numbered(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(numbers, on="file_row", how="left", maintain_order="left")

    labels, boxes, polygons = numbered(found.labels), numbered(found.boxes), numbered(found.polygons)
    evidence = list(found.evidence)
    said = labels.height + boxes.height + polygons.height + len(found.masks)
    if not images.is_empty() and not said and found.problems.is_empty():
        evidence.append(f"No labels were found for {images.height:,} images.")
    evidence += [
        f"{file}: {outcome}."
        for file, outcome in found.outcomes.items()
        if outcome.kind in (Kind.NOT_LABELS, Kind.KNOWN_FORMAT)
    ][:_MOST_TOLD]
    unread = [skip for skip in tree.skipped if skip.kind == "unreadable-folder"]
    if unread:
        evidence.append(
            f"{len(unread):,} folders could not be listed, {unread[0].path} first; their files are missing here."
        )
    return Dataset(
        root=Path(os.fsdecode(tree.root)),
        walked_ns=tree.walked_ns,
        layouts=tuple(found.name.split()) if said or found.named.height or found.splits.height else (),
        evidence=tuple(evidence),
        task=config.task or _task(labels, found.multi),
        declared=declared(Path(os.fsdecode(tree.root)), config),
        tables={
            "images": conform("images", images),
            "splits": conform("splits", numbered(found.splits).unique(maintain_order=True).sort("image", "split")),
            "labels": conform("labels", labels),
            "boxes": conform("boxes", boxes),
            "polygons": conform("polygons", polygons),
            "keypoints": conform("keypoints", numbered(found.keypoints)),
            "named": conform("named", numbered(found.named)),
            "classes": _classes(found, config),
            "problems": conform("problems", found.problems),
            "skipped": conform("skipped", _skipped(tree, found)),
        },
    )


def _task(labels: pl.DataFrame, multi: bool) -> Literal["single", "multi"] | None:
    if labels.is_empty():
        return None
    if multi:
        return "multi"
    classes = labels.drop_nulls(["image", "class"]).group_by("image").agg(pl.col("class").n_unique())
    several = classes.filter(pl.col("class") > 1).height
    return "multi" if several and several >= _MULTI_SHARE * classes.height else "single"


def _classes(found: Recognised, config: Config) -> pl.DataFrame:
    own = pl.DataFrame(
        {"class": config.classes, "class_id": range(len(config.classes)), "source": ["config"] * len(config.classes)},
        schema=CLASSES,
    )
    classes = conform("classes", pl.concat([found.classes, own], how="diagonal"))
    tables = (found.labels, found.boxes, found.polygons, found.keypoints)
    names = pl.concat([table["class"] for table in tables]).unique()
    return classes.with_columns(pl.coalesce("used", pl.col("class").is_in(names.implode())))


def _skipped(tree: Tree, found: Recognised) -> pl.DataFrame:
    schema = {"path": pl.String, "kind": pl.String, "reason": pl.String}
    named = pl.DataFrame(tree.skipped, schema=schema, orient="row").with_columns(pl.col("reason").alias("group"))
    rows: list[tuple[str, str, str, str]] = []
    for path, extension in tree.files.filter(~pl.col("candidate")).select("path", "extension").iter_rows():
        outcome = found.outcomes.get(path)
        is_label = extension in LABEL_EXTENSIONS or (outcome is not None and outcome.kind is Kind.READ)
        reason = _reason(extension) if outcome is None else str(outcome)
        group = reason if outcome is None else outcome.words
        rows.append((path, "label-file" if is_label else "not-an-image", reason, group))
    others = pl.DataFrame(rows, schema=named.schema, orient="row")
    folder = pl.col("path").str.replace(r"(?s)/?[^/]*$", "")
    return (
        pl.concat([named, others])
        .with_columns(folder.is_in(sorted(found.class_folders)).alias("in_class"))
        .sort("path", "kind")
    )


def _reason(extension: str) -> str:
    return "not read: no label format was recognised in it" if extension in LABEL_EXTENSIONS else reason_for(extension)


__all__ = ["DatasetError", "MissingPathError", "discover"]
