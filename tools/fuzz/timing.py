"""How long mutants take: measured in workers of datalint's own, in which no file can do harm."""

from __future__ import annotations

import itertools
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from datalint import workers
from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.measure.batch import Batch, measure_batch
from datalint.sources import LocalFile, noted

if TYPE_CHECKING:
    from collections.abc import Iterable

_MEMORY = 4 << 30
_NEVER = float("inf")


def slowest_image(place: Path, names: Iterable[bytes]) -> tuple[float, bytes | None]:
    """Seconds for all that is measured of an image, of the slowest one; infinite if it does not end."""
    names = sorted(names)
    found = workers.each(_to_measure, [_below(place, name) for name in names], jobs=1)
    spent = [(_NEVER if took is None else took, name) for took, name in zip(found, names, strict=True)]
    return max(spent, default=(0.0, None))


def suspects(place: Path, names: Iterable[bytes], limit: float, most: int = 3) -> list[bytes]:
    """The label files that seem to take longest: those after which the next file is opened latest.

    That may be because of what comes after all files are read: to be sure, each must be read alone.
    """
    took = _spent(place, limit)
    return sorted(names, key=lambda name: -took.get(_below(place, name), 0.0))[:most]


def reading(place: Path, limit: float) -> float:
    """Seconds for the label files of a dataset; infinite if it takes too long."""
    return sum(_spent(place, limit).values())


def _spent(place: Path, limit: float) -> dict[bytes, float]:
    try:
        return workers.call(_to_read, os.fsencode(place), workers.Allowance(limit, _MEMORY))
    except workers.WorkerLost:
        return {b"": _NEVER}


def _below(place: Path, name: bytes) -> bytes:
    return os.fsencode(place) + b"/" + name


def _to_measure(path: bytes) -> float:
    item = LocalFile(path)
    start = time.perf_counter()
    measure_batch(Batch(np.zeros(1, np.uint32), [item], "pixels"))
    return time.perf_counter() - start


def _to_read(place: bytes) -> dict[bytes, float]:
    """Seconds by file, of a whole dataset."""
    opened = [(place, time.perf_counter())]
    noted.note_to(lambda path, _: opened.append((path, time.perf_counter())))
    discover([Path(os.fsdecode(place))], Config())
    noted.done()
    seconds: dict[bytes, float] = defaultdict(float)
    for (path, start), (_, stop) in itertools.pairwise(opened):
        seconds[path] += stop - start
    return dict(seconds)


__all__ = ["reading", "slowest_image", "suspects"]
