"""The pure batch function: file references in, columns out. Picklable, without globals or state."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from datalint.measure.decode import HEADS, Content, Level, Picture, examine, full_moments
from datalint.measure.statistics import pixel_facts
from datalint.measure.thumbnails import SIDE
from datalint.pixels.values import facts
from datalint.sources.ahead import ahead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.sources import Item

_BYTES_PER_BATCH = 32 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Some files to measure."""

    images: NDArray[np.uint32]
    """Row numbers in the table of images."""
    items: Sequence[Item]
    """The files, in the same order."""
    level: Level

    def __len__(self) -> int:
        return len(self.items)

    def split(self) -> list[Batch]:
        """Batches of one file each."""
        return [Batch(self.images[row : row + 1], [item], self.level) for row, item in enumerate(self.items)]


class Measured(NamedTuple):
    """What was measured of a batch, in its order."""

    columns: dict[str, Any]
    """Column of `schema.IMAGES` or `schema.MASKS` -> list or array; facts of pixels are NaN for images without."""
    thumbnails: NDArray[np.uint8] | None
    """(files, SIDE, SIDE, 3); None if no pixels were asked for."""


class Moments(NamedTuple):
    """First and second moments at full resolution of a batch, in its order; NaN for images that cannot be decoded."""

    mean: NDArray[np.float64]
    square: NDArray[np.float64]


def batches_of(data: Dataset, images: pl.DataFrame, level: Level, files: int) -> Iterator[Batch]:
    """Batches of at most so many files and about so many bytes as a worker should have in hand."""
    start = total = 0
    sizes = images["bytes"].fill_null(0).to_numpy()
    for stop in range(1, images.height + 1):
        total += int(sizes[stop - 1])
        if stop - start == files or total >= _BYTES_PER_BATCH or stop == images.height:
            part = images[start:stop]
            items = [data.item(path, size) for path, size in part.select("os_path", "bytes").iter_rows()]
            yield Batch(part["image"].to_numpy(), items, level)
            start, total = stop, 0


_CONTENT = tuple(field.name for field in fields(Content))


def measure_batch(batch: Batch) -> Measured:
    """Measure the files of a batch. No file makes this raise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [examine(item, batch.level) for item in ahead(batch.items, heads=batch.level in HEADS)]
    columns: dict[str, Any] = {name: [getattr(content, name) for content, _ in found] for name in _CONTENT}
    if batch.level != "pixels":
        return Measured(columns, None)
    pictures = [picture for _, picture in found]
    thumbnails = np.zeros((len(found), SIDE, SIDE, 3), np.uint8)
    for row, picture in enumerate(pictures):
        if picture is not None:
            thumbnails[row] = picture.thumbnail
    columns |= _facts(pictures)
    _fill_extremes(columns)
    return Measured(columns, thumbnails)


def _facts(pictures: list[Picture | None]) -> dict[str, NDArray[Any]]:
    """Facts of pixels, NaN for files without."""
    known = [(row, picture.pixels) for row, picture in enumerate(pictures) if picture and picture.measurable]
    rows, columns = [row for row, _ in known], {}
    for name, values in pixel_facts([pixels for _, pixels in known]).items():
        columns[name] = np.full(len(pictures), np.nan, np.float32)
        columns[name][rows] = values
    return columns


def _fill_extremes(columns: dict[str, Any]) -> None:
    """Smallest and largest sample in the file's unit, where decoding did not set them: of 8 bits, or 16 read as 8."""
    if "low_r" not in columns:
        return
    least = np.minimum.reduce([columns[f"low_{name}"] for name in "rgb"])
    most = np.maximum.reduce([columns[f"high_{name}"] for name in "rgb"])
    for row, (low, bits) in enumerate(zip(columns["low"], columns["bits"], strict=True)):
        if low is None and np.isfinite(least[row]):
            white = 65535 if bits == 16 else 255
            columns["low"][row], columns["high"][row] = (
                float(round(least[row] * white)),
                float(round(most[row] * white)),
            )


def masks_batch(batch: Batch) -> Measured:
    """Decode the masks of a batch in full, for their values. No file makes this raise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [facts(item) for item in ahead(batch.items)]
    columns: dict[str, Any] = {name: [getattr(fact, name) for fact in found] for name in ("status", "cause", "sha256")}
    values = [fact.values for fact in found]
    for name in ("mode", "values", "different", "palette", "marked"):
        columns[name] = [None if value is None else getattr(value, name) for value in values]
    columns["width"] = [None if value is None else value.size[0] for value in values]
    columns["height"] = [None if value is None else value.size[1] for value in values]
    return Measured(columns, None)


def moments_batch(batch: Batch) -> Moments:
    """Decode the files of a batch in full, for their moments only. No file makes this raise."""
    mean, square = np.full((len(batch), 3), np.nan), np.full((len(batch), 3), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row, item in enumerate(ahead(batch.items)):
            if (moments := full_moments(item)) is not None:
                mean[row], square[row] = moments
    return Moments(mean, square)
