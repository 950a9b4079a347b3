"""Pictures of parts of images, such as objects in them: each image is decoded once for all of its parts."""

from __future__ import annotations

import math
import warnings
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from datalint import workers
from datalint.measure.decode import examine
from datalint.measure.thumbnails import Thumbnails

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.sources import Item

_FILES_PER_BATCH = 64  # at most
_BATCHES_PER_WORKER = 4
_BYTES_PER_BATCH = 8 << 20  # of pictures that come back from a worker at once, unless one image alone has more


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one image that are wanted."""

    item: Item
    size: tuple[int, int]
    """Width and height of the image, in pixels."""
    rows: NDArray[np.int64]
    """(k,) their numbers among all parts."""
    edges: NDArray[np.float64]
    """(k, 4) left, top, right, bottom in pixels of the stored orientation, within the image."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The parts of some images."""

    images: Sequence[Parts]

    def __len__(self) -> int:
        return len(self.images)

    def split(self) -> list[Batch]:
        """Batches of one image each."""
        return [Batch([parts]) for parts in self.images]

    @property
    def rows(self) -> NDArray[np.int64]:
        """The numbers of all its parts, in their order."""
        return np.concatenate([parts.rows for parts in self.images])


def crops(
    data: Dataset,
    images: NDArray[np.int64],
    edges: NDArray[np.float64],
    side: int,
    *,
    jobs: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Pictures (n, side, side, 3) uint8 of parts of images, and which are there (n,).

    `images` (n,) are numbers of images that have been measured, `edges` (n, 4) left, top, right and bottom in pixels of
    the stored orientation, each part within its image. The aspect ratio is not kept. Parts of images that cannot be
    decoded stay black. They lie in a temporary file, mapped, which goes with the array: n * side^2 * 3 bytes of disk,
    whose lack is an OSError. `jobs` is as for `measure`; `advance` is called with how many are done and may raise to
    stop.
    """
    store = Thumbnails(len(images), side=side)
    there = np.zeros(len(images), bool)
    different = len(np.unique(images))
    processes = workers.wanted(jobs, different)
    files = max(1, min(_FILES_PER_BATCH, -(-different // (_BATCHES_PER_WORKER * max(1, processes)))))
    batches = _batches(data, images, edges, files, max(1, _BYTES_PER_BATCH // (side * side * 3)))
    done = 0
    with closing(workers.run(partial(cut_batch, side=side), batches, jobs=processes, files=different)) as outcomes:
        for batch, result, _ in outcomes:
            rows = batch.rows
            if result is not None:
                pictures, known = result
                store.write(rows, pictures)
                there[rows] = known
            done += len(rows)
            if advance:
                advance(done)
    return store.open(), there


def cut_batch(batch: Batch, side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Pictures (parts, side, side, 3) of a batch, and which could be decoded. No file makes this raise."""
    count = sum(len(parts.rows) for parts in batch.images)
    out, known = np.zeros((count, side, side, 3), np.uint8), np.zeros(count, bool)
    start = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for parts in batch.images:
            rows = slice(start, start + len(parts.rows))
            start = rows.stop
            _, picture = examine(parts.item, "pixels", _shorter(parts, side))
            if picture is not None:
                known[rows] = _cut(picture.pixels, parts, side, out[rows])
    return out, known


def _batches(
    data: Dataset, images: NDArray[np.int64], edges: NDArray[np.float64], files: int, most: int
) -> Iterator[Batch]:
    """Batches of at most so many files, and of so many parts unless one image has more, in the order of the images."""
    order = np.argsort(images, kind="stable")
    each = np.split(order, np.flatnonzero(np.diff(images[order])) + 1) if len(order) else []
    table = data.table("images").select("os_path", "bytes", "width", "height")
    batch: list[Parts] = []
    held = 0
    for rows in each:
        os_path, size, width, height = table.row(int(images[rows[0]]))
        if batch and (len(batch) == files or held + len(rows) > most):
            yield Batch(batch)
            batch, held = [], 0
        batch.append(Parts(data.item(os_path, size), (width, height), rows, edges[rows]))
        held += len(rows)
    if batch:
        yield Batch(batch)


def _shorter(parts: Parts, side: int) -> int:
    """What decoding may leave of the image's shorter side: no part is made smaller than its picture."""
    spans = parts.edges[:, 2:] - parts.edges[:, :2]
    factor = int(max(1, spans.min() // side))
    return max(parts.size) if factor == 1 else math.ceil(min(parts.size) / factor)


def _cut(pixels: NDArray[Any], parts: Parts, side: int, out: NDArray[np.uint8]) -> bool:
    """Fill `out` (k, side, side, 3) with the parts of `pixels` (h, w, 3), in [0, 255]; false if memory is short."""
    height, width = pixels.shape[:2]
    wide = pixels.dtype != np.uint8  # such samples are grey
    try:
        image = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if wide else pixels))
        scale = np.array([width / parts.size[0], height / parts.size[1]] * 2)
        for row, edges in enumerate(parts.edges * scale):
            left, top = np.minimum(np.maximum(edges[:2], 0), (width - 1, height - 1)).tolist()
            right, bottom = min(max(edges[2], left + 1), width), min(max(edges[3], top + 1), height)
            how = Image.Resampling.BOX if min(right - left, bottom - top) >= side else Image.Resampling.BILINEAR
            small = np.asarray(image.resize((side, side), how, box=(left, top, right, bottom)))
            out[row] = np.rint(small)[..., None] if wide else small
    except MemoryError:
        return False
    return True


__all__ = ["Batch", "Parts", "crops", "cut_batch"]
