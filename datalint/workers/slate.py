"""A piece of memory that a worker shares with its parent: which file it reads, since when."""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
import time
from typing import NamedTuple

_BYTES = 1 << 14
_FIELDS = struct.Struct("<qqi")  # when (monotonic, ns), size of the file, length of its name
_ROOM = _BYTES - _FIELDS.size


class Reading(NamedTuple):
    """What a worker does."""

    place: bytes
    """The file; empty where it reads none."""
    size: int
    since_ns: int
    """As `time.monotonic_ns`."""


class Slate:
    """Written by the worker, read by its parent, also when the worker is dead."""

    def __init__(self, descriptor: int | None = None) -> None:
        """The slate behind a file descriptor that was inherited, or a new one. Raises OSError."""
        self.descriptor = _nameless_file() if descriptor is None else descriptor
        self._memory = mmap.mmap(self.descriptor, _BYTES)

    def note(self, place: bytes, size: int) -> None:
        """A file is about to be read; an empty name if none is."""
        name = place[:_ROOM]
        self._memory[_FIELDS.size : _FIELDS.size + len(name)] = name
        self._memory[: _FIELDS.size] = _FIELDS.pack(time.monotonic_ns(), size, len(name))

    def reading(self) -> Reading:
        """What was last noted."""
        since, size, length = _FIELDS.unpack(self._memory[: _FIELDS.size])
        return Reading(self._memory[_FIELDS.size : _FIELDS.size + length], size, since)

    def close(self) -> None:
        """Let go of it."""
        self._memory.close()
        os.close(self.descriptor)


def _nameless_file() -> int:
    """The descriptor of a file that no process leaves behind."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("datalint")
    else:
        with tempfile.TemporaryFile(buffering=0) as file:
            descriptor = os.dup(file.fileno())
    os.truncate(descriptor, _BYTES)
    return descriptor
