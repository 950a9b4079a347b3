"""An object of a store as a stream: what is looked at is fetched, in pieces that grow while reading goes on."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = 1 << 12
"""Bytes of the first piece, in which most images have their header."""
_GROWTH, _MOST = 4, 8 << 20
"""How much larger each piece is that follows another one, and the largest."""


class Ranges(io.RawIOBase):
    """A stream of `size` bytes that can seek, of which `get(start, stop)` gives parts."""

    def __init__(self, get: Callable[[int, int], bytes], size: int, head: bytes = b"", first: int = FIRST) -> None:
        """`head` are bytes that are known already, `first` is the size of the first piece."""
        self._get, self._size = get, size
        self._head = self._piece = head
        self._position = self._start = 0
        self._first = self._next = first

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def seekable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """See `io.RawIOBase`."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(22, "negative seek position")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """See `io.RawIOBase`."""
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """See `io.RawIOBase`; raises StoreError."""
        view = memoryview(buffer).cast("B")
        if self._position < len(self._head):  # decoders come back to it
            self._piece, self._start = self._head, 0
        at = self._position - self._start
        if not 0 <= at < len(self._piece):
            gap = at - len(self._piece)
            goes_on = self._position > 0 and 0 <= gap <= (self._next if self._piece else 0)
            self._next = min(_MOST, self._next * _GROWTH) if goes_on else self._first
            stop = min(self._size, self._position + max(self._next, min(len(view), _MOST)))
            if stop <= self._position:
                return 0
            self._piece, self._start, at = self._get(self._position, stop), self._position, 0
            if self._start == 0:
                self._head = self._piece
        part = self._piece[at : at + len(view)]
        view[: len(part)] = part
        self._position += len(part)
        return len(part)


__all__ = ["Ranges"]
