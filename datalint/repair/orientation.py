"""The EXIF orientation of a JPEG file, in its place: two bytes, no pixel."""

from __future__ import annotations

import struct

from datalint.repair.edits import Edit, FixError

_EXIF = b"Exif\0\0"
_TAG, _SHORT = 0x0112, 3
#: Markers without a length.
_BARE = {0x01, *range(0xD0, 0xD9)}


def upright(data: bytes) -> list[Edit]:
    """The edit that makes the orientation 1: as stored is as shown. FixError where it is not found."""
    for at, stop in _segments(data):
        if data[at : at + len(_EXIF)] == _EXIF:
            found = _in_tiff(data[at + len(_EXIF) : stop])
            if found is not None:
                place, order = found
                begin = at + len(_EXIF) + place
                return [Edit(begin, begin + 2, struct.pack(f"{order}H", 1))]
    raise FixError("its orientation does not stand where it stands in a JPEG file")


def _segments(data: bytes) -> list[tuple[int, int]]:
    """Start and end of what the APP1 segments before the picture hold."""
    found = []
    at = 2
    while data[:2] == b"\xff\xd8" and at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in _BARE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA or length < 2:
            break
        if marker == 0xE1:
            found.append((at + 4, min(at + 2 + length, len(data))))
        at += 2 + length
    return found


def _in_tiff(tiff: bytes) -> tuple[int, str] | None:
    """Where the value of the orientation stands in the first directory, and in which byte order."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return None
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    if first + 2 > len(tiff):
        return None
    (count,) = struct.unpack_from(f"{order}H", tiff, first)
    for number in range(count):
        at = first + 2 + 12 * number
        if at + 12 > len(tiff):
            return None
        tag, kind, values = struct.unpack_from(f"{order}HHI", tiff, at)
        if tag == _TAG:
            return (at + 8, order) if kind == _SHORT and values == 1 else None
    return None
