"""Files of which only parts are copied, with zeros elsewhere: enough for a decoder that is asked for a header."""

from __future__ import annotations

import io
import os
from typing import IO

_LARGEST = 1 << 26
"""Bytes of a file that is made anew."""


class Blank:
    """A file of zeros as long as `source`, into which parts of that are copied at their places."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source = source
        self.size = size
        self.data = bytearray(size)

    def copy(self, start: int, stop: int) -> None:
        """Copy these bytes; what lies beyond the end is left out."""
        stop = min(stop, self.size)
        if start < stop:
            self._source.seek(start)
            part = self._source.read(stop - start)
            self.data[start : start + len(part)] = part

    def file(self) -> IO[bytes]:
        """The file that was made."""
        return io.BytesIO(self.data)


def blank(source: IO[bytes]) -> Blank | None:
    """None where `source`, which stands at its beginning then, is too large to be made anew."""
    size = source.seek(0, os.SEEK_END)
    if size > _LARGEST:
        source.seek(0)
        return None
    return Blank(source, size)


__all__ = ["Blank", "blank"]
