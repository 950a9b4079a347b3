"""A short way to the pixels of plain JPEG files.

Pillow's own way through a file object and its JPEG plugin costs more than decoding where images are small. A *plain*
file has 8 bits, one or three channels, and no application segment but JFIF: no EXIF, colour profile, Adobe transform
or second picture. For all others, and whenever anything is wrong, the ordinary way is taken.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import NamedTuple

from PIL import Image

from datalint.pixels.jpeg_coding import PROGRESSIVE, Coding, coding, table_sums

_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive; Huffman coded
_ALL_FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0), 0xF7)
_LS = 0xF7
_LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
_PROCESSES = {
    0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical", 0xC9: "arithmetic-coded",
    0xCA: "arithmetic-coded", 0xCB: "lossless arithmetic-coded", 0xCD: "hierarchical", 0xCE: "hierarchical",
    0xCF: "hierarchical", _LS: "lossless (JPEG-LS)",
}  # fmt: skip
_ANYWHERE = (0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xF8, 0xFE, *range(0xE0, 0xF0))
_MOST_COMPONENTS = 64
_SILENT = (0xC4, 0xDB, 0xDD, 0xFE)  # tables, restart interval, comment: they change nothing of the header's facts
_TABLES, _JFIF, _SCAN, _END = 0xDB, 0xE0, 0xDA, 0xD9


class PlainHeader(NamedTuple):
    """The header of a plain file."""

    mode: str
    width: int
    height: int
    coding: Coding


def plain_header(raw: bytes) -> PlainHeader | None:
    """The header of a plain JPEG file; None if the file is not plain, or not whole."""
    frame, position, tables = None, 2, b""
    try:
        while raw[position] == 0xFF:
            marker = raw[position + 1]
            if marker == _SCAN:
                return None if frame is None else _plain(frame, tables)
            end = position + 2 + (raw[position + 2] << 8 | raw[position + 3])
            if marker == _TABLES:
                tables += raw[position + 4 : end]
            elif marker in _FRAMES:
                if frame is not None:
                    return None
                frame = raw[position + 1 : position + 2] + raw[position + 4 : end]
            elif marker not in _SILENT and not (marker == _JFIF and raw.startswith(b"JFIF\0", position + 4)):
                return None
            position = end
    except IndexError:
        pass
    return None


@lru_cache(maxsize=1024)
def _plain(frame: bytes, tables: bytes) -> PlainHeader | None:
    """The header of a frame, from its marker on, and the bodies of the segments of quantisation tables."""
    mode = {1: "L", 3: "RGB"}.get(frame[6])
    height, width = frame[2] << 8 | frame[3], frame[4] << 8 | frame[5]
    if mode is None or frame[1] != 8 or not width or not height:
        return None
    sums = table_sums(tables)
    factors = [divmod(frame[8 + 3 * part], 16) for part in range(frame[6])]
    found = coding([sums[number] for number in sorted(sums)], factors, progressive=frame[0] == PROGRESSIVE)
    return PlainHeader(mode, width, height, found)


def unsupported(raw: bytes) -> str | None:
    """What a whole JPEG file is, in words, if Pillow has no decoder for its kind; None if the file itself is at fault.

    Whether Pillow has one is tried on the smallest file of that kind.
    """
    frame = _frame(raw)
    if frame is None or _decodes(frame):
        return None
    kind = _PROCESSES.get(frame.marker) or f"{frame.bits}-bit"
    if frame.components not in (1, 3, 4):
        kind += f" {frame.components}-channel"
    return f"a {kind} JPEG"


def decode(raw: bytes, header: PlainHeader, scale: int) -> Image.Image | None:
    """The picture reduced by 1, 2, 4 or 8 in its DCT; None if the bit stream is damaged or ends early."""
    size = -(-header.width // scale), -(-header.height // scale)
    try:
        return Image.frombytes(header.mode, size, raw, "jpeg", header.mode, "", scale, 0)
    except (ValueError, OSError):
        return None


# -- which kind of JPEG ----------------------------------------------------------------------------------------------


class _Frame(NamedTuple):
    """How a JPEG file is coded."""

    marker: int
    bits: int
    components: int


def _frame(raw: bytes) -> _Frame | None:
    """The frame of a file that is whole, by all of its markers up to the last one; None for any other."""
    frame, scans, position = None, 0, 2
    try:
        while True:
            if raw[position] != 0xFF:
                return None
            while (marker := raw[position + 1]) == 0xFF:  # padding
                position += 1
            if marker == _END:
                return frame if scans else None
            length = raw[position + 2] << 8 | raw[position + 3]
            body = raw[position + 4 : position + 2 + length]
            if len(body) != length - 2:
                return None
            if marker in _ALL_FRAMES:
                found = _Frame(marker, body[0], body[5])
                if not _plausible(found, body):
                    return None
                frame = frame or found  # a hierarchical file has several
            elif marker not in _ANYWHERE and (marker != _SCAN or frame is None):
                return None
            position += 2 + length
            if frame and marker == _SCAN:
                scans += 1
                position = _after_scan(raw, position, stuffed=0x7F if frame.marker == _LS else 0)
    except (IndexError, ValueError):  # the file ends before the picture does
        return None


def _plausible(frame: _Frame, body: bytes) -> bool:
    lossless = frame.marker in _LOSSLESS or frame.marker == _LS
    deep = range(2, 17) if lossless else (8, 12)
    width, height = int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
    whole = len(body) == 6 + 3 * frame.components and 0 < frame.components <= _MOST_COMPONENTS
    return whole and frame.bits in deep and width > 0 and height > 0


def _after_scan(raw: bytes, position: int, stuffed: int) -> int:
    """Where the coded data from `position` on end, that is, at the next marker that is not a restart.

    `stuffed` is the largest byte after 0xFF that makes no marker.
    """
    while True:
        position = raw.index(b"\xff", position)
        following = raw[position + 1]
        if following == 0xFF:
            position += 1
        elif following <= stuffed or 0xD0 <= following <= 0xD7:
            position += 2
        else:
            return position


@lru_cache(maxsize=64)
def _decodes(frame: _Frame) -> bool:
    """Whether Pillow decodes a file of this kind: one pixel, of which every coded bit is zero."""
    try:
        with Image.open(io.BytesIO(_smallest(frame)), formats=("JPEG",)) as image:
            image.load()
    except Exception:  # the decoder's own words for what it cannot do
        return False
    return True


def _smallest(frame: _Frame) -> bytes:
    numbers = range(1, frame.components + 1)
    code = bytes([1, *[0] * 15, 0])  # one code of one bit, for the value 0
    lossless, progressive = frame.marker in _LOSSLESS, frame.marker in (0xC2, 0xC6, 0xCA, 0xCE)
    scan = (1, 0, 0) if lossless else (0, 0, 0) if progressive else (0, 63, 0)
    shape = [frame.bits, 0, 1, 0, 1, frame.components, *(part for n in numbers for part in (n, 0x11, 0))]
    segments = (
        (0xDB, bytes([0, *[1] * 64])),
        (frame.marker, bytes(shape)),
        (0xC4, b"\0" + code + b"\x10" + code),
        (_SCAN, bytes([frame.components, *(part for n in numbers for part in (n, 0)), *scan])),
    )
    coded = b"".join(bytes([0xFF, kind]) + (len(body) + 2).to_bytes(2, "big") + body for kind, body in segments)
    return b"\xff\xd8" + coded + bytes(-(-frame.components // 4)) + b"\xff\xd9"
