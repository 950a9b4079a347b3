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
from datalint.dataset import schema
from datalint.measure.batch import Batch, Measured, batches_of, masks_batch, measure_batch
from datalint.measure.known_facts import KnownFacts, without
from datalint.measure.moments import statistics
from datalint.measure.thumbnails import Thumbnails
from datalint.rule import Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from polars.datatypes import DataType

    from datalint.cache.store import Cache
    from datalint.dataset import Dataset
    from datalint.measure.decode import Level
    from datalint.workers.pool import Outcome

_log = logging.getLogger("datalint")
_FILES_PER_BATCH = (8, 128)  # at least, at most
_HEADERS_PER_BATCH = 2048  # at most, where no pixels are decoded: what a batch costs by itself would count
_BATCHES_PER_WORKER = 4  # or more: then all workers end at about the same time
_PARTS_AT_ONCE = 64  # batches whose facts become one table
_FEW = 256  # files that are sooner hashed here than a worker is started; no decoder runs that could crash
_LEVELS: dict[Need, Level] = {
    Need.CONTENT: "content",
    Need.HEADER: "header",
    Need.FRAMES: "frames",
    Need.PIXELS: "pixels",
}


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
        data.statistics = statistics(data, jobs, full_sample, seed, cache)


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
            with closing(workers.run(function, batches, jobs=jobs, files=waiting.height)) as outcomes:
                yield from outcomes


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
