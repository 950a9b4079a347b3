"""A batch function that takes its time, for workers to import."""

from __future__ import annotations

import time

from datalint.measure.batch import Batch, Measured, measure_batch


def slowly(batch: Batch) -> Measured:
    """Measure, at most twenty files a second."""
    time.sleep(0.05 * len(batch))
    return measure_batch(batch)
