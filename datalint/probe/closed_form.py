"""The probe without training: fixed features, and a fit whose out-of-sample predictions follow in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from datalint.probe import belief, features, ridge
from datalint.probe.prediction import Prediction
from datalint.probe.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_SAMPLE = 1000  # images on which the view and the penalty are chosen


class Features(Protocol):
    """Where features come from; labels play no part in them."""

    @property
    def views(self) -> Sequence[str]:
        """The ways to see a picture that the source offers, in words; which one predicts best is tried out."""
        ...

    def extract(
        self, images: NDArray[np.int64], view: str, advance: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """(len(images), d) features of the images numbered so; `advance` is told how many are done and may raise."""
        ...

    def describe(self, count: int, view: str) -> str:
        """The features of `count` pictures in words."""
        ...


def predict(source: Features, task: Task, seed: int, step: Callable[[int, int], None]) -> Prediction:
    """Kernel ridge regression on the features of `source`, every image and its copies left out.

    `step` is told (done, total) and may raise to stop.
    """
    count, classes = len(task.images), len(task.classes)
    total = 2 * count
    # the view and how smooth the fit is are decided on a sample, by how well it predicts
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(count, min(count, _SAMPLE), replace=False))
    sample = Task(task.images[rows], task.given[rows], task.classes, task.group[rows], {})
    smooth = count > ridge.EXACT
    trials = []
    for number, view in enumerate(source.views):
        matrix = source.extract(sample.images, view, lambda _: step(0, total))
        features.standardise(matrix)
        kernel = ridge.kernel(matrix, seed, smooth=smooth)
        chosen, least = ridge.choose_penalty(
            kernel, sample.given, classes, sample.copies(), lambda s: belief.loss(s, sample.given)
        )
        trials.append((least, number, view, chosen, matrix))
    _, _, view, penalty, matrix = min(trials, key=lambda trial: trial[:2])
    if len(rows) < count:
        matrix = source.extract(task.images, view, lambda done: step(done, total))
        features.standardise(matrix)
    kernel = ridge.kernel(matrix, seed, smooth=smooth, advance=lambda done: step(count + done // 2, total))
    del matrix, trials
    step(count + count // 2, total)
    scores = ridge.left_out(kernel, task.given, classes, task.copies(), penalty)
    step(total, total)
    landmarks = "" if kernel.exact else f" on {len(kernel.landmarks):,} landmarks"
    design = (
        f"kernel ridge regression{landmarks} on {source.describe(count, view)}, leaving each image and its copies out"
    )
    return Prediction(scores, kernel.distance, kernel.likeness, design)
