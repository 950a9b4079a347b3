"""WebP files without their pixels: Pillow's decoder takes nothing less than the whole file, also for a header."""

from __future__ import annotations

from typing import IO

from datalint.pixels.blank import blank

_CHUNK, _FRAME = 8, 16
"""Bytes of the header of a chunk, and of what stands before the chunks of a frame."""
_BEGIN = 40
"""Bytes at the beginning of a picture that its header may have."""
_WHOLE = (b"ICCP", b"EXIF", b"XMP ")


def without_pixels(source: IO[bytes]) -> IO[bytes]:
    """The same file with zeros in place of pixels, which are not read; its size and all chunks are the same.

    Too large ones as they are.
    """
    made = blank(source)
    if made is None:
        return source
    at = 12
    made.copy(0, at)
    while at + _CHUNK <= made.size:
        made.copy(at, at + _CHUNK + _BEGIN)
        kind, length = bytes(made.data[at : at + 4]), int.from_bytes(made.data[at + 4 : at + 8], "little")
        if kind in _WHOLE:
            made.copy(at, at + _CHUNK + length)
        # A frame of a moving picture is made of chunks itself.
        at += _CHUNK + (_FRAME if kind == b"ANMF" else length + length % 2)
    return made.file()


__all__ = ["without_pixels"]
