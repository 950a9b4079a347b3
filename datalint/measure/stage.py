"""The stage: from the files of the table of images to its fact columns."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import polars.selectors as cs

from datalint.dataset import Statistics, schema
from datalint.measure import executors
from datalint.measure.batch import Batch, Measured, measure_batch, moments_batch
from datalint.measure.decode import reduction
from datalint.measure.store import SmallImages
from datalint.rule import Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.measure.decode import Level

_FILES_PER_BATCH = (8, 128)  # at least, at most
_HEADERS_PER_BATCH = 2048  # at most, where no pixels are decoded: what a batch costs by itself would count
_BATCHES_PER_WORKER = 4  # or more: then all workers end at about the same time
_BYTES_PER_BATCH = 32 << 20
_LEVELS: dict[Need, Level] = {Need.CONTENT: "content", Need.HEADER: "header", Need.PIXELS: "pixels"}


def run(
    data: Dataset,
    *,
    level: Need,
    jobs: int | None,
    full_sample: int,
    seed: int,
    store: Path | None,
    progress: Callable[[int, int], None] | None,
) -> None:
    """See `datalint.measure.measure`."""
    empty = pl.col("status").is_null() & (pl.col("bytes") == 0)
    images = schema.conform("images", data.table("images")).with_columns(
        status=pl.when(empty).then(pl.lit("empty")).otherwise("status"),
        cause=pl.when(empty).then(pl.lit("the file has zero bytes")).otherwise("cause"),
    )
    data.tables["images"] = images
    if level is Need.FILES:
        return
    waiting = images.filter(~pl.col("status").is_in(["dangling-link", "missing"]).fill_null(False))
    small = SmallImages(images.height, store) if level is Need.PIXELS else None
    parts = _measured(data.root, waiting, _LEVELS[level], jobs, small, progress)
    if parts:
        facts = pl.concat(parts)
        renew = facts.columns[1:]
        images = images.join(facts, on="image", how="left", suffix=":new", maintain_order="left").with_columns(
            pl.coalesce(f"{name}:new", name).alias(name) for name in renew
        )
        data.tables["images"] = schema.conform("images", images)
    if small is not None:
        data.small = small.open()
        data.statistics = _statistics(data, jobs, full_sample, seed)


def _measured(
    root: Path,
    waiting: pl.DataFrame,
    level: Level,
    jobs: int | None,
    small: SmallImages | None,
    progress: Callable[[int, int], None] | None,
) -> list[pl.DataFrame]:
    """Facts of all images in `waiting`, in any order; small images are written to `small` on the way."""
    parts = []
    done = 0
    jobs = _jobs(jobs, waiting.height)
    least, most = _FILES_PER_BATCH
    if level != "pixels":
        most = _HEADERS_PER_BATCH
    files = min(most, max(least, -(-waiting.height // (_BATCHES_PER_WORKER * max(1, jobs)))))
    with closing(executors.run(measure_batch, _batches(root, waiting, level, files), jobs=jobs)) as outcomes:
        for batch, result, cause in outcomes:
            parts.append(_facts(batch, result, cause))
            if small is not None and result is not None and result.small is not None:
                small.write(batch.images, result.small)
            done += len(batch)
            if progress:
                progress(done, waiting.height)
    return parts


def _jobs(jobs: int | None, files: int) -> int:
    """No more workers than it pays to start."""
    wanted = executors.cores() if jobs is None else jobs
    return min(wanted, -(-files // 32))


def _batches(root: Path, images: pl.DataFrame, level: Level, files: int) -> Iterator[Batch]:
    """Batches of at most so many files and about so many bytes as a worker should have in hand."""
    folder = os.fsencode(root)
    start = total = 0
    sizes = images["bytes"].fill_null(0).to_numpy()
    for stop in range(1, images.height + 1):
        total += int(sizes[stop - 1])
        if stop - start == files or total >= _BYTES_PER_BATCH or stop == images.height:
            part = images[start:stop]
            paths = [os.path.join(folder, path) for path in part["os_path"]]  # noqa: PTH118 - bytes
            yield Batch(part["image"].to_numpy(), paths, level)
            start, total = stop, 0


def _facts(batch: Batch, result: Measured | None, cause: str) -> pl.DataFrame:
    """The rows of one batch: the image and every column that measuring fills, null where it did not."""
    columns: dict[str, Any] = {"status": ["unreadable"], "cause": [cause]} if result is None else result.columns
    columns = {"image": batch.images} | columns
    series = [
        pl.Series(name, columns.get(name, [None] * len(batch)), dtype, strict=False)
        for name, dtype in schema.schema("images").items()
        if name not in _FOUND
    ]
    frame = pl.DataFrame(series).with_columns(cs.float().fill_nan(None))
    return frame.with_columns(phash=pl.when(pl.col("status") == "ok").then("phash"))


#: Columns of dataset/, which stay as they are.
_FOUND = ("path", "os_path", "extension", "bytes", "mtime_ns", "link")


def _statistics(data: Dataset, jobs: int | None, full_sample: int, seed: int) -> Statistics | None:
    """Mean and std over the readable images of the train split, else all; None if there is none.

    Each image weighs the same. The variance is that of the images' means plus the mean of the variances within images.
    Reduced decoding lowers only the latter; it is multiplied by what a sample of images has more in full.
    """
    readable = data.table("images").filter(pl.col("status") == "ok")
    train = data.table("splits").filter(pl.col("split") == "train")
    members = readable.join(train, on="image", how="semi")
    split = "train" if members.height else None
    members = members if members.height else readable
    if members.is_empty():
        return None
    mean = members.select("mean_r", "mean_g", "mean_b").to_numpy().astype(np.float64)
    within = members.select("square_r", "square_g", "square_b").to_numpy().astype(np.float64) - mean**2
    sizes = members.select("width", "height").unique().iter_rows()
    if all(reduction(width, height) == (1, 1, 1) for width, height in sizes):
        full_sample = 0  # nothing was reduced: the moments are exact
    drawn = np.random.default_rng(seed).permutation(members.height)[:full_sample]
    full_mean, full_within = _in_full(data.root, members[np.sort(drawn)], jobs)
    drawn = np.sort(drawn)
    known = ~np.isnan(full_mean[:, 0])
    if known.all() and known.size == members.height:
        mean, within = full_mean, full_within
    elif known.any():
        reduced = within[drawn[known]].mean(axis=0)
        within *= np.where(reduced > 0, full_within[known].mean(axis=0) / np.where(reduced > 0, reduced, 1), 1)
    center = mean.mean(axis=0)
    variance = ((mean - center) ** 2).mean(axis=0) + within.mean(axis=0)
    std = np.sqrt(np.maximum(variance, 0.0))  # of flat images, rounding leaves a little less than nothing
    return Statistics(tuple(center.tolist()), tuple(std.tolist()), members.height, split)


def _in_full(root: Path, sample: pl.DataFrame, jobs: int | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of each image of the sample and variance within it, decoded in full; NaN where that fails."""
    mean, within = np.full((sample.height, 3), np.nan), np.full((sample.height, 3), np.nan)
    batches = _batches(root, sample, "pixels", _FILES_PER_BATCH[0])
    rows = {image: row for row, image in enumerate(sample["image"])}
    for batch, result, _ in executors.run(moments_batch, batches, jobs=_jobs(jobs, sample.height)):
        if result is not None:
            at = [rows[image] for image in batch.images.tolist()]
            mean[at], within[at] = result.mean, result.square - result.mean**2
    return mean, within
