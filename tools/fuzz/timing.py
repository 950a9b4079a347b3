"""How long each mutant takes: measured in a worker of datalint's own, in which no file can do harm."""

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
    from collections.abc import Collection

_MEMORY = 4 << 30
_NEVER = float("inf")


def slowest(place: Path, targets: Collection[bytes], *, labels: bool, limit: float) -> tuple[float, bytes | None]:
    """Seconds of the slowest mutant, and which one it is; infinite if it does not end, or not in time.

    Of an image they are for all that is measured. Of a label file they are those from its opening to that of the next
    file.
    """
    names = sorted(targets)
    if not labels:
        found = workers.each(_to_measure, [_below(place, name) for name in names], jobs=1)
        spent = [(_NEVER if took is None else took, name) for took, name in zip(found, names, strict=True)]
        return max(spent, default=(0.0, None))
    try:
        allowance = workers.Allowance(limit, _MEMORY, lambda _: limit)
        took_each = workers.call(_to_read, os.fsencode(place), allowance)
    except workers.WorkerLost as loss:
        return _NEVER, loss.reading.place if loss.reading else None
    return max(((took_each.get(_below(place, name), 0.0), name) for name in names), default=(0.0, None))


def _below(place: Path, name: bytes) -> bytes:
    return os.fsencode(place) + b"/" + name


def _to_measure(path: bytes) -> float:
    item = LocalFile(path)
    start = time.perf_counter()
    measure_batch(Batch(np.zeros(1, np.uint32), [item], "pixels"))
    return time.perf_counter() - start


def _to_read(place: bytes) -> dict[bytes, float]:
    """Seconds by file, of a whole dataset."""
    opened: list[tuple[bytes, float]] = []
    noted.note_to(lambda path, _: opened.append((path, time.perf_counter())))
    discover([Path(os.fsdecode(place))], Config())
    noted.done()
    seconds: dict[bytes, float] = defaultdict(float)
    for (path, start), (_, stop) in itertools.pairwise(opened):
        seconds[path] += stop - start
    return dict(seconds)


__all__ = ["slowest"]
