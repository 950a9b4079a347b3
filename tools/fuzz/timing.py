"""How long each mutant takes alone: measured in a guarded worker, as datalint itself does it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.measure.batch import Batch, measure_batch
from datalint.pixels import workers
from datalint.sources import LocalFile

if TYPE_CHECKING:
    from collections.abc import Iterable


def slowest(place: Path, targets: Iterable[bytes], *, apart: bool, labels: bool) -> tuple[float, bytes | None]:
    """Seconds of the slowest mutant, and which one it is; infinite if it never ended.

    Of labels it is the reading of the mutant's small dataset. Where all mutants are in one dataset, none is timed.
    """
    if labels and not apart:
        return 0.0, None
    root = os.fsencode(place)
    names = sorted(targets)
    if labels:
        tasks = [os.path.join(root, name.split(b"/", 1)[0]) for name in names]
        found = workers.each(seconds_to_read, tasks, jobs=1)
    else:
        found = workers.each(seconds_to_measure, [os.path.join(root, name) for name in names], jobs=1)
    spent = [(float("inf") if seconds is None else seconds, name) for seconds, name in zip(found, names, strict=True)]
    return max(spent, default=(0.0, None))


def seconds_to_measure(path: bytes) -> float:
    """Of an image."""
    item = LocalFile(path, os.stat(path).st_size)
    start = time.perf_counter()
    measure_batch(Batch(np.zeros(1, np.uint32), [item], "pixels"))
    return time.perf_counter() - start


def seconds_to_read(path: bytes) -> float:
    """Of a dataset's label files."""
    start = time.perf_counter()
    discover([Path(os.fsdecode(path))], Config())
    return time.perf_counter() - start


__all__ = ["slowest"]
