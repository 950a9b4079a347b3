"""The stage: from the files of the table of images to its fact columns."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import polars.selectors as cs

from datalint import workers
from datalint.dataset import Statistics, schema
from datalint.measure.batch import Batch, Measured, masks_batch, measure_batch, moments_batch
from datalint.measure.decode import reduction
from datalint.measure.known_facts import KnownFacts, version, without
from datalint.measure.thumbnails import Thumbnails
from datalint.rule import Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from polars.datatypes import DataType

    from datalint.cache.store import Cache
    from datalint.dataset import Dataset
    from datalint.measure.decode import Level
    from datalint.workers.pool import Outcome

_log = logging.getLogger("datalint")
_FILES_PER_BATCH = (8, 128)  # at least, at most
_HEADERS_PER_BATCH = 2048  # at most, where no pixels are decoded: what a batch costs by itself would count
_BATCHES_PER_WORKER = 4  # or more: then all workers end at about the same time
_BYTES_PER_BATCH = 32 << 20
_PARTS_AT_ONCE = 64  # batches whose facts become one table
_FEW = 256  # files that are sooner hashed here than a worker is started; no decoder runs that could crash
_LEVELS: dict[Need, Level] = {Need.CONTENT: "content", Need.HEADER: "header", Need.PIXELS: "pixels"}


def run(
    data: Dataset,
    *,
    level: Need,
    jobs: int | None,
    full_sample: int,
    seed: int,
    store: Path | None,
    cache: Cache | None,
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
    there = ~images["status"].is_in(["dangling-link", "missing"]).fill_null(value=False)
    waiting = images.select(name for name in _FOUND if name not in ("path", "extension", "link")).filter(there)
    thumbnails = Thumbnails(images.height, store) if level is Need.PIXELS else None
    work = _Work(data, _LEVELS[level], jobs, thumbnails, progress)
    parts = work.measured(waiting) if cache is None else work.recalled(waiting, cache)
    del images, there, waiting
    if parts:
        data.tables["images"] = _filled(data.tables.pop("images"), parts)
    if thumbnails is not None:
        data.thumbnails = thumbnails.open()
        data.statistics = _statistics(data, jobs, full_sample, seed, cache)


def run_masks(
    data: Dataset, *, jobs: int | None, cache: Cache | None, progress: Callable[[int, int], None] | None
) -> None:
    """See `datalint.measure.measure_masks`."""
    if data.masks.is_empty():
        return
    waiting = data.masks.rename({"mask": "image"})
    work = _Work(data, "pixels", jobs, None, progress, masks=True)
    facts = _together(work.measured(waiting) if cache is None else work.recalled(waiting, cache))
    known = data.masks.drop(facts.columns[1:]).join(facts.rename({"image": "mask"}), on="mask", how="left")
    data.masks = schema.conform("masks", known.sort("mask"))


@dataclass(frozen=True, slots=True)
class _Work:
    """How images, or masks, are measured."""

    data: Dataset
    level: Level
    jobs: int | None
    thumbnails: Thumbnails | None
    progress: Callable[[int, int], None] | None
    masks: bool = False

    @property
    def columns(self) -> dict[str, DataType]:
        """What is measured."""
        return _MASK_COLUMNS if self.masks else _IMAGE_COLUMNS

    def measured(self, waiting: pl.DataFrame, done: int = 0, known: KnownFacts | None = None) -> list[pl.DataFrame]:
        """Facts of all images in `waiting`, in any order; thumbnails are written to `thumbnails` on the way."""
        parts: list[pl.DataFrame] = []
        fresh: list[pl.DataFrame] = []
        total = done + waiting.height
        sizes = waiting.select("image", "bytes")
        for batch, result, cause in self._outcomes(waiting, self.level):
            facts = _facts(batch, result, cause, self.columns)
            pictures = None if result is None else result.thumbnails
            fresh.append(facts)
            if len(fresh) == _PARTS_AT_ONCE:  # small tables take far more than their rows
                parts.append(pl.concat(fresh, rechunk=True))
                fresh.clear()
            if self.thumbnails is not None and pictures is not None:
                self.thumbnails.write(batch.images, pictures)
            if known is not None:
                known.keep(facts, sizes, pictures)
            done += len(batch)
            if self.progress:
                self.progress(done, total)
        return parts + fresh

    def recalled(self, waiting: pl.DataFrame, cache: Cache) -> list[pl.DataFrame]:
        """The same, but only what `cache` does not hold is measured, and then it does."""
        kind = "masks" if self.masks else f"facts_{self.level}"
        known = KnownFacts(cache, self.data, kind, self.columns)
        try:
            parts, rest = known.find(waiting, self.thumbnails)
            if self.level != "content" and (moved := known.orphans(rest, parts)).height:
                outcomes = self._outcomes(moved, "content")
                hashed = [_facts(*outcome, self.columns).select("image", "sha256") for outcome in outcomes]
                claimed = known.claim(pl.concat(hashed).drop_nulls(), self.thumbnails)
                parts, rest = parts + claimed, without(rest, claimed)
            _log.info(
                "datalint: measured %s of %s %s; the others are known from earlier scans",
                f"{rest.height:,}",
                f"{waiting.height:,}",
                "masks" if self.masks else "images",
            )
            return parts + self.measured(rest, waiting.height - rest.height, known)
        finally:
            known.flush()

    def _outcomes(self, waiting: pl.DataFrame, level: Level) -> Iterator[Outcome[Batch, Measured]]:
        few = level == "content" and waiting.height <= _FEW
        jobs = 0 if few else workers.wanted(self.jobs, waiting.height)
        least, most = _FILES_PER_BATCH if level == "pixels" else (_FILES_PER_BATCH[0], _HEADERS_PER_BATCH)
        files = min(most, max(least, -(-waiting.height // (_BATCHES_PER_WORKER * max(1, jobs)))))
        if waiting.height:
            batches = batches_of(self.data, waiting, level, files)
            function = masks_batch if self.masks and level == "pixels" else measure_batch
            with closing(workers.run(function, batches, jobs=jobs)) as outcomes:
                yield from outcomes


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


def _facts(batch: Batch, result: Measured | None, cause: str, wanted: dict[str, DataType]) -> pl.DataFrame:
    """The rows of one batch: the image and every column that measuring fills, null where it did not, or NaN."""
    columns: dict[str, Any] = {"status": ["unreadable"], "cause": [cause]} if result is None else result.columns
    series = [pl.Series("image", batch.images, pl.UInt32)]
    series += [
        pl.Series(name, columns.get(name, [None] * len(batch)), dtype, strict=False) for name, dtype in wanted.items()
    ]
    return pl.DataFrame(series)


def _filled(images: pl.DataFrame, parts: list[pl.DataFrame]) -> pl.DataFrame:
    """`images` with the facts of all batches, where they are known. It empties `parts`: a column at a time is there
    twice, never the table.
    """
    columns = {name: [part[name] for part in parts] for name in parts[0].columns}
    parts.clear()
    rows = pl.concat(columns.pop("image"))
    at = pl.Series("at", np.full(images.height, len(rows), np.uint32)).scatter(
        rows, np.arange(len(rows), dtype=np.uint32)
    )
    at = at.set(at == len(rows), None)
    for name in list(columns):
        values = pl.concat(columns.pop(name), rechunk=True)
        if values.null_count() < len(values):
            found = values.fill_nan(None) if values.dtype.is_float() else values
            images = images.with_columns(pl.coalesce(found.gather(at), name).alias(name))
    return schema.conform("images", images)


def _together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all batches; what is not a number is unknown."""
    return pl.concat(parts).with_columns(cs.float().fill_nan(None))


