"""Items to look at beside a doubtful one: the most like it of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from datalint.probe.prediction import Prediction
    from datalint.probe.task import Task

MOST = 3
_ROWS = 500


def nearest(
    prediction: Prediction, task: Task, rows: NDArray[np.int64], label: NDArray[np.int64]
) -> list[list[int] | None]:
    """For the items in `rows` (m,): numbers of at most MOST others of class `label` (m,), the most like it first.

    Without those of its group; None where the model knows of none.
    """
    return most_like(prediction, task, rows, [task.given == one for one in label])


def most_like(
    prediction: Prediction, task: Task, rows: NDArray[np.int64], wanted: Sequence[NDArray[np.bool_]]
) -> list[list[int] | None]:
    """The same of the items that are `wanted` (n,) beside each."""
    found: list[list[int] | None] = []
    for start in range(0, len(rows), _ROWS):
        part = slice(start, start + _ROWS)
        likeness = prediction.likeness(rows[part])
        for one, of in zip(likeness, wanted[part], strict=True):
            one[~of] = -np.inf
        likeness[task.group == task.group[rows[part], None]] = -np.inf
        most, best = torch.from_numpy(likeness).topk(min(MOST, likeness.shape[1]))
        known = most.isfinite().numpy()
        found += [
            task.items[one[there]].tolist() if there.any() else None
            for one, there in zip(best.numpy(), known, strict=True)
        ]
    return found
