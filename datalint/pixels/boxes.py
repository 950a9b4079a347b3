"""The boxes of a file that is made of them: HEIF, AVIF, JPEG XL (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BOXES = 1000
_SHORT, _LONG = 8, 16  # bytes of a box's head: with a length of 32 bits, or of 64


class Box(NamedTuple):
    """One box, which may claim to be longer than the file."""

    kind: bytes
    content: int
    """Where its content begins, in bytes from the beginning of the file."""
    end: int


def boxes(source: IO[bytes]) -> Iterator[Box]:
    """The outermost boxes of a file, found by their lengths; what does not look like a box is the end."""
    size, position = source.seek(0, os.SEEK_END), 0
    for _ in range(_MOST_BOXES):
        source.seek(position)
        head = source.read(_LONG)
        length, kind, start = int.from_bytes(head[:4], "big"), head[4:8], _SHORT
        if length == 1:
            length, start = int.from_bytes(head[8:], "big"), _LONG
        elif length == 0:
            length = size - position  # to the end of the file
        if len(kind) < 4 or not all(0x20 <= byte < 0x7F for byte in kind) or length < start:
            return
        yield Box(kind, position + start, position + length)
        position += length
        if position >= size:
            return


def end_early(source: IO[bytes]) -> bool:
    """Whether a box reaches beyond the end of the file."""
    size = source.seek(0, os.SEEK_END)
    return any(box.end > size for box in boxes(source))
