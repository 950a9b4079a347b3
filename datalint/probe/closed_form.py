"""The probe without training: fixed features, and a fit whose out-of-sample predictions follow in closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from datalint.probe import belief, features, mirror, ridge
from datalint.probe.prediction import Prediction
from datalint.probe.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from datalint.dataset import Mirrored
    from datalint.probe.task import Task

SAMPLE = 1000
"""Items on which the source, the view and the penalty are chosen."""
#: Left and right matter where such a share of what is recognised is lost without them, of all or of one class, and
#: that is so many standard deviations from none.
_LOST, _LOST_OF_CLASS = (0.0, 2.0), (0.0, 3.3)
_PART = 32 << 20  # bytes of features that are held twice


class Features(Protocol):
    """Where features come from; labels play no part in them."""

    @property
    def name(self) -> str:
        """The source in a few words."""
        ...

    @property
    def views(self) -> Sequence[str]:
        """The ways to see a picture that the source offers, in words; which one predicts best is tried out."""
        ...

    def extract(
        self, items: NDArray[np.int64], view: str, advance: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """(len(items), d) features of the items numbered so; `advance` gets the number done and may raise."""
        ...

    def describe(self, count: int, view: str) -> str:
        """The features of `count` pictures in words."""
        ...


class _Trial(NamedTuple):
    """What came of one view of one source on the sample."""

    loss: float
    source: Features
    view: str
    penalty: float
    matrix: NDArray[np.float32]
    kernel: ridge.Kernel


def predict(sources: Sequence[Features], task: Task, seed: int, step: Callable[[int, int], None]) -> Prediction:
    """Kernel ridge regression on the features of one of `sources`, every item and its group left out.

    It is the source that predicts best out of sample; of equals the first.

    `step` is called with (done, total) and may raise to stop.
    """
    count, classes = len(task.items), len(task.classes)
    total = 2 * count
    # the source, the view and how smooth the fit is are decided on a sample, by how well it predicts
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(count, min(count, SAMPLE), replace=False))
    sample = task.drawn(rows)
    smooth = count > ridge.EXACT
    trials: list[_Trial] = []
    for source in sources:
        for view in source.views:
            matrix = source.extract(sample.items, view, lambda _: step(0, total))
            with one_thread():
                kernel = ridge.kernel(features.standardised(matrix.copy()), seed, smooth=smooth)
                penalty, loss = ridge.choose_penalty(
                    kernel, sample.given, classes, sample.groups(), lambda s: _loss(s, sample)
                )
            trials.append(_Trial(loss, source, view, penalty, matrix, kernel))
            del matrix, kernel
    loss, source, view, penalty, matrix, kernel = min(trials, key=lambda trial: trial.loss)
    others = {
        trial.source.name: min(one.loss for one in trials if one.source is trial.source)
        for trial in trials
        if trial.source is not source
    }
    mirrored = None if sample.several else _mirrored([trial for trial in trials if trial.source is source], sample)
    del trials
    if len(rows) < count:
        matrix = _completed(matrix, rows, source, view, task.items, step)
        features.standardised(matrix)
        kernel = ridge.kernel(matrix, seed, smooth=smooth, advance=lambda done: step(count + done // 2, total))
    del matrix
    step(count + count // 2, total)
    scores = ridge.left_out(kernel, task.given, classes, task.groups(), penalty)
    step(total, total)
    landmarks = "" if kernel.exact else f" on {len(kernel.landmarks):,} landmarks"
    design = (
        f"kernel ridge regression{landmarks} on {source.describe(count, view)}, leaving each image and its copies out"
    )
    if others:
        design += f"; chosen for its loss of {loss:.2f} on {len(rows):,} images, beside " + ", ".join(
            f"{loss:.2f} of {name}" for name, loss in others.items()
        )
    return Prediction(scores, kernel.distance, kernel.likeness, design, mirrored=mirrored)


def _mirrored(trials: Sequence[_Trial], sample: Task) -> Mirrored | None:
    """Whether left and right matter, from what is recognised in both views of one source; None if it has no two."""
    if len(trials) != 2:
        return None
    with one_thread():
        plain, turned = (
            ridge.left_out(each.kernel, sample.given, len(sample.classes), sample.groups(), each.penalty).argmax(1)
            == sample.given
            for each in trials
        )
    # Features that are the same in the mirror lose little where they lose anything: any loss of both kinds counts.
    seen = mirror.seen(sample.given, plain, turned, _LOST, _LOST_OF_CLASS)
    return replace(seen, matters=seen.matters or (seen.turned < seen.plain and trials[1].loss > trials[0].loss))


def _loss(scores: NDArray[np.float64], task: Task) -> float:
    """How badly the scores fit the labels: log-likelihood of one class an image; squared error of several."""
    if task.several:
        return float(np.square(scores - task.given).mean())
    return belief.loss(scores, task.given)


def _completed(
    sample: NDArray[np.float32],
    rows: NDArray[np.intp],
    source: Features,
    view: str,
    items: NDArray[np.int64],
    step: Callable[[int, int], None],
) -> NDArray[np.float32]:
    """(n, d) features of all `items`: those of `rows` are the `sample`'s, the others extracted, a part at a time."""
    count, width = len(items), sample.shape[1]
    out = np.empty((count, width), np.float32)
    out[rows] = sample
    others = np.setdiff1d(np.arange(count), rows)
    size = max(1, _PART // (out.itemsize * width))
    for start in range(0, len(others), size):
        part, before = others[start : start + size], len(rows) + start

        def advance(done: int, before: int = before) -> None:
            step(before + done, 2 * count)

        out[part] = source.extract(items[part], view, advance)
    return out
