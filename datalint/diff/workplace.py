"""A temporary folder for the files of Git revisions, which no killed process leaves behind for ever."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "datalint-diff-"
_LOCK = "lock"
_STARTING_SECONDS = 3600.0  # a folder without a lock may be another's that has just begun


@contextmanager
def workplace() -> Iterator[Path]:
    """An empty folder that goes at the end; those of processes that were killed go first."""
    _sweep(Path(tempfile.gettempdir()))
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder,
        (Path(folder) / _LOCK).open("wb") as lock,
    ):
        _locked(lock)
        inner = Path(folder) / "files"
        inner.mkdir()
        yield inner


def _sweep(temporary: Path) -> None:
    """Remove the folders of this user in which nobody works any more."""
    for folder in temporary.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            if folder.is_symlink() or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
                continue
            if not (folder / _LOCK).exists():
                if status.st_mtime < time.time() - _STARTING_SECONDS:
                    shutil.rmtree(folder)
                continue
            with (folder / _LOCK).open("rb") as lock:
                if _locked(lock):
                    shutil.rmtree(folder)


def _locked(file: IO[bytes]) -> bool:
    """Take the lock of a file, which the system gives back when the process ends; False if another has it."""
    try:
        import fcntl
    except ImportError:  # Windows: whatever is in use there cannot be removed
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
