"""The thumbnails: one fixed-size picture per image, memory-mapped, so memory does not grow with their number.

And other arrays with much for each image, which only one stage needs.
"""

from __future__ import annotations

import errno
import math
import os
import tempfile
from typing import IO, TYPE_CHECKING, Any

from datalint.lazy import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 32
"""Width and height of a thumbnail, in pixels; the aspect ratio is not kept."""


class Thumbnails:
    """A file of square images of `side` pixels, zeros until they are written.

    It lies in `folder` as `thumbnails.u8` and stays, or, without `folder`, in the temporary folder without a name: it
    goes with the array that `open` returns, or with this process, however that ends.
    """

    def __init__(self, images: int, folder: Path | None = None, side: int = SIDE) -> None:
        self._shape = (images, side, side, 3)
        self._file = _made(images * side * side * 3, folder)

    def write(self, rows: NDArray[np.integer[Any]], pictures: NDArray[np.uint8]) -> None:
        """Set some rows. The file is mapped anew each time, so that what was written leaves this process's memory."""
        np.memmap(self._file, np.uint8, "r+", shape=self._shape)[rows] = pictures

    def open(self) -> NDArray[np.uint8]:
        """All images, uint8 of shape (images, side, side, 3), mapped."""
        if self._shape[0] == 0:  # nothing can be mapped
            return np.zeros(self._shape, np.uint8)
        mapped: np.memmap[tuple[int, ...], np.dtype[np.uint8]] = np.memmap(
            self._file, np.uint8, "r+", shape=self._shape
        )
        return mapped


_FEW_BYTES = 1 << 26


def scratch(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """An array to be written, float32: in memory where it is small, else mapped from a file that goes with it."""
    size = 4 * math.prod(shape)
    if size <= _FEW_BYTES:
        return np.empty(shape, np.float32)
    return np.asarray(np.memmap(_made(size), np.float32, "r+", shape=shape))


def _made(size: int, folder: Path | None = None) -> IO[bytes]:
    """A file of so many bytes; OSError says what is needed where there is no room."""
    place = tempfile.gettempdir() if folder is None else str(folder)
    try:
        file = _nameless() if folder is None else _named(folder)
        _reserve(file, size)
    except OSError as error:
        need = f"{error.strerror}: {size / (1 << 20):,.1f} MiB are needed there for what is measured of pictures"
        hint = "; TMPDIR may name another folder" * (folder is None)
        raise OSError(error.errno, need + hint, place) from None
    return file


def _nameless() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="datalint-")


def _named(folder: Path) -> IO[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "thumbnails.u8").open("w+b")


def _reserve(file: IO[bytes], size: int) -> None:
    """Take the space now, where its lack is an OSError: a process that writes into a mapped file is killed for it."""
    try:
        if size:
            os.posix_fallocate(file.fileno(), 0, size)
    except (AttributeError, OSError) as error:  # not on this platform, or not on this file system
        if getattr(error, "errno", None) not in (None, errno.EINVAL, errno.EOPNOTSUPP):
            raise
        file.writelines(bytes(min(1 << 20, size - start)) for start in range(0, size, 1 << 20))
