"""Where the members of compressed archives lie while a scan runs: one temporary file an archive, within a limit."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import weakref
from contextlib import contextmanager
from secrets import token_hex
from typing import IO, TYPE_CHECKING

from datalint import limits
from datalint.sources.folder import LocalFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHARE_OF_FREE = 0.5
_LONGEST_ENDING = 10


class Spool:
    """A folder that is made when it is needed. The process that made this object removes it, at its end at the latest;
    others, which it was pickled to, only use it.
    """

    def __init__(self) -> None:
        self.folder = os.path.join(tempfile.gettempdir(), f"datalint-{token_hex(8)}")  # noqa: PTH118
        self.used = 0
        """Bytes, in this process."""
        self._limit = limits.bytes_of(limits.current().unpacked_disk)
        self._remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def __reduce__(self) -> tuple[object, ...]:
        return _lent, (self.folder, self._limit)

    def lent(self) -> Spool:
        """The same folder, for who only uses it."""
        return _lent(self.folder, self._limit)

    @contextmanager
    def file(self, place: bytes) -> Iterator[IO[bytes]]:
        """The file for the archive at `place`, empty, to be written; raises OSError."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        with open(self._name(place), "wb") as file:  # noqa: PTH123
            yield file

    def item(self, place: bytes) -> LocalFile:
        """The same file, to be read."""
        name = self._name(place)
        return LocalFile(os.fsencode(name), None, None, os.fsencode(name))

    def lack(self, size: int) -> str | None:
        """Why there is no room for so many bytes."""
        if self.used + size > self._limit:
            most = f"more than {self._limit:,} bytes"
            return f"what archives unpack to would take {most}; unpack them, or allow more (--limit)"
        if size > _SHARE_OF_FREE * shutil.disk_usage(self.folder).free:
            return "there is not enough room on the disk to unpack it"
        return None

    def _name(self, place: bytes) -> str:
        ending = os.path.splitext(place)[1].decode("ascii", "replace")  # noqa: PTH122 - it says how to read it
        ending = ending if ending[1:].isalnum() and len(ending) <= _LONGEST_ENDING else ""
        return os.path.join(self.folder, hashlib.blake2b(place, digest_size=16).hexdigest() + ending)  # noqa: PTH118


def _lent(folder: str, limit: int) -> Spool:
    spool = Spool.__new__(Spool)
    spool.folder, spool.used, spool._limit = folder, 0, limit
    return spool
