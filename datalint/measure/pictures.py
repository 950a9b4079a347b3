"""Larger pictures of some images, decoded on demand, for stages that need more detail than the thumbnails have."""

from __future__ import annotations

import warnings
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from PIL import Image

from datalint import workers
from datalint.measure.batch import batches_of
from datalint.measure.decode import examine
from datalint.measure.thumbnails import Thumbnails

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.measure.batch import Batch

_FILES_PER_BATCH = (8, 128)  # at least, at most
_BYTES_PER_BATCH = 8 << 20  # of pictures, that come back from a worker at once


def pictures(
    data: Dataset,
    images: NDArray[np.int64],
    side: int,
    *,
    jobs: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Pictures (n, side, side, 3) uint8 of the images numbered `images` (n,), in their order, and which are there (n,).

    Made as the thumbnails are: as stored (orientation not applied), the aspect ratio not kept, averaged over boxes
    where they are reduced, and interpolated linearly where a side is enlarged. What cannot be decoded stays black.
    They lie in a temporary file, mapped, which goes with the array: n * side^2 * 3 bytes of disk, and a few MiB of
    memory. `jobs` is as for `measure`; `advance` is called with how many are done and may raise to stop.
    """
    store = Thumbnails(len(images), side=side)
    there = np.zeros(len(images), bool)
    wanted = data.table("images")[images].with_columns(image=pl.Series(np.arange(len(images), dtype=np.uint32)))
    processes = workers.wanted(jobs, len(images))
    least, most = _FILES_PER_BATCH
    files = max(1, min(most, _BYTES_PER_BATCH // (side * side * 3), max(least, len(images) // (4 * max(1, processes)))))
    batches = batches_of(data, wanted, "pixels", files)
    done = 0
    with closing(workers.run(partial(decode_batch, side=side), batches, jobs=processes, files=len(images))) as outcomes:
        for batch, result, _ in outcomes:
            if result is not None:
                decoded, known = result
                store.write(batch.images, decoded)
                there[batch.images] = known
            done += len(batch)
            if advance:
                advance(done)
    return store.open(), there


def decode_batch(batch: Batch, side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Pictures (files, side, side, 3) of a batch, and which could be decoded. No file makes this raise."""
    out, known = np.zeros((len(batch), side, side, 3), np.uint8), np.zeros(len(batch), bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row, item in enumerate(batch.items):
            _, picture = examine(item, batch.level, 2 * side)
            if picture is not None:
                out[row], known[row] = _sized(picture.pixels, side), True
    return out, known


def _sized(pixels: NDArray[Any], side: int) -> NDArray[Any]:
    """(h, w, 3) in [0, 255] to (side, side, 3)."""
    if pixels.shape[:2] == (side, side) and pixels.dtype == np.uint8:
        return pixels
    how = Image.Resampling.BOX if min(pixels.shape[:2]) >= side else Image.Resampling.BILINEAR
    if pixels.dtype == np.uint8:
        return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize((side, side), how))
    grey = Image.fromarray(np.ascontiguousarray(pixels[..., 0])).resize((side, side), how)  # wide samples are grey
    return np.asarray(np.rint(np.asarray(grey))[..., None])
