"""The thumbnails: one fixed-size picture per image, memory-mapped, so memory does not grow with their number."""

from __future__ import annotations

import errno
import os
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from datalint.lazy import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 32
"""Width and height of a thumbnail, in pixels; the aspect ratio is not kept."""


class Thumbnails:
    """A file of square images of `side` pixels, zeros until they are written.

    It lies in `folder` as `thumbnails.u8` and stays, or, without `folder`, in the temporary folder, and goes with the
    array that `open` returns (with this object before that; at the latest when the interpreter exits).
    """

    def __init__(self, images: int, folder: Path | None = None, side: int = SIDE) -> None:
        self._shape = (images, side, side, 3)
        if folder is None:
            handle, self._name = tempfile.mkstemp(prefix="datalint-", suffix=".u8")
            os.close(handle)
            self._removal: weakref.finalize[..., Thumbnails] | None = weakref.finalize(self, _remove, self._name)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self._name, self._removal = str(folder / "thumbnails.u8"), None
        size = images * side * side * 3
        try:
            with open(self._name, "wb") as file:  # noqa: PTH123
                _reserve(file, size)
        except OSError as error:
            _remove(self._name)
            need = f"{error.strerror}: {size / (1 << 20):,.1f} MiB are needed there for pictures"
            hint = "; TMPDIR may name another folder" * (folder is None)
            raise OSError(error.errno, need + hint, str(Path(self._name).parent)) from None

    def write(self, rows: NDArray[np.uint32], pictures: NDArray[np.uint8]) -> None:
        """Set some rows. The file is mapped anew each time, so that what was written leaves this process's memory."""
        np.memmap(self._name, np.uint8, "r+", shape=self._shape)[rows] = pictures

    def open(self) -> NDArray[np.uint8]:
        """All images, uint8 of shape (images, side, side, 3), mapped."""
        if self._shape[0] == 0:  # nothing can be mapped
            return np.zeros(self._shape, np.uint8)
        mapped: np.memmap[tuple[int, ...], np.dtype[np.uint8]] = np.memmap(
            self._name, np.uint8, "r+", shape=self._shape
        )
        if self._removal:
            self._removal.detach()
            weakref.finalize(mapped, _remove, self._name)
            _remove(self._name)  # POSIX keeps what is mapped: not even a killed process leaves the file behind
        return mapped


def _reserve(file: BinaryIO, size: int) -> None:
    """Take the space now, where its lack is an OSError: a process that writes into a mapped file is killed for it."""
    try:
        if size:
            os.posix_fallocate(file.fileno(), 0, size)
    except (AttributeError, OSError) as error:  # not on this platform, or not on this file system
        if getattr(error, "errno", None) not in (None, errno.EINVAL, errno.EOPNOTSUPP):
            raise
        file.writelines(bytes(min(1 << 20, size - start)) for start in range(0, size, 1 << 20))


def _remove(name: str) -> None:
    with suppress(OSError):  # gone already, or still mapped on Windows: the system cleans its temporary folder
        os.unlink(name)  # noqa: PTH108 - runs at interpreter exit, where less is safer
