"""Segmentations of COCO annotations: polygons, all of a block parsed together, and run-length masks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

import msgspec
import numpy as np
import polars as pl

from datalint.dataset.assembly import lists
from datalint.dataset.containers.json.blocks import Fault
from datalint.dataset.containers.json.places import BrokenJSONError, parse
from datalint.dataset.containers.json.values import as_float, is_number, type_of
from datalint.dataset.formats import run_lengths
from datalint.dataset.formats.coco.uniform import floats
from datalint.dataset.formats.run_lengths import MEASURES, Mask, Size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What is left of lists of polygons, one a record, when digits and spaces are taken away.
_SKELETON = re.compile(rb"(?:\[\[,*+\](?:,\[,*+\])*+\](?:;|$))*+")
_DIGITS = b"0123456789.eE+- \t\r\n"
_COMMAS = bytes.maketrans(b";", b",")
_POLYGON = "/segmentation"
#: No run and no side is longer.
_LARGEST = 1 << 33
#: Characters of the runs of a mask: more than those of the finest one of a hundred million pixels that is drawn.
_LONGEST_MASK = 1 << 22


@dataclass
class Shapes:
    """The segmentations of a block; `row` is the record's place in it."""

    polygons: pl.DataFrame
    """row, part, points"""
    masks: list[Size] = field(default_factory=list)
    """Run-length masks."""
    measures: pl.DataFrame = field(default_factory=MEASURES.to_frame)
    """Of those whose runs fill them."""
    faults: dict[int, Fault] = field(default_factory=dict)
    """Segmentations that cannot be used."""
    sums: dict[int, Fault] = field(default_factory=dict)
    """Run-length masks whose runs are not of the size that they declare."""


_SCHEMA = pl.Schema([("row", pl.UInt32), ("part", pl.UInt32), ("points", pl.List(pl.Float64))])


def read(raws: Sequence[bytes], slow: Mapping[int, Any]) -> Shapes:
    """The segmentations of a block: JSON (b'' or b'null' where a record has none), and those that were read slowly."""
    rows = [row for row, raw in enumerate(raws) if raw[:1] == b"[" and raw != b"[]"]
    bulk = _bulk(raws, rows)
    shapes = Shapes(bulk if bulk is not None else _SCHEMA.to_frame())
    outlines: list[tuple[int, int, list[float]]] = []
    masks: list[Mask] = []
    others: dict[int, Any] = dict(slow)
    closer = rows if bulk is None else []
    if len(rows) < len(raws):
        closer = closer + [row for row, raw in enumerate(raws) if raw[:1] not in (b"[", b"", b"n")]
    for row in closer:
        try:
            others[row] = _value(raws[row])
        except BrokenJSONError as error:
            shapes.faults[row] = Fault(_POLYGON, error.reason, "a list of polygons, or a mask")
    for row, value in others.items():
        found = _one(row, value, outlines, masks, shapes)
        if found is not None:
            shapes.faults[row] = found
    _check_runs(masks, shapes)
    if outlines:
        shapes.polygons = pl.concat([shapes.polygons, pl.DataFrame(outlines, schema=_SCHEMA, orient="row")]).sort(
            "row", "part"
        )
    odd = shapes.polygons.filter(pl.col("points").list.len() % 2 == 1)
    for row, part, length in odd.select("row", "part", pl.col("points").list.len()).iter_rows():
        reason = f"a polygon of {length} numbers"
        shapes.faults.setdefault(row, Fault(f"{_POLYGON}/{part}", reason, "an even number: x, y, x, y, ..."))
    return shapes


