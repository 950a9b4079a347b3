"""One COCO file as tables: its images, categories and annotations, and where each of them is wrong."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from datalint.dataset.containers.json.places import (
    BrokenJSONError,
    Places,
    end,
    parse,
    space,
    start,
)
from datalint.dataset.containers.records import Place, Problem, decode
from datalint.dataset.formats.coco import shapes as coco_shapes
from datalint.dataset.formats.coco import uniform as coco_uniform
from datalint.dataset.formats.coco.records import (
    FIRST,
    Annotation,
    Block,
    Category,
    Decoder,
    Fault,
    Id,
    Image,
    Segment,
    block_end,
    following,
    kind_of,
    larger,
    offset,
    spans,
)

if TYPE_CHECKING:
    from collections.abc import Callable


_SECTIONS = ("images", "annotations", "categories")
_KEY = re.compile(rb'"((?:[^"\\]++|\\.)*+)"[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)
#: Where reading goes on after a place that cannot be read: the next record, or the next list of records.
_RESUME = re.compile(
    rb'\}[ \t\r\n]*+,[ \t\r\n]*+(?=\{)|\][ \t\r\n]*+,[ \t\r\n]*+(?="(?:images|annotations|categories)")'
)
_SECTION = re.compile(rb'"(?:images|annotations|categories)"[ \t\r\n]*+:[ \t\r\n]*+\[')
_HEAD = 1 << 12
#: What a file of this format says near its beginning or end.
_HINTS = tuple(f'"{name}"'.encode() for name in (*_SECTIONS, "licenses"))

IMAGES = pl.Schema(
    [
        ("number", pl.UInt32),
        ("at", pl.Int64),
        ("id", pl.String),
        ("name", pl.String),
        ("width", pl.Float64),
        ("height", pl.Float64),
        ("line", pl.UInt32),
    ]
)
OBJECTS = pl.Schema(
    [
        ("number", pl.UInt32),  # of the annotation
        ("segment", pl.UInt32),  # of the segment in it; null if it is no panoptic annotation
        ("at", pl.Int64),
        ("id", pl.String),
        ("image_id", pl.String),
        ("category_id", pl.String),
        ("raw", pl.List(pl.Float64)),
        ("area", pl.Float64),
        ("crowd", pl.Boolean),
        ("kind", pl.UInt8),
        ("keypoints", pl.List(pl.Float64)),
        ("line", pl.UInt32),
    ]
)
#: What an object is besides its box.
PLAIN, SHAPED, CAPTION, SEGMENT = range(4)


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
    polygons: pl.DataFrame = field(
        default_factory=pl.Schema(
            [("object", pl.UInt32), ("part", pl.UInt32), ("points", pl.List(pl.Float64))]
        ).to_frame
    )
    """object (row of `objects`), part, points"""
    masks: pl.DataFrame = field(default_factory=pl.Schema({"image_id": pl.String, "name": pl.String}).to_frame)
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
    document = Document(file)
    data = _utf8(data, document)
    return _Reader(data, document).read()


def _utf8(data: bytes, document: Document) -> bytes:
    if not data.isascii():
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for first in range(0, len(data), 1 << 20):
                decoder.decode(data[first : first + (1 << 20)])
            decoder.decode(b"", final=True)
            plain = not data.startswith(b"\xef\xbb\xbf")
        except UnicodeDecodeError:
            plain = False
        if not plain:
            text, problems = decode(data, document.file)
            document.problems += problems
            return text.encode("utf-8", "replace")
    return data


class _Reader:
    def __init__(self, data: bytes, document: Document) -> None:
        self.data = data
        self.document = document
        self.places = Places(data)
        self.found: dict[str, list[Any]] = {name: [] for name in _SECTIONS}
        self.counts = dict.fromkeys(_SECTIONS, 0)
        self.seen: set[str] = set()
        self.lists: set[str] = set()
        self.broken = False
        self.points: list[pl.DataFrame] = []
        self.mask_files: list[tuple[str | None, str]] = []
        self.sizes: list[pl.DataFrame] = []

    def read(self) -> Document | None:
        at = start(self.data)
        if self.data[at : at + 1] != b"{":
            return None
        self._members(space(self.data, at + 1))
        if not self._recognised():
            return None
        self._images()
        self._categories()
        self._objects()
        self.document.problems.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
        return self.document

    def _recognised(self) -> bool:
        """A list of images, and annotations or categories; or annotations that say which image they are of."""
        images = any(len(frame) for frame in self.found["images"])
        annotations = any(frame["image_id"].count() for frame in self.found["annotations"])
        if annotations:
            return True
        return bool(images and ("annotations" in self.seen or "categories" in self.seen or self.broken)) or bool(
            self.lists >= {"images", "annotations", "categories"} and not self.counts["annotations"]
        )

    def _members(self, at: int) -> None:
        """The members of the whole, lists of records block by block."""
        while True:
            if self.data[at : at + 1] == b"}":
                rest = space(self.data, at + 1)
                if rest < len(self.data):
                    self._problem("syntax", rest, None, "text after the end of the document", "nothing")
                return
            key = _KEY.match(self.data, at)
            if not key:
                at = self._break(BrokenJSONError(at, self._what(at)), "a key in quotes and a colon")
            else:
                name = key[1].decode("utf-8", "replace")
                try:
                    at = space(self.data, self._member(name, key.end()))
                    if at >= len(self.data) and self.broken:
                        return
                    if self.data[at : at + 1] == b",":
                        at = space(self.data, at + 1)
                    elif self.data[at : at + 1] != b"}":
                        raise BrokenJSONError(at, self._what(at))
                except BrokenJSONError as error:
                    at = self._break(error, "a comma or a closing brace")
            if at >= len(self.data):
                return

    def _member(self, name: str, at: int) -> int:
        if name not in _SECTIONS:
            return end(self.data, at)
        if name in self.seen:
            self._problem("syntax", at, f"/{name}", f"the key {name!r} is there twice; both are read", "each key once")
        self.seen.add(name)
        if self.data[at : at + 1] == b"[":
            self.lists.add(name)
            return self._section(name, at)
        stop = end(self.data, at)
        self._problem("syntax", at, f"/{name}", "no list of records", "a list of objects")
        return stop

    def _what(self, at: int) -> str:
        if at >= len(self.data):
            return "the file ends in the middle"
        return f"{self.data[at : at + 4].decode('utf-8', 'replace')[:1]!r} is out of place"

    def _break(self, error: BrokenJSONError, expected: str) -> int:
        """Tells of a place that cannot be read; returns where the next list of records begins, or the end."""
        self.broken = True
        self._problem("syntax", min(error.at, len(self.data)), None, f"not valid JSON: {error.reason}", expected)
        follows = _SECTION.search(self.data, error.at)
        return follows.start() if follows else len(self.data)

    def _section(self, name: str, at: int) -> int:
        """A list of records; returns the offset behind it."""
        at = space(self.data, at + 1)
        if self.data[at : at + 1] == b"]":
            return at + 1
        while True:
            try:
                at = self._records(name, at)
                if self.data[at : at + 1] == b"]":
                    return at + 1
                if self.data[at : at + 1] == b",":
                    at = space(self.data, at + 1)
                    continue
                if self.data[at : at + 1] == b"{":
                    pointer = f"/{name}/{self.counts[name]}"
                    self._problem(
                        "syntax", at, pointer, "not valid JSON: no comma before it", "a comma between records"
                    )
                    continue
                raise BrokenJSONError(at, self._what(at))
            except BrokenJSONError as error:
                self.broken = True
                follows = _RESUME.search(self.data, max(at, error.at if error.at < len(self.data) else at))
                pointer = f"/{name}/{self.counts[name]}"
                reason = f"not valid JSON: {error.reason}"
                self._problem("syntax", min(error.at, len(self.data)), pointer, reason, "the records of a list")
                if not follows:
                    return len(self.data)
                self.counts[name] += 1
                if self.data[follows.start() : follows.start() + 1] == b"]":
                    return follows.start() + 1
                at = follows.end()

    def _records(self, name: str, at: int) -> int:
        """The records of a list from `at` on, as far as they stand in a row; returns the offset behind them."""
        if self.data[at : at + 1] != b"{":
            stop = end(self.data, at)
            try:
                kind = kind_of(parse(self.data, at, stop))
            except BrokenJSONError:
                kind = "value"
            pointer = f"/{name}/{self.counts[name]}"
            self._problem("syntax", at, pointer, f"a JSON {kind} in place of an object", "a JSON object")
            self.counts[name] += 1
            return space(self.data, stop)
        read, decoder = {
            "images": (self._image_block, _image_decoder),
            "categories": (self._category_block, _category_decoder),
            "annotations": (self._annotation_block, _annotation_decoder),
        }[name]
        done, size = at, FIRST
        follows: int | None = at
        try:
            while follows is not None:
                stop = block_end(self.data, follows, size)
                if name != "annotations" or not self._uniform(follows, stop):
                    starts, ends = spans(self.data, follows, size)
                    stop = int(ends[-1])
                    if name != "annotations" or not self._uniform(follows, stop):
                        read(decoder.block(self.data, starts, ends), self.counts[name])  # type: ignore[attr-defined, operator]
                        self.counts[name] += len(starts)
                done, follows, size = stop, following(self.data, stop), larger(size)
        except BrokenJSONError:
            if done == at:
                raise
            # Told when it is the next one.
        return space(self.data, done)

    def _uniform(self, at: int, stop: int) -> bool:
        """Reads the annotations between two offsets, if they all look alike."""
        uniform = coco_uniform.read(self.data, at, stop)
        if uniform is not None:
            self._uniform_block(uniform)
            self.counts["annotations"] += len(uniform.starts)
        return uniform is not None

    def _image_block(self, block: Block[Image], first: int) -> None:
        rows: list[tuple[Any, ...]] = []
        for row, image in enumerate(block.records):
            if image is None:
                continue
            name = image.file_name or "/".join((image.coco_url or "").split("/")[-2:])
            if image.id is None or not name:
                missing = "id" if image.id is None else "file_name"
                block.faults[row] = Fault("", f"an image without {missing}", "an image with id and file_name")
                continue
            size = image.width, image.height
            rows.append((first + row, int(block.starts[row]), _plain(image.id), name, *size, None))
        self._faults("images", block, first, block.faults)
        self.found["images"].append(pl.DataFrame(rows, schema=IMAGES, orient="row"))

    def _category_block(self, block: Block[Category], first: int) -> None:
        for row, category in enumerate(block.records):
            if category is not None and (category.id is None or category.name is None):
                missing = "id" if category.id is None else "name"
                block.faults[row] = Fault("", f"a category without {missing}", "a category with id and name")
            elif category is not None:
                self.found["categories"].append((category, first + row, int(block.starts[row])))
        self._faults("categories", block, first, block.faults)

    def _uniform_block(self, uniform: coco_uniform.Uniform) -> None:
        first, found = self.counts["annotations"], uniform.columns
        numbers = np.arange(first, first + len(uniform.starts), dtype=np.uint32)
        frame = pl.DataFrame({"number": numbers, "at": uniform.starts}).with_columns(
            *(
                pl.lit(None).alias(name) if found[key] is None else found[key].alias(name)  # type: ignore[union-attr]
                for name, key in (
                    ("id", "id"),
                    ("image_id", "image_id"),
                    ("category_id", "category_id"),
                    ("raw", "bbox"),
                    ("area", "area"),
                    ("crowd", "iscrowd"),
                )
            ),
            *(pl.lit(None).alias(name) for name in ("segment", "keypoints", "line")),
            pl.lit(SHAPED).alias("kind"),
        )
        base = sum(part.height for part in self.found["annotations"])
        self.points.append(
            uniform.polygons.select((pl.col("row") + base).cast(pl.UInt32).alias("object"), "part", "points")
        )
        self.found["annotations"].append(frame.select(pl.col(name).cast(kind) for name, kind in OBJECTS.items()))

    def _annotation_block(self, block: Block[Annotation], first: int) -> None:
        faults, columns, count = block.faults, block.columns, len(block.records)
        shapes = coco_shapes.read(columns["segmentation"], block.shapes)
        kind = np.zeros(count, np.uint8)
        for row in _rows(columns["caption"], lambda caption: caption is not None):
            kind[row] = CAPTION
        kind[shapes.polygons["row"].to_numpy()] = SHAPED
        kind[[mask.row for mask in shapes.masks]] = SHAPED
        segments = _rows(columns["segments_info"], lambda raw: raw not in (b"", b"null"))
        kind[segments] = SEGMENT
        boxes, points = columns["bbox"], columns["keypoints"]
        if not {len(box) for box in boxes if box is not None} <= {4}:
            for row in _rows(boxes, lambda box: box is not None and len(box) != 4):
                reason = f"a box of {len(boxes[row]):,} numbers"
                faults.setdefault(row, Fault("/bbox", reason, "4 numbers: left, top, width, height"))
        for row in _rows(points, lambda numbers: numbers is not None and len(numbers) % 3 != 0):
            reason = f"keypoints of {len(points[row]):,} numbers"
            faults.setdefault(row, Fault("/keypoints", reason, "3 numbers a point: x, y, visibility"))
        if None in columns["category_id"]:
            for row in _rows(columns["category_id"], lambda number: number is None):
                if kind[row] not in (CAPTION, SEGMENT):
                    faults.setdefault(row, Fault("", "an annotation without category_id", "the id of a category"))
        if None in columns["image_id"]:
            for row in _rows(columns["image_id"], lambda number: number is None):
                faults.setdefault(row, Fault("", "an annotation without image_id", "the id of an image"))
        for row, fault in shapes.faults.items():
            faults.setdefault(row, fault)
        expanded = [self._segments(block, row, first) for row in segments if row not in faults]
        self._faults("annotations", block, first, faults)
        sums = {row: fault for row, fault in shapes.sums.items() if row not in faults}
        self._faults("annotations", block, first, sums, "mask")
        good = np.ones(count, bool)
        good[[*faults, *segments]] = False
        numbers = np.flatnonzero(good)
        if len(numbers) < count:
            columns = {name: list(compress(values, good.tolist())) for name, values in columns.items()}
        frame = _frame(columns, numbers + first, block.starts[numbers], kind[numbers])
        base = sum(part.height for part in self.found["annotations"])
        if len(shapes.polygons):
            place = np.cumsum(good) - 1 + base
            rows = shapes.polygons["row"].to_numpy()
            polygons = shapes.polygons.with_columns(pl.Series("object", place[rows].astype(np.uint32)))
            self.points.append(polygons.filter(pl.Series(good[rows])).select("object", "part", "points"))
        masks = [mask for mask in shapes.masks if good[mask.row]]
        self.document.run_length += len(masks)
        if masks:
            self.sizes.append(
                pl.DataFrame(
                    {
                        "number": [first + mask.row for mask in masks],
                        "at": [int(block.starts[mask.row]) for mask in masks],
                        "image_id": [_plain(block.columns["image_id"][mask.row]) for mask in masks],
                        "mask_height": [mask.height for mask in masks],
                        "mask_width": [mask.width for mask in masks],
                    },
                    schema_overrides={"mask_height": pl.Float64, "mask_width": pl.Float64},
                )
            )
        self.document.captions += int(np.count_nonzero(kind[numbers] == CAPTION))
        self.found["annotations"].append(pl.concat([frame, *expanded]) if expanded else frame)

    def _segments(self, block: Block[Annotation], row: int, first: int) -> pl.DataFrame:
        """The segments of a panoptic annotation."""
        at, image = int(block.starts[row]), block.columns["image_id"][row]
        segments: list[Segment] = []
        try:
            segments = _segments_decoder.decode(block.columns["segments_info"][row])
        except (msgspec.DecodeError, RecursionError, ValueError):
            block.faults[row] = self._segments_fault(at)
        for place, segment in enumerate(segments):
            if segment.category_id is None:
                here = f"/segments_info/{place}"
                block.faults[row] = Fault(here, "a segment without category_id", "the id of a category")
                segments = []
                break
            if segment.bbox is not None and len(segment.bbox) not in (0, 4):
                reason = f"a box of {len(segment.bbox):,} numbers"
                here = f"/segments_info/{place}/bbox"
                block.faults[row] = Fault(here, reason, "4 numbers: left, top, width, height")
                segments = []
                break
        if block.columns["file_name"][row] and row not in block.faults:
            self.mask_files.append((_plain(image), block.columns["file_name"][row]))
        count = len(segments)
        columns = {name: [getattr(segment, name) for segment in segments] for name in Segment.__struct_fields__}
        columns["bbox"] = [box or None for box in columns["bbox"]]
        columns |= {"image_id": [image] * count, "keypoints": [None] * count}
        frame = _frame(
            columns, np.full(count, first + row), np.full(count, at, np.int64), np.full(count, SEGMENT, np.uint8)
        )
        return frame.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("segment"))

    def _segments_fault(self, at: int) -> Fault:
        """What the typed decoder refused, by the slow way."""
        fault = _annotation_decoder.slowly(self.data, at, end(self.data, at))
        return fault or Fault("/segments_info", "segments that cannot be read", "a list of segments")

    def _images(self) -> None:
        frames = self.found["images"]
        images = pl.concat(frames) if frames else IMAGES.to_frame()
        images = images.with_columns(pl.Series("line", self.places.lines(images["at"].to_numpy()), pl.UInt32))
        self.document.images = images
        self._repeated("images", "image", images)

    def _categories(self) -> None:
        entries = self.found["categories"]
        firsts: dict[str, tuple[Category, int]] = {}
        names: dict[str, tuple[str, int]] = {}
        for category, number, at in entries:
            key = _plain(category.id) or ""
            pointer = f"/categories/{number}"
            if key in firsts:
                other, before = firsts[key]
                what = "again" if other.name == category.name else f"is {other.name!r} at /categories/{before},"
                reason = (
                    f"category id {key} {what} {category.name!r} here"
                    if what != "again"
                    else (f"category id {key} is at /categories/{before} already")
                )
                place = offset(self.data, Fault("/id", "", ""), at)
                self._problem("repeated-id", place, f"{pointer}/id", reason, "ids that occur once")
                continue
            firsts[key] = (category, number)
            if category.name in names:
                reason = f"the name {category.name!r} is that of category {names[category.name][0]} too"
                place = offset(self.data, Fault("/name", "", ""), at)
                self._problem("classes", place, f"{pointer}/name", reason, "names that occur once")
            else:
                names[category.name] = (key, number)
        self.document.categories = {key: category for key, (category, _) in firsts.items()}

    def _objects(self) -> None:
        frames = self.found["annotations"]
        objects = pl.concat(frames, rechunk=True) if frames else OBJECTS.to_frame()
        self.found["annotations"] = []
        objects = objects.with_columns(pl.Series("line", self.places.lines(objects["at"].to_numpy()), pl.UInt32))
        self._repeated("annotations", "annotation", objects.filter(pl.col("kind") != SEGMENT))
        objects = objects.with_row_index("object")
        lost = self._unknown_images(objects)
        if lost is not None:
            objects = objects.filter(~lost)
        bare = (pl.col("kind") == PLAIN) & pl.col("raw").is_null() & pl.col("keypoints").is_null()
        empty = objects.filter(bare)
        if len(empty) and len(empty) < len(objects):
            for number, at in empty.select("number", "at").iter_rows():
                reason = "an annotation without bbox and segmentation"
                self._problem("syntax", at, f"/annotations/{number}", reason, "a bbox, or a segmentation")
            objects = objects.filter(~bare)
        self._unknown_categories(objects)
        self._mask_sizes()
        if self.points:
            # Rows that were dropped leave gaps: polygons follow their objects.
            kept = objects.select("object").with_row_index("row")
            points = pl.concat(self.points, rechunk=False)
            self.points = []
            if len(kept) and kept["object"][-1] != len(kept) - 1:
                points = points.join(kept, on="object", how="inner", maintain_order="left").select(
                    pl.col("row").alias("object"), "part", "points"
                )
            elif not len(kept):
                points = points.clear()
            self.document.polygons = points
        self.document.objects = objects.drop("object")
        self.document.masks = pl.DataFrame(
            self.mask_files, schema={"image_id": pl.String, "name": pl.String}, orient="row"
        )

    def _unknown_images(self, objects: pl.DataFrame) -> pl.Series | None:
        """Which objects are of an image that the file does not have; their annotations are told."""
        known = self.document.images["id"].unique()
        lost = (
            ~objects["image_id"].is_in(known.implode())
            if len(known)
            else pl.Series([True] * len(objects), dtype=pl.Boolean)
        )
        if not lost.any():
            return None
        missing = objects.filter(lost).unique("number", keep="first", maintain_order=True)
        if self.broken and not len(known):
            count = missing.height
            reason = f"the list of images cannot be read: {count:,} annotations are of no known image"
            self._problem("syntax", len(self.data), "/images", reason, "a list of images")
            return lost
        for number, at, name in missing.select("number", "at", "image_id").iter_rows():
            place = offset(self.data, Fault("/image_id", "", ""), at)
            reason = f"no image has the id {name[:100]}"
            self._problem("syntax", place, f"/annotations/{number}/image_id", reason, "the id of an image of this file")
        return lost

    def _unknown_categories(self, objects: pl.DataFrame) -> None:
        known = list(self.document.categories)
        asked = objects.filter(pl.col("category_id").is_not_null() & (pl.col("kind") != CAPTION))
        unknown = asked.filter(~pl.col("category_id").is_in(known))
        if not len(unknown) or (self.broken and not known):
            return
        if not known:
            at, number = unknown.row(0, named=True)["at"], unknown.row(0, named=True)["number"]
            reason = f"the file declares no categories; {len(unknown):,} annotations have one"
            place = offset(self.data, Fault("/category_id", "", ""), at)
            pointer = f"/annotations/{number}/category_id"
            self._problem("unknown-category", place, pointer, reason, "a list of categories with id and name")
            return
        for number, segment, at, name in unknown.select("number", "segment", "at", "category_id").iter_rows():
            inner = "/category_id" if segment is None else f"/segments_info/{segment}/category_id"
            place = offset(self.data, Fault(inner, "", ""), at)
            reason = f"no category has the id {name[:100]}"
            self._problem("unknown-category", place, f"/annotations/{number}{inner}", reason, "the id of a category")

    def _mask_sizes(self) -> None:
        if not self.sizes:
            return
        sizes = self.document.images.unique("id", keep="first").select(
            pl.col("id").alias("image_id"), "width", "height"
        )
        wrong = (
            pl.concat(self.sizes)
            .join(sizes, on="image_id", how="inner", maintain_order="left")
            .drop_nulls(["width", "height"])
            .filter((pl.col("width") != pl.col("mask_width")) | (pl.col("height") != pl.col("mask_height")))
        )
        for row in wrong.iter_rows(named=True):
            pointer = "/segmentation/size"
            mask, image = (
                f"{row[width]:.0f} x {row[height]:.0f}"
                for width, height in (("mask_width", "mask_height"), ("width", "height"))
            )
            reason = f"a mask of {mask} pixels for an image of {image}"
            place = offset(self.data, Fault(pointer, "", ""), row["at"])
            self._problem("mask", place, f"/annotations/{row['number']}{pointer}", reason, f"{image} pixels")

    def _repeated(self, section: str, noun: str, rows: pl.DataFrame) -> None:
        ids = rows.select("number", "at", "id", "line").drop_nulls("id")
        again = ids.filter(~pl.col("id").is_first_distinct())
        if not len(again):
            return
        firsts = ids.unique("id", keep="first").select(
            "id", pl.col("number").alias("first"), pl.col("line").alias("on")
        )
        for number, at, name, _, before, line in again.join(firsts, on="id", maintain_order="left").iter_rows():
            reason = f"{noun} id {name[:100]} is at /{section}/{before} (line {line}) already"
            place = offset(self.data, Fault("/id", "", ""), at)
            self._problem("repeated-id", place, f"/{section}/{number}/id", reason, "ids that occur once")

    def _faults(
        self, section: str, block: Block[Any], first: int, faults: dict[int, Fault], kind: str = "syntax"
    ) -> None:
        for row, fault in faults.items():
            place = offset(self.data, fault, int(block.starts[row]))
            self._problem(kind, place, f"/{section}/{first + row}{fault.pointer}", fault.reason, fault.expected)

    def _problem(self, kind: str, at: int, pointer: str | None, reason: str, expected: str) -> None:
        line, column = self.places.at(at)
        self.document.problems.append(Problem(kind, Place(self.document.file, line, column, pointer), reason, expected))


_image_decoder = Decoder(Image)
_category_decoder = Decoder(Category)
_annotation_decoder = Decoder(Annotation)
_segments_decoder = msgspec.json.Decoder(list[Segment])


def _rows(values: list[Any], wanted: Callable[[Any], bool]) -> list[int]:
    """Places of those values; nothing is looked at where none is there."""
    if not values or (values.count(values[0]) == len(values) and values[0] in (None, b"")):
        return [] if not values or not wanted(values[0]) else list(range(len(values)))
    return [row for row, value in enumerate(values) if wanted(value)]


def _frame(columns: dict[str, list[Any]], numbers: Any, at: Any, kind: Any) -> pl.DataFrame:
    """Objects as a table."""
    nothing = pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(numbers))
    return pl.DataFrame(
        {
            "number": numbers.astype(np.uint32),
            "segment": nothing,
            "at": at,
            "id": _ids(columns["id"]),
            "image_id": _ids(columns["image_id"]),
            "category_id": _ids(columns["category_id"]),
            "raw": _lists(columns["bbox"]),
            "area": pl.Series(columns["area"], dtype=pl.Float64),
            "crowd": _flags(columns["iscrowd"]),
            "kind": kind,
            "keypoints": _lists(columns["keypoints"]),
            "line": nothing,
        },
        schema=OBJECTS,
    )


def _ids(values: list[Id]) -> pl.Series:
    """Ids as text: 7, 7.0 and "7" are the same."""
    try:
        return pl.Series(values, dtype=pl.Int64).cast(pl.String)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series([_plain(value) for value in values], dtype=pl.String)


def _plain(value: Id) -> str | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def _flags(values: list[float | bool | None]) -> pl.Series:
    return pl.Series([None if value is None else value != 0 for value in values], dtype=pl.Boolean)


def _lists(values: list[list[float] | None]) -> pl.Series:
    """Lists of numbers, the usual case of equally long ones in one go."""
    if values.count(None) == len(values):
        return pl.Series([None], dtype=pl.List(pl.Float64)).new_from_index(0, len(values))
    if None not in values and values[0] and len(set(map(len, values))) == 1:  # type: ignore[arg-type]
        width = len(values[0])
        flat = chain.from_iterable(values)  # type: ignore[arg-type]
        numbers = np.fromiter(flat, np.float64, len(values) * width).reshape(-1, width)
        return pl.Series(numbers, dtype=pl.Array(pl.Float64, width)).arr.to_list()
    return pl.Series(values, dtype=pl.List(pl.Float64))


__all__ = ["CAPTION", "PLAIN", "SEGMENT", "SHAPED", "Document", "read", "sniff"]
