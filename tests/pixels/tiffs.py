"""TIFF files of any tags and any number of pages, written by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, ROWS, PLANAR = 256, 257, 258, 259, 262, 277, 278, 284
OFFSETS, COUNTS, SUB, FORMAT = 273, 279, 330, 339
Tags = Mapping[int, int | Sequence[int]]


def tiff(*pages: Tags, data: bytes = b"", order: str = "<", loop: bool = False) -> bytes:
    """A classic TIFF: `data` at place 8, then a directory for each page; with `loop` the last leads to the first."""
    content, following = bytearray(data), []
    for tags in pages:
        entries, values, place = b"", b"", 8 + len(content)
        after = place + 2 + 12 * len(tags) + 4
        for tag in sorted(tags):
            given = tags[tag]
            numbers = [given] if isinstance(given, int) else [*given]
            raw = struct.pack(f"{order}{len(numbers)}I", *numbers)
            entries += struct.pack(order + "HHI", tag, 4, len(numbers))
            entries += raw if len(numbers) == 1 else struct.pack(order + "I", after + len(values))
            values += raw if len(numbers) > 1 else b""
        following.append((place, after - 4))
        content += struct.pack(order + "H", len(tags)) + entries + bytes(4) + values
    places = [place for place, _ in following]
    for (_, link), target in zip(following, [*places[1:], places[0] if loop else 0], strict=True):
        content[link - 8 : link - 4] = struct.pack(order + "I", target)
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", places[0]) + bytes(content)


def of(samples: NDArray[Any], *, order: Literal["<", ">"] = "<", **other: int | Sequence[int]) -> bytes:
    """The TIFF of (height, width, bands) samples, not packed; `other` are tags by their number, as `t262=2`."""
    kind = {"u": 1, "i": 2, "f": 3, "c": 6}[samples.dtype.kind]
    raw = np.ascontiguousarray(samples).astype(samples.dtype.newbyteorder(order)).tobytes()
    return tiff(page(samples.shape, 8 * samples.dtype.itemsize, kind, len(raw)) | named(other), data=raw, order=order)


def page(shape: tuple[int, ...], bits: int, kind: int, size: int) -> dict[int, int | Sequence[int]]:
    """The tags of a page whose samples, so many bytes, are at place 8."""
    height, width, bands = shape
    return {
        WIDTH: width, LENGTH: height, BITS: [bits] * bands, COMPRESSION: 1, PHOTOMETRIC: 1, OFFSETS: 8,
        SAMPLES: bands, ROWS: height, COUNTS: size, PLANAR: 1, FORMAT: [kind] * bands,
    }  # fmt: skip


def named(tags: Mapping[str, int | Sequence[int]]) -> dict[int, int | Sequence[int]]:
    return {int(name[1:]): value for name, value in tags.items()}