def _bulk(raws: Sequence[bytes], rows: Sequence[int]) -> pl.DataFrame | None:
    """Polygons of those rows, read together; None if one of them needs a closer look."""
    if not rows:
        return _SCHEMA.to_frame()
    text = b";".join(raws if len(rows) == len(raws) else [raws[row] for row in rows])
    skeleton = text.translate(None, _DIGITS)
    if not _SKELETON.fullmatch(skeleton):
        return None
    flat = text.translate(_COMMAS, b"[] \t\r\n")
    marks = np.frombuffer(skeleton, np.uint8)
    opens, closes = marks == ord("["), marks == ord("]")
    first = np.flatnonzero(opens & np.append(~opens[1:], True))
    last = np.flatnonzero(closes & np.append(True, ~closes[:-1]))
    lengths = last - first
    values = floats(flat, int(lengths.sum()))
    if values is None:
        return None
    owner = np.cumsum(marks == ord(";"))[first]
    before = np.flatnonzero(np.diff(owner, prepend=-1))
    part = np.arange(len(first)) - np.repeat(before, np.diff(before, append=len(first)))
    return pl.DataFrame(
        {
            "row": np.array(rows, np.uint32)[owner],
            "part": part.astype(np.uint32),
            "points": lists.split(values, lengths),
        },
        schema=_SCHEMA,
    )


def _value(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return parse(raw, 0, len(raw))


def _one(
    row: int,
    value: Any,
    outlines: list[tuple[int, int, list[float]]],
    masks: list[Mask],
    shapes: Shapes,
) -> Fault | None:
    """A segmentation that Python's parser read, or what is wrong with it."""
    if value is None:
        return None
    if isinstance(value, dict):
        return _mask(row, value, masks, shapes)
    if not isinstance(value, list):
        return Fault(_POLYGON, f"a {type_of(value)} in place of a segmentation", "a list of polygons, or a mask")
    for part, polygon in enumerate(value):
        here = f"{_POLYGON}/{part}"
        if not isinstance(polygon, list):
            return Fault(here, f"a {type_of(polygon)} in place of a polygon", "a list of numbers")
        for place, number in enumerate(polygon):
            if not is_number(number):
                return Fault(f"{here}/{place}", f"a {type_of(number)} in place of a number", "a number")
    outlines += [(row, part, [as_float(number) for number in polygon]) for part, polygon in enumerate(value)]
    return None


def _mask(row: int, value: dict[str, Any], masks: list[Mask], shapes: Shapes) -> Fault | None:
    size, counts = value.get("size"), value.get("counts")
    if not _is_size(size):
        here = f"{_POLYGON}/size" if "size" in value else _POLYGON
        return Fault(here, "a mask without its size", "2 whole numbers: height, width")
    mask = Size(row, int(size[0]), int(size[1]))
    if isinstance(counts, str) and len(counts) > _LONGEST_MASK:
        return Fault(f"{_POLYGON}/counts", f"runs of {len(counts):,} characters", f"at most {_LONGEST_MASK:,}")
    if isinstance(counts, str):
        masks.append(Mask(mask, counts))
    elif isinstance(counts, list):
        for place, run in enumerate(counts):
            if not _is_length(run):
                return Fault(f"{_POLYGON}/counts/{place}", "a run that is not a length", "a whole number")
        masks.append(Mask(mask, counts))
    else:
        here = f"{_POLYGON}/counts" if "counts" in value else _POLYGON
        return Fault(here, f"a {type_of(counts)} in place of runs", "a list of lengths, or a text")
    shapes.masks.append(mask)
    return None


def _is_size(size: Any) -> TypeGuard[list[float]]:
    return isinstance(size, list) and len(size) == 2 and all(_is_length(side) for side in size)


def _is_length(value: Any) -> bool:
    return is_number(value) and 0 <= value <= _LARGEST and value == int(value)


def _check_runs(masks: Sequence[Mask], shapes: Shapes) -> None:
    """Measure masks; those whose runs cannot be used, or do not fill them, are reported."""
    found = run_lengths.measure(masks)
    sizes = {mask.size.row: mask.size for mask in masks}
    for row in found.broken:
        shapes.faults[row] = Fault(f"{_POLYGON}/counts", "runs that cannot be decoded", "a compressed mask")
    shapes.sums |= {row: _wrong_sum(sizes[row], total) for row, total in found.totals.items()}
    shapes.measures = found.measures


def _wrong_sum(mask: Size, total: int) -> Fault:
    pixels = mask.height * mask.width
    reason = f"the runs of the mask cover {total:,} pixels, its size {mask.width} x {mask.height} is {pixels:,}"
    return Fault(f"{_POLYGON}/counts", reason, f"{pixels:,} pixels")


__all__ = ["Shapes", "read"]
