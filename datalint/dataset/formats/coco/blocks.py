"""A block of records as rows: images, categories, and annotations with what is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from datalint.dataset.assembly.annotations import conform
from datalint.dataset.containers.json.blocks import Fault
from datalint.dataset.formats import run_lengths
from datalint.dataset.formats.coco import objects, segments, shapes
from datalint.dataset.formats.coco.objects import CAPTION, OBJECTS, SEGMENT, SHAPED
from datalint.dataset.formats.coco.records import Category, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from datalint.dataset.containers.json.blocks import Block
    from datalint.dataset.formats.coco.records import Annotation, Image
    from datalint.dataset.formats.coco.uniform import Uniform

IMAGES = pl.Schema(
    [
        ("number", pl.UInt32),
        ("at", pl.Int64),
        ("id", pl.String),
        ("name", pl.String),
        ("width", pl.Float64),
        ("height", pl.Float64),
        ("line", pl.UInt32),
        ("text", pl.Boolean),  # whether the id is a text
    ]
)
POLYGONS = pl.Schema([("object", pl.UInt32), ("part", pl.UInt32), ("points", pl.List(pl.Float64))])
#: Run-length masks, each with the size that it declares, and what is measured where its runs fill that.
MASKS = pl.Schema(
    [
        ("number", pl.UInt32),
        ("at", pl.Int64),
        ("image_id", pl.String),
        ("mask_height", pl.Float64),
        ("mask_width", pl.Float64),
        *((name, kind) for name, kind in run_lengths.MEASURES.items() if name != "row"),
    ]
)


class Entry(NamedTuple):
    """A category, with its number and offset."""

    category: Category
    number: int
    at: int


class MaskFile(NamedTuple):
    """The mask of a panoptic annotation."""

    image_id: str | None
    name: str
    segments: list[int] | None
    """Their ids; None where they are not all whole numbers."""


@dataclass
class Objects:
    """The objects of a block."""

    frame: pl.DataFrame
    """As OBJECTS"""
    polygons: pl.DataFrame
    """As POLYGONS; `object` is a row of `frame`."""
    run_lengths: pl.DataFrame = field(default_factory=MASKS.to_frame)
    masks: list[MaskFile] = field(default_factory=list)
    """Mask files of panoptic annotations."""
    sums: dict[int, Fault] = field(default_factory=dict)
    """Run-length masks whose runs do not fill them, by the record's place in the block; they are used."""


def read_images(block: Block[Image], first: int) -> pl.DataFrame:
    """Images as IMAGES, the number of the first one given; the faults of the others are added to those of the block."""
    rows: list[tuple[Any, ...]] = []
    for row, image in enumerate(block.records):
        if image is None:
            continue
        name = image.file_name or "/".join((image.coco_url or "").split("/")[-2:])
        if image.id is None or not name:
            missing = "id" if image.id is None else "file_name"
            block.faults[row] = Fault("", f"an image without {missing}", "an image with id and file_name")
            continue
        at, text = int(block.starts[row]), isinstance(image.id, str)
        rows.append((first + row, at, plain(image.id), name, image.width, image.height, None, text))
    return pl.DataFrame(rows, schema=IMAGES, orient="row")


def read_categories(block: Block[Category], first: int) -> list[Entry]:
    """Categories that have an id and a name; the faults of the others are added to those of the block."""
    entries: list[Entry] = []
    for row, category in enumerate(block.records):
        if category is None:
            continue
        if category.id is None or category.name is None:
            missing = "id" if category.id is None else "name"
            block.faults[row] = Fault("", f"a category without {missing}", "a category with id and name")
            continue
        entries.append(Entry(category, first + row, int(block.starts[row])))
    return entries


def read_uniform(block: Uniform, first: int) -> Objects:
    """Annotations that all look alike."""
    numbers = np.arange(first, first + len(block.starts), dtype=np.uint32)
    names = {"bbox": "raw", "iscrowd": "crowd"}
    found = {names.get(name, name): column for name, column in block.columns.items() if column is not None}
    frame = pl.DataFrame({"number": numbers, "at": block.starts, **found})
    return Objects(
        conform(OBJECTS, frame.with_columns(pl.lit(SHAPED).alias("kind"), image_text=False, category_text=False)),
        block.polygons.select(pl.col("row").alias("object"), "part", "points"),
    )


