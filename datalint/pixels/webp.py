"""WebP files without their pixels: Pillow's decoder takes nothing less than the whole file, also for a header."""

from __future__ import annotations

import io
import os
from typing import IO

_LARGEST = 1 << 26
"""Bytes of a file that is made anew."""
_CHUNK, _FRAME = 8, 16
"""Bytes of the header of a chunk, and of what stands before the chunks of a frame."""
_BEGIN = 40
"""Bytes at the beginning of a picture that its header may have."""
_WHOLE = (b"ICCP", b"EXIF", b"XMP ")


def without_pixels(source: IO[bytes]) -> IO[bytes]:
    """The same file with zeros in place of pixels, which are not read; its size and all chunks are the same.

    Too large ones as they are.
    """
    size = source.seek(0, os.SEEK_END)
    if size > _LARGEST:
        source.seek(0)
        return source
    data = bytearray(size)

    def copy(start: int, stop: int) -> None:
        source.seek(start)
        part = source.read(min(stop, size) - start)
        data[start : start + len(part)] = part

    at = 12
    copy(0, at)
    while at + _CHUNK <= size:
        copy(at, at + _CHUNK + _BEGIN)
        kind, length = bytes(data[at : at + 4]), int.from_bytes(data[at + 4 : at + 8], "little")
        if kind in _WHOLE:
            copy(at, at + _CHUNK + length)
        # A frame of a moving picture is made of chunks itself.
        at += _CHUNK + (_FRAME if kind == b"ANMF" else length + length % 2)
    return io.BytesIO(data)


__all__ = ["without_pixels"]
