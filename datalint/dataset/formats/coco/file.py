"""One COCO file as tables: its images, categories and annotations, and where each of them is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.json.blocks import report
from datalint.dataset.containers.json.places import start
from datalint.dataset.containers.json.text import Text
from datalint.dataset.formats.coco import blocks, checks
from datalint.dataset.formats.coco.blocks import IMAGES, MASKS, POLYGONS, Entry, MaskFile, Objects
from datalint.dataset.formats.coco.objects import CAPTION, OBJECTS, SEGMENT
from datalint.dataset.formats.coco.records import Category, plain
from datalint.dataset.formats.coco.sections import SECTIONS, Chunk, Walk
from datalint.dataset.formats.coco.uniform import Uniform

if TYPE_CHECKING:
    from datalint.dataset.containers.records import Problem

#: What a file of this format says near its beginning or end.
_HINTS = tuple(f'"{name}"'.encode() for name in (*SECTIONS, "licenses"))
_FILES = pl.Schema([("image_id", pl.String), ("name", pl.String), ("segments", pl.List(pl.Int64))])


@dataclass
class Document:
    """What one file says. Problems of records that cannot be used are in `problems`, the records are not."""

    file: str
    images: pl.DataFrame = field(default_factory=IMAGES.to_frame)
    """number (place in its list), at (offset), id, name, width, height, line"""
    categories: dict[str, Category] = field(default_factory=dict)
    """By id, the first one of each."""
    objects: pl.DataFrame = field(default_factory=OBJECTS.to_frame)
    """Annotations, or the segments of panoptic ones, in the order of the file."""
    polygons: pl.DataFrame = field(default_factory=POLYGONS.to_frame)
    """object (row of `objects`), part, points"""
    masks: pl.DataFrame = field(default_factory=_FILES.to_frame)
    """Mask files of panoptic annotations."""
    run_length: int = 0
    """Objects with a run-length mask."""
    captions: int = 0
    problems: list[Problem] = field(default_factory=list)


def sniff(head: bytes, tail: bytes = b"") -> bool:
    """Whether a file with this beginning and end may be COCO."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head, tail = head.replace(b"\0", b""), tail.replace(b"\0", b"")
        return b"{" in head[:40] and any(hint in head or hint in tail for hint in _HINTS)
    return head[start(head) :][:1] == b"{" and any(hint in head or hint in tail for hint in _HINTS)


def read(data: bytes, file: str) -> Document | None:
    """A COCO file; None if it is something else."""
    text = Text(data, file)
    walk = Walk(text)
    rows = _Rows()
    for chunk in walk.chunks():
        rows.add(text, chunk)
    if not _recognised(walk, rows):
        return None
    document = Document(file, problems=text.problems, run_length=sum(map(len, rows.run_lengths)))
    document.images = _with_lines(text, pl.concat([IMAGES.to_frame(), *rows.images]))
    document.problems += checks.repeated_ids(text, "images", "image", document.images)
    document.problems += checks.repeated_categories(text, rows.categories)
    document.problems += checks.skeletons(text, rows.categories)
    for entry in rows.categories:
        document.categories.setdefault(plain(entry.category.id) or "", entry.category)
    _objects(text, rows, document, walk.broken)
    document.problems.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
    return document


@dataclass
class _Rows:
    """The rows of a file, block by block."""

    images: list[pl.DataFrame] = field(default_factory=list)
    categories: list[Entry] = field(default_factory=list)
    objects: list[pl.DataFrame] = field(default_factory=list)
    polygons: list[pl.DataFrame] = field(default_factory=list)
    """Of all objects together."""
    run_lengths: list[pl.DataFrame] = field(default_factory=list)
    masks: list[MaskFile] = field(default_factory=list)
    count: int = 0
    """Objects."""

    def add(self, text: Text, chunk: Chunk) -> None:
        """A block of records; what is wrong with them is reported."""
        section, first, block = chunk
        if isinstance(block, Uniform):
            self._add_objects(blocks.read_uniform(block, first))
            return
        pointer = f"/{section}"
        if section == "images":
            self.images.append(blocks.read_images(block, first))
        elif section == "categories":
            self.categories += blocks.read_categories(block, first)
        else:
            objects = blocks.read_annotations(text.data, block, first)
            self._add_objects(objects)
            report(text, pointer, first, block, block.faults)
            report(text, pointer, first, block, objects.sums, "mask")
            return
        report(text, pointer, first, block, block.faults)

    def _add_objects(self, objects: Objects) -> None:
        self.objects.append(objects.frame)
        if len(objects.polygons):
            number = (pl.col("object") + self.count).cast(pl.UInt32).alias("object")
            self.polygons.append(objects.polygons.select(number, "part", "points"))
        if len(objects.run_lengths):
            self.run_lengths.append(objects.run_lengths)
        self.masks += objects.masks
        self.count += objects.frame.height