def read_annotations(data: bytes, block: Block[Annotation], first: int) -> Objects:
    """Annotations of all kinds; the faults of those that cannot be used are added to those of the block."""
    faults, columns, count = block.faults, block.columns, len(block.records)
    drawn = shapes.read(columns["segmentation"], block.rests)
    kind = _kinds(columns, drawn)
    for row, fault in (*_faults(columns, kind), *drawn.faults.items()):
        faults.setdefault(row, fault)
    panoptic = np.flatnonzero(kind == SEGMENT).tolist()
    frames: list[pl.DataFrame] = []
    masks: list[MaskFile] = []
    for row in panoptic:
        if row in faults:
            continue
        found = segments.read(data, block, row, first)
        if isinstance(found, Fault):
            faults[row] = found
            continue
        frames.append(found)
        if columns["file_name"][row]:
            ids = found["id"].cast(pl.Int64, strict=False)
            known = None if ids.null_count() else ids.to_list()
            masks.append(MaskFile(plain(columns["image_id"][row]), columns["file_name"][row], known))
    good = np.ones(count, bool)
    good[[*faults, *panoptic]] = False
    rows = np.flatnonzero(good)
    kept = columns
    if len(rows) < count:
        kept = {name: list(compress(values, good.tolist())) for name, values in columns.items()}
    frame = objects.table(kept, rows + first, block.starts[rows], kind[rows])
    return Objects(
        pl.concat([frame, *frames]) if frames else frame,
        _polygons(drawn.polygons, good),
        _run_lengths(drawn, good, block, first),
        masks,
        {row: fault for row, fault in drawn.sums.items() if row not in faults},
    )


def _kinds(columns: Mapping[str, list[Any]], drawn: shapes.Shapes) -> NDArray[np.uint8]:
    kind = np.zeros(len(columns["caption"]), np.uint8)
    kind[_rows(columns["caption"], lambda caption: caption is not None)] = CAPTION
    kind[drawn.polygons["row"].to_numpy()] = SHAPED
    kind[[mask.row for mask in drawn.masks]] = SHAPED
    kind[_rows(columns["segments_info"], lambda raw: raw not in (b"", b"null"))] = SEGMENT
    return kind


def _faults(columns: Mapping[str, list[Any]], kind: NDArray[np.uint8]) -> Iterator[tuple[int, Fault]]:
    """What is wrong with annotations, as far as their fields tell, by their place in the block."""
    boxes, points = columns["bbox"], columns["keypoints"]
    if not {len(box) for box in boxes if box is not None} <= {4}:
        for row in _rows(boxes, lambda box: box is not None and len(box) != 4):
            reason = f"a box of {len(boxes[row]):,} numbers"
            yield row, Fault("/bbox", reason, "4 numbers: left, top, width, height")
    for row in _rows(points, lambda numbers: numbers is not None and len(numbers) % 3 != 0):
        reason = f"keypoints of {len(points[row]):,} numbers"
        yield row, Fault("/keypoints", reason, "3 numbers a point: x, y, visibility")
    if None in columns["category_id"]:
        for row in _rows(columns["category_id"], lambda number: number is None):
            if kind[row] not in (CAPTION, SEGMENT):
                yield row, Fault("", "an annotation without category_id", "the id of a category")
    if None in columns["image_id"]:
        for row in _rows(columns["image_id"], lambda number: number is None):
            yield row, Fault("", "an annotation without image_id", "the id of an image")


def _rows(values: list[Any], wanted: Callable[[Any], bool]) -> list[int]:
    """Places of those values; nothing is looked at where none is there."""
    if not values or (values.count(values[0]) == len(values) and values[0] in (None, b"")):
        return [] if not values or not wanted(values[0]) else list(range(len(values)))
    return [row for row, value in enumerate(values) if wanted(value)]


def _polygons(polygons: pl.DataFrame, good: NDArray[np.bool_]) -> pl.DataFrame:
    """Polygons of the records that are used, the record's place among those in place of that in the block."""
    if not len(polygons):
        return POLYGONS.to_frame()
    rows = polygons["row"].to_numpy()
    used = good[rows]
    place = (np.cumsum(good) - 1)[rows[used]]
    kept = polygons.filter(pl.Series(used)).with_columns(pl.Series("object", place.astype(np.uint32)))
    return kept.select("object", "part", "points")


def _run_lengths(drawn: shapes.Shapes, good: NDArray[np.bool_], block: Block[Annotation], first: int) -> pl.DataFrame:
    """The masks of records that are used, as MASKS."""
    used = [mask for mask in drawn.masks if good[mask.row]]
    if not used:
        return MASKS.to_frame()
    frame = pl.DataFrame(
        {
            "row": [mask.row for mask in used],
            "number": [first + mask.row for mask in used],
            "at": [int(block.starts[mask.row]) for mask in used],
            "image_id": [plain(block.columns["image_id"][mask.row]) for mask in used],
            "mask_height": [mask.height for mask in used],
            "mask_width": [mask.width for mask in used],
        },
        schema_overrides={"row": pl.UInt32},
    )
    return conform(MASKS, frame.join(drawn.measures, on="row", how="left", maintain_order="left"))


__all__ = [
    "IMAGES",
    "MASKS",
    "POLYGONS",
    "Entry",
    "MaskFile",
    "Objects",
    "read_annotations",
    "read_categories",
    "read_images",
    "read_uniform",
]
