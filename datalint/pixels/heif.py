"""AVIF and HEIF files without their pixels: their decoders take nothing less than the whole file, also for a header.

What a header says lies in the box `meta` at the beginning, but EXIF and the like in `mdat`, beside the pixels; `meta`
says where (ISO/IEC 14496-12, 8.11).
"""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from datalint.pixels.blank import blank
from datalint.pixels.boxes import boxes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PIXELS = (b"av01", b"hvc1", b"hev1", b"hvc2", b"lhv1", b"avc1", b"svc1", b"vvc1", b"jpeg", b"j2k1", b"unci", b"mski")
"""Kinds of items that are coded pictures."""
_LARGEST_META = 1 << 20


def without_pixels(source: IO[bytes]) -> IO[bytes]:
    """The same file with zeros in place of pixels, which are not read; all else is the same. Too large ones as they
    are.
    """
    made = blank(source)
    if made is None:
        return source
    found = [*boxes(source)]
    if not found or found[-1].end < made.size:  # what is not a box is copied with the rest
        source.seek(0)
        return source
    begin = 0
    for box in found:
        made.copy(begin, min(box.content, made.size) if box.kind == b"mdat" else box.end)
        begin = box.end
    left = made.size  # many items may claim the same bytes
    for box in found:
        if box.kind == b"meta" and box.end - box.content <= _LARGEST_META:
            for start, stop in _beside_pixels(bytes(made.data[box.content : box.end])):
                left -= stop - start
                if left >= 0:
                    made.copy(start, stop)
    return made.file()


def _beside_pixels(meta: bytes) -> Iterator[tuple[int, int]]:
    """Where in the file the items lie that are not coded pictures."""
    inside = _inside(meta[4:])
    yield from _extents(inside.get(b"iloc", b""), _kinds(inside.get(b"iinf", b"")))


def _inside(content: bytes) -> Mapping[bytes, bytes]:
    """Kind of a box -> its content."""
    return {box.kind: content[box.content : box.end] for box in boxes(io.BytesIO(content))}


def _kinds(iinf: bytes) -> Mapping[int, bytes]:
    """Number of an item -> its kind."""
    found = {}
    entries = iinf[6 if iinf[:1] == b"\0" else 8 :]
    for box in boxes(io.BytesIO(entries)):
        if box.kind == b"infe":
            entry = entries[box.content : box.end]
            at = 8 if entry[:1] == b"\3" else 6
            found[int.from_bytes(entry[4:at], "big")] = entry[at + 2 : at + 6]
    return found


def _extents(iloc: bytes, kinds: Mapping[int, bytes]) -> Iterator[tuple[int, int]]:
    """Start and end in the file of all parts of the items that are not coded pictures."""
    source = io.BytesIO(iloc)

    def number(size: int) -> int:
        return int.from_bytes(source.read(size), "big")

    version, sizes = number(4) >> 24, number(2)
    of_offset, of_length, of_base, of_index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2
    if not of_offset and not of_length:
        return
    for _ in range(number(wide)):
        if source.tell() >= len(iloc):
            return
        item = number(wide)
        method = number(2) & 15 if version else 0
        number(2)  # of a table that says in which file it lies
        base, count = number(of_base), number(2)
        for _ in range(count):
            if source.tell() >= len(iloc):
                return
            if version and of_index:
                number(of_index)
            start, length = base + number(of_offset), number(of_length)
            if method == 0 and length and kinds.get(item, _PIXELS[0]) not in _PIXELS:
                yield start, start + length


__all__ = ["without_pixels"]