def _recognised(walk: Walk, rows: _Rows) -> bool:
    """A list of images, and annotations or categories; or annotations that say which image they are of."""
    if any(frame["image_id"].count() for frame in rows.objects):
        return True
    images = any(len(frame) for frame in rows.images)
    if images and ("annotations" in walk.seen or "categories" in walk.seen or walk.broken):
        return True
    return walk.lists >= set(SECTIONS) and not walk.counts["annotations"]


def _objects(text: Text, rows: _Rows, document: Document, broken: bool) -> None:
    """The objects that can be used, with what is drawn; what is wrong with the others is reported."""
    problems, images = document.problems, document.images
    objects = pl.concat([OBJECTS.to_frame(), *rows.objects], rechunk=True)
    rows.objects.clear()
    objects = _with_lines(text, objects)
    document.captions = int((objects["kind"] == CAPTION).sum())
    annotations = objects.filter(pl.col("kind") != SEGMENT)
    problems += checks.repeated_ids(text, "annotations", "annotation", annotations)
    problems += checks.without_id(text, annotations)
    objects = objects.with_row_index("object")
    lost = checks.without_image(objects, images)
    if lost.any():
        problems += checks.unknown_images(text, objects.filter(lost), broken and not len(images))
        objects = objects.filter(~lost)
    nothing = objects.filter(checks.says_nothing())
    if 0 < len(nothing) < len(objects):
        problems += checks.empty(text, nothing)
        objects = objects.filter(~checks.says_nothing())
    problems += checks.unknown_categories(text, objects, document.categories, broken)
    problems += checks.id_types(text, objects, images, document.categories)
    objects = _with_masks(text, objects, pl.concat([MASKS.to_frame(), *rows.run_lengths]), document)
    document.polygons = _polygons(rows, objects["object"])
    document.objects = objects.drop("object", "image_text", "category_text")
    document.masks = pl.DataFrame(rows.masks, schema=_FILES, orient="row")


def _with_masks(text: Text, objects: pl.DataFrame, masks: pl.DataFrame, document: Document) -> pl.DataFrame:
    """The objects with the areas of their run-length masks; those of masks with which something is wrong are null."""
    if masks.is_empty():
        return objects
    resized = checks.unlike_their_images(masks, document.images)
    document.problems += checks.mask_sizes(text, resized)
    boxed = objects.select("number", "raw", "area").unique("number", keep="first")
    masks = masks.join(resized, on="number", how="anti").join(boxed, on="number", maintain_order="left")
    wrong = checks.unlike_their_boxes(masks)
    document.problems += checks.masks_unlike_their_boxes(text, wrong)
    areas = masks.join(wrong, on="number", how="anti").select("number", "mask_area").cast({"mask_area": pl.Float64})
    return objects.drop("mask_area").join(areas, on="number", how="left", maintain_order="left")


def _polygons(rows: _Rows, kept: pl.Series) -> pl.DataFrame:
    """The polygons of the objects of these numbers, whose rows they then refer to."""
    points = pl.concat([POLYGONS.to_frame(), *rows.polygons], rechunk=False)
    rows.polygons.clear()
    if not len(kept):
        return points.clear()
    if len(kept) == rows.count:
        return points
    places = pl.DataFrame({"object": kept}).with_row_index("row")
    found = points.join(places, on="object", how="inner", maintain_order="left")
    return found.select(pl.col("row").alias("object"), "part", "points")


def _with_lines(text: Text, frame: pl.DataFrame) -> pl.DataFrame:
    lines = text.places.lines(frame["at"].to_numpy())
    return frame.with_columns(pl.Series("line", lines, pl.UInt32))


__all__ = ["Document", "read", "sniff"]
