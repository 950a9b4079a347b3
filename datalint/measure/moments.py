"""Mean and standard deviation of a dataset at full resolution, from facts at the working scale and a sample in full."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint import workers
from datalint.dataset import Statistics
from datalint.measure.batch import batches_of, moments_batch
from datalint.measure.decode import reduction
from datalint.measure.known_facts import version

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from datalint.cache.store import Cache
    from datalint.dataset import Dataset

    Moments = tuple[NDArray[np.float64], NDArray[np.float64]]

_FIRST = 32  # images decoded in full before it is looked whether they are enough
_SURE = 0.01  # relative standard error of the variance within images: a std is off by half of that at most
_FILES_PER_BATCH = 8


def statistics(data: Dataset, jobs: int | None, full_sample: int, seed: int, cache: Cache | None) -> Statistics | None:
    """Mean and std over the readable images of the train split, else all; None if there is none.

    Each image weighs the same. The variance is that of the images' means plus the mean of the variances within images.
    Reduced decoding lowers only the latter; it is multiplied by what a sample of images has more in full.
    """
    images = data.images.select("image", "os_path", "bytes", "sha256", "width", "height", "status", *_MOMENTS)
    readable = images.filter((pl.col("status") == "ok") & pl.col("mean_r").is_not_null()).collect()
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
    order = _drawn(members["sha256"], full_sample, seed)
    known = _known(members[order], cache)
    decoded = partial(_in_full, data, known=known, jobs=jobs, cache=cache)
    drawn, full_mean, full_within = _sample(members, within, order, decoded)
    there = ~np.isnan(full_mean[:, 0])
    if there.all() and there.size == members.height:
        mean[drawn], within[drawn] = full_mean, full_within
    elif there.any():
        within *= _ratio(full_within[there], within[drawn[there]])[0]
    center = mean.mean(axis=0)
    variance = ((mean - center) ** 2).mean(axis=0) + within.mean(axis=0)
    std = np.sqrt(np.maximum(variance, 0.0))  # of flat images, rounding leaves a little less than nothing
    return Statistics(tuple(center.tolist()), tuple(std.tolist()), members.height, split)


def _sample(
    members: pl.DataFrame,
    within: NDArray[np.float64],
    order: NDArray[np.intp],
    decoded: Callable[[pl.DataFrame], Moments],
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Rows of `members`, their means and the variances within them in full: of as many as make the ratio sure."""
    rows, means, variances = np.zeros(0, np.intp), np.zeros((0, 3)), np.zeros((0, 3))
    while rows.size < order.size:
        some = np.sort(order[rows.size : max(_FIRST, 3 * rows.size // 2)])
        mean, variance = decoded(members[some])
        rows, means, variances = np.append(rows, some), np.vstack([means, mean]), np.vstack([variances, variance])
        known = ~np.isnan(means[:, 0])
        if known.any() and _ratio(variances[known], within[rows[known]])[1].max() < _SURE:
            break
    return rows, means, variances


def _ratio(full: NDArray[np.float64], reduced: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of sums, (3,), and its relative standard error as that of a sample; 1 and 0 where nothing varies."""
    count, total = len(full), reduced.sum(axis=0)
    varies = (total > 0) & (full.sum(axis=0) > 0)
    ratio = np.where(varies, full.sum(axis=0) / np.where(varies, total, 1), 1)
    spread = np.sqrt(((full - ratio * reduced) ** 2).sum(axis=0) * count / max(1, count - 1))
    return ratio, np.where(varies, spread / np.where(varies, ratio * total, 1), 0)


def _drawn(contents: pl.Series, most: int, seed: int) -> NDArray[np.intp]:
    """At most so many rows, drawn by content: a few images more or less change the sample by a few."""
    words = contents.str.slice(0, 16).str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
    lot = np.random.default_rng(seed).integers(0, 2**64, dtype=np.uint64)
    return np.argsort(words ^ lot, kind="stable")[:most]


_MOMENTS = ("mean_r", "mean_g", "mean_b", "square_r", "square_g", "square_b")
_MOMENTS_OF = {"sha256": pl.String} | dict.fromkeys(_MOMENTS, pl.Float64)


def _known(sample: pl.DataFrame, cache: Cache | None) -> pl.DataFrame:
    """The moments in full that an earlier scan measured, by content."""
    table = cache.table("moments", version(), _MOMENTS_OF) if cache is not None and sample.height else None
    if table is None:
        return pl.DataFrame(schema=_MOMENTS_OF)
    return table.unique("sha256").join(sample, on="sha256", how="semi")


def _in_full(
    data: Dataset, sample: pl.DataFrame, *, known: pl.DataFrame, jobs: int | None, cache: Cache | None
) -> Moments:
    """Mean of each image of the sample and variance within it, decoded in full; NaN where that fails."""
    mean, within = np.full((sample.height, 3), np.nan), np.full((sample.height, 3), np.nan)
    rows = {image: row for row, image in enumerate(sample["image"])}
    measured = sample.select("image", "sha256").join(known, on="sha256")
    at = [rows[image] for image in measured["image"]]
    mean[at], square = measured.select(_MOMENTS[:3]).to_numpy(), measured.select(_MOMENTS[3:]).to_numpy()
    within[at] = square - mean[at] ** 2
    sample = sample.join(measured, on="image", how="anti", maintain_order="left")
    batches = batches_of(data, sample, "pixels", _FILES_PER_BATCH)
    fresh = []
    processes = workers.wanted(jobs, sample.height)
    with closing(workers.run(moments_batch, batches, jobs=processes, files=sample.height)) as outcomes:
        for batch, result, _ in outcomes:
            if result is not None:
                at = [rows[image] for image in batch.images.tolist()]
                mean[at], within[at] = result.mean, result.square - result.mean**2
                moments = pl.DataFrame(
                    np.hstack([result.mean, result.square]), schema=dict.fromkeys(_MOMENTS, pl.Float64)
                )
                fresh.append(moments.insert_column(0, pl.Series("image", batch.images, pl.UInt32)))
    if cache is not None and fresh:
        found = pl.concat(fresh).filter(pl.col("mean_r").is_not_nan())
        contents = sample.select("image", "sha256")
        cache.add("moments", version(), contents.join(found, on="image").drop("image"))
    return mean, within