#: Columns of dataset/, which stay as they are.
_FOUND = ("image", "path", "os_path", "extension", "bytes", "mtime_ns", "ctime_ns", "etag", "link")
_IMAGE_COLUMNS = {name: dtype for name, dtype in schema.schema("images").items() if name not in _FOUND}
_MASK_COLUMNS = dict(pl.Schema({column.name: column.dtype for column in schema.MASK_FACTS}))


def _statistics(data: Dataset, jobs: int | None, full_sample: int, seed: int, cache: Cache | None) -> Statistics | None:
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
    drawn = _drawn(members["sha256"], full_sample, seed)
    full_mean, full_within = _in_full(data, members[drawn], jobs, cache)
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


def _drawn(contents: pl.Series, most: int, seed: int) -> NDArray[np.intp]:
    """At most so many rows, in order, drawn by content: a few images more or less change the sample by a few."""
    if most >= len(contents):
        return np.arange(len(contents) if most else 0)
    words = contents.str.slice(0, 16).str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
    lot = np.random.default_rng(seed).integers(0, 2**64, dtype=np.uint64)
    return np.sort(np.argsort(words ^ lot, kind="stable")[:most])


_MOMENTS = ("mean_r", "mean_g", "mean_b", "square_r", "square_g", "square_b")
_MOMENTS_OF = {"sha256": pl.String} | dict.fromkeys(_MOMENTS, pl.Float64)


def _in_full(
    data: Dataset, sample: pl.DataFrame, jobs: int | None, cache: Cache | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of each image of the sample and variance within it, decoded in full; NaN where that fails."""
    mean, within = np.full((sample.height, 3), np.nan), np.full((sample.height, 3), np.nan)
    rows = {image: row for row, image in enumerate(sample["image"])}
    known = cache.table("moments", version(), _MOMENTS_OF) if cache is not None else None
    if known is not None:
        known = sample.select("image", "sha256").join(known.unique("sha256"), on="sha256")
        at = [rows[image] for image in known["image"]]
        mean[at], square = known.select(_MOMENTS[:3]).to_numpy(), known.select(_MOMENTS[3:]).to_numpy()
        within[at] = square - mean[at] ** 2
        sample = sample.join(known, on="image", how="anti", maintain_order="left")
    batches = batches_of(data, sample, "pixels", _FILES_PER_BATCH[0])
    fresh = []
    for batch, result, _ in workers.run(moments_batch, batches, jobs=workers.wanted(jobs, sample.height)):
        if result is not None:
            at = [rows[image] for image in batch.images.tolist()]
            mean[at], within[at] = result.mean, result.square - result.mean**2
            moments = pl.DataFrame(np.hstack([result.mean, result.square]), schema=dict.fromkeys(_MOMENTS, pl.Float64))
            fresh.append(moments.insert_column(0, pl.Series("image", batch.images, pl.UInt32)))
    if cache is not None and fresh:
        found = pl.concat(fresh).filter(pl.col("mean_r").is_not_nan())
        contents = sample.select("image", "sha256")
        cache.add("moments", version(), contents.join(found, on="image").drop("image"))
    return mean, within
