"""The small images: one fixed-size picture an image, memory-mapped, so that memory does not grow with their number."""

from __future__ import annotations

import os
import tempfile
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from datalint.lazy import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 32
"""Width and height of a small image, in pixels; the aspect ratio is not kept."""


def create(images: int, folder: Path | None = None) -> NDArray[np.uint8]:
    """Zeros of shape (images, SIDE, SIDE, 3), uint8, backed by a file.

    The file lies in `folder` as `small.u8` and stays, or, without `folder`, in the system's temporary folder, and goes
    with the array (at the latest when the interpreter exits).
    """
    shape = (images, SIDE, SIDE, 3)
    if images == 0:
        return np.zeros(shape, np.uint8)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        return np.memmap(folder / "small.u8", np.uint8, "w+", shape=shape)
    handle, name = tempfile.mkstemp(prefix="datalint-", suffix=".u8")
    os.close(handle)
    small: np.memmap[tuple[int, ...], np.dtype[np.uint8]] = np.memmap(name, np.uint8, "w+", shape=shape)
    weakref.finalize(small, _remove, name)
    return small


def _remove(name: str) -> None:
    with suppress(
        OSError
    ):  # gone already, or still mapped on Windows: the system's temporary folder is cleaned by others
        os.unlink(name)  # noqa: PTH108 - runs at interpreter exit, where less is safer
