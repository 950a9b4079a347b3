"""What a worker answers, on its way to the parent. A large table goes as a file in memory, which the parent opens.

To pickle a table of half a gigabyte, to send it through a pipe and to read it again takes two seconds; this half a one.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

_LARGE = 1 << 20
"""Bytes of a table for which it pays."""


def files_are_seen(process: int) -> bool:
    """Whether this process can open the files that another one of the same user has open."""
    return hasattr(os, "memfd_create") and os.access(f"/proc/{process}/fd", os.R_OK | os.X_OK)


class Sender(pickle.Pickler):
    """Writes one answer."""

    def __init__(self, stream: IO[bytes], *, by_file: bool) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self._by_file = by_file
        self.files: list[int] = []
        """Descriptors to keep open until the parent has read the answer."""

    def reducer_override(self, value: Any) -> Any:
        """See `pickle.Pickler`: how a large table is sent; all else as ever."""
        polars = sys.modules.get("polars")  # not imported to find that nothing is a table
        if not self._by_file or polars is None or type(value) is not polars.DataFrame:
            return NotImplemented
        if value.estimated_size() < _LARGE:
            return NotImplemented
        # Columns without a value are common, and read from a file they would take as much memory as others.
        held = polars.DataFrame([column for column in value if column.null_count() < len(column)])
        if not held.width:
            return NotImplemented
        descriptor = os.memfd_create("datalint")
        self.files.append(descriptor)
        held.write_ipc(f"/proc/self/fd/{descriptor}", compat_level=polars.CompatLevel.newest())
        received: Callable[[int, int, pl.DataFrame], pl.DataFrame] = _received
        return received, (os.getpid(), descriptor, value.clear())

    def close(self) -> None:
        """The parent has read it."""
        for descriptor in self.files:
            os.close(descriptor)
        self.files.clear()


def _received(process: int, descriptor: int, empty: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    held = pl.read_ipc(f"/proc/{process}/fd/{descriptor}")
    there = set(held.columns)
    return pl.DataFrame(
        [
            held[name] if name in there else pl.repeat(None, held.height, dtype=dtype, eager=True).alias(name)
            for name, dtype in empty.schema.items()
        ]
    )
