"""Where the members of compressed archives lie while a scan runs: one temporary file an archive, within a limit.

The files have names, so that workers reach them. A process that is killed leaves them behind, but not its lock on the
folder: the next scan removes folders that nobody holds.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
import weakref
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import IO, TYPE_CHECKING

from datalint import limits
from datalint.sources.folder import LocalFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHARE_OF_FREE = 0.5
_LONGEST_ENDING = 10
_NAMED = re.compile("datalint-[0-9a-f]{16}")
_NEW = 60.0  # seconds in which a folder may not be locked yet


class Spool:
    """A folder. The process that made this object removes it, at its end at the latest; others, which it was pickled
    to, only use it.
    """

    def __init__(self, *, pictures: bool = True) -> None:
        _sweep()
        self.pictures = pictures
        """Whether pictures in tables of a store are fetched into it: else nobody is going to look at them."""
        self.folder = os.path.join(tempfile.gettempdir(), f"datalint-{token_hex(8)}")  # noqa: PTH118
        self.used = 0
        """Bytes, in this process."""
        self._limit = limits.bytes_of(limits.current().unpacked_disk)
        with suppress(OSError):  # it may never be needed
            os.mkdir(self.folder, mode=0o700)  # noqa: PTH102
        self._remove = weakref.finalize(self, _remove, self.folder, _locked(self.folder))

    def __reduce__(self) -> tuple[object, ...]:
        return _lent, (self.folder, self._limit, self.pictures)

    def lent(self) -> Spool:
        """The same folder, for who only uses it."""
        return _lent(self.folder, self._limit, self.pictures)

    def settle(self) -> None:
        """Nothing more will be put into it: without anything in it it goes."""
        with suppress(OSError):
            os.rmdir(self.folder)  # noqa: PTH106

    def let_go(self) -> None:
        """Where the folder is gone its lock goes too: a report may be kept for long."""
        if not os.path.isdir(self.folder):  # noqa: PTH112
            self._remove()

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


def _locked(folder: str) -> int | None:
    """A descriptor that locks a folder until it is closed; None where another process does, or that cannot be done."""
    try:
        import fcntl
    except ImportError:  # Windows, where temporary files are swept by the system
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove(folder: str, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)


def _sweep() -> None:
    """Remove the folders of scans of this user that were killed."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if _NAMED.fullmatch(entry.name) is None or not entry.is_dir(follow_symlinks=False):
                continue
            status = entry.stat(follow_symlinks=False)
            own = stat.S_IMODE(status.st_mode) == 0o700 and status.st_uid == getattr(os, "getuid", int)()
            if own and time.time() - status.st_mtime > _NEW and (lock := _locked(entry.path)) is not None:
                _remove(entry.path, lock)


def _lent(folder: str, limit: int, pictures: bool) -> Spool:
    spool = Spool.__new__(Spool)
    spool.folder, spool.used, spool._limit, spool.pictures = folder, 0, limit, pictures
    return spool
