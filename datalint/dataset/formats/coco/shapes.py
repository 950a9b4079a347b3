"""Segmentations of COCO annotations: polygons, all of a block parsed together, and run-length masks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import msgspec
import numpy as np
import polars as pl

from datalint.dataset.assembly import lists
from datalint.dataset.containers.json.blocks import Fault
from datalint.dataset.containers.json.places import BrokenJSONError, parse
from datalint.dataset.containers.json.values import as_float, is_number, type_of
from datalint.dataset.formats.coco.uniform import floats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: What is left of lists of polygons, one a record, when digits and spaces are taken away.
_SKELETON = re.compile(rb"(?:\[\[,*+\](?:,\[,*+\])*+\](?:;|$))*+")
_DIGITS = b"0123456789.eE+- \t\r\n"
_COMMAS = bytes.maketrans(b";", b",")
_POLYGON = "/segmentation"
#: No run and no side is longer.
_LARGEST = 1 << 40
#: Characters of the runs of a mask: more than those of the finest one of a hundred million pixels that is drawn.
_LONGEST_MASK = 1 << 22


class Size(NamedTuple):
    """The size that a run-length mask declares."""

    row: int
    height: int
    width: int


@dataclass
class Shapes:
    """The segmentations of a block; `row` is the record's place in it."""

    polygons: pl.DataFrame
    """row, part, points"""
    masks: list[Size] = field(default_factory=list)
    """Run-length masks."""
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
    compressed: list[tuple[Size, str]] = []
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
        found = _one(row, value, outlines, compressed, shapes)
        if found is not None:
            shapes.faults[row] = found
    _check_sums(compressed, shapes)
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
    compressed: list[tuple[Size, str]],
    shapes: Shapes,
) -> Fault | None:
    """A segmentation that Python's parser read, or what is wrong with it."""
    if value is None:
        return None
    if isinstance(value, dict):
        return _mask(row, value, compressed, shapes)
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


def _mask(row: int, value: dict[str, Any], compressed: list[tuple[Size, str]], shapes: Shapes) -> Fault | None:
    size, counts = value.get("size"), value.get("counts")
    if not _is_size(size):
        here = f"{_POLYGON}/size" if "size" in value else _POLYGON
        return Fault(here, "a mask without its size", "2 whole numbers: height, width")
    mask = Size(row, int(size[0]), int(size[1]))
    if isinstance(counts, str) and len(counts) > _LONGEST_MASK:
        return Fault(f"{_POLYGON}/counts", f"runs of {len(counts):,} characters", f"at most {_LONGEST_MASK:,}")
    if isinstance(counts, str):
        compressed.append((mask, counts))
    elif isinstance(counts, list):
        for place, run in enumerate(counts):
            if not _is_length(run):
                return Fault(f"{_POLYGON}/counts/{place}", "a run that is not a length", "a whole number")
        total = sum(int(run) for run in counts)
        if total != mask.height * mask.width:
            shapes.sums[row] = _wrong_sum(mask, total)
    else:
        here = f"{_POLYGON}/counts" if "counts" in value else _POLYGON
        return Fault(here, f"a {type_of(counts)} in place of runs", "a list of lengths, or a text")
    shapes.masks.append(mask)
    return None


def _is_size(size: Any) -> TypeGuard[list[float]]:
    return isinstance(size, list) and len(size) == 2 and all(_is_length(side) for side in size)


def _is_length(value: Any) -> bool:
    return is_number(value) and 0 <= value <= _LARGEST and value == int(value)


def _check_sums(compressed: Sequence[tuple[Size, str]], shapes: Shapes) -> None:
    """Lengths of compressed runs, of all masks together: base 32, a run from the fourth on less the one two before it.

    The encoding is that of `rleFrString` in pycocotools' maskApi.c.
    """
    if not compressed:
        return
    texts = [counts.encode() for _, counts in compressed]
    lengths = np.array([len(text) for text in texts], np.int64)
    codes = np.frombuffer(b"".join(texts), np.uint8).astype(np.int64) - 48
    owner = np.repeat(np.arange(len(texts)), lengths)
    more = (codes & 0x20) != 0
    wrong = np.bincount(owner[(codes < 0) | (codes >= 64)], minlength=len(texts)) > 0
    ends = np.cumsum(lengths)[lengths > 0] - 1
    wrong[lengths > 0] |= more[ends]
    more[ends] = False
    last = np.flatnonzero(~more)
    number = np.concatenate([[0], np.cumsum(~more)[:-1]]) if len(codes) else np.zeros(0, np.int64)
    first = np.concatenate([[0], last[:-1] + 1])[: len(last)]
    digit = np.arange(len(codes)) - first[number]
    for mask in np.unique(owner[digit > 11]).tolist():
        wrong[mask] = True  # a run of 60 bits and more
    digit = np.minimum(digit, 11)
    runs = np.zeros(len(last), np.int64)
    np.add.at(runs, number, (codes & 0x1F) << (5 * digit))
    negative = (codes[last] & 0x10) != 0
    runs[negative] -= np.int64(1) << (5 * (digit[last[negative]] + 1))
    totals = _totals(runs, owner[last], len(texts))
    for (mask, _), bad, total in zip(compressed, wrong.tolist(), totals.tolist(), strict=True):
        if bad:
            shapes.faults[mask.row] = Fault(f"{_POLYGON}/counts", "runs that cannot be decoded", "a compressed mask")
        elif total != mask.height * mask.width:
            shapes.sums[mask.row] = _wrong_sum(mask, total)


def _totals(runs: NDArray[np.int64], owner: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Sum of the runs of each mask. A difference counts in its run and in every second one after it."""
    of = np.bincount(owner, minlength=count)
    place = np.arange(len(runs)) - np.repeat(np.cumsum(of) - of, of)
    left = of[owner] - place
    totals = np.zeros(count, np.int64)
    np.add.at(totals, owner, runs * np.where(place == 0, 1, (left + 1) // 2))
    return totals


def _wrong_sum(mask: Size, total: int) -> Fault:
    pixels = mask.height * mask.width
    reason = f"the runs of the mask cover {total:,} pixels, its size {mask.width} x {mask.height} is {pixels:,}"
    return Fault(f"{_POLYGON}/counts", reason, f"{pixels:,} pixels")


__all__ = ["Shapes", "Size", "read"]
