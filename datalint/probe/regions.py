"""What parts of images look like, learned from labels of which nobody said where in the image they are.

An image with several labels shows several things, in different places. Seen whole, it is like few others; its parts are
like parts of many. Which label a part has is not known: at first its image's labels have equal shares of it. A part is
then predicted out of sample, without its image and its copies, and of its image's labels takes those it looks like
(after Dietterich, Lathrop and Lozano-Perez, "Solving the Multiple Instance Problem with Axis-Parallel Rectangles",
1997).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import softmax

from datalint.probe import features, ridge
from datalint.probe.features import Patches
from datalint.probe.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ACROSS = 2
"""Parts of an image from left to right, and from top to bottom."""
LEAST_SIDE = 64
"""Pixels of the shorter side of images, below which their parts show nothing."""
PARTS = ACROSS**2
_SAMPLE = 250  # images on whose parts the view and the penalty are chosen
_ELSEWHERE = 0.05  # share of a part that its image's labels do not have at first: some are missing
_NOT_GIVEN = 0.03  # odds of a label that the image lacks, against one that it has
_OTHERS = 0.1  # the same for the other labels, where one is judged ...
_NEUTRAL = 0.3  # ... and of that one, whether it is given or not
_SCALES = np.geomspace(1, 40, 20)


@dataclass(frozen=True, slots=True)
class Regions:
    """Of n images in PARTS parts each, out of sample."""

    scores: NDArray[np.float64]
    """(n, PARTS, classes)"""
    chances: NDArray[np.float64]
    """(n, PARTS, classes, or one more for parts that show none of them)"""
    design: str

    def evidence(self, given: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(n, classes, 3) what speaks for each label: that a part has it, and how alike the likest part and all are.

        A part is explained by the image's other labels (n, classes) first; its own say nothing of a label.
        """
        classes = given.shape[1]
        weight = np.ones((len(given), 1, self.chances.shape[2]))
        weight[:, 0, :classes] = np.where(given, 1.0, _OTHERS)
        weighed = self.chances * weight
        others = weighed.sum(2, keepdims=True) - weighed
        own = _NEUTRAL * self.chances
        share = np.clip((own / np.maximum(own + others, 1e-12))[..., :classes], 0, 1 - 1e-7)
        lacking = np.clip(np.prod(1 - share, 1), 1e-6, 1 - 1e-6)
        return np.stack([np.log1p(-lacking) - np.log(lacking), self.scores.max(1), self.scores.mean(1)], 2)


def learn(pictures: NDArray[np.uint8], task: Task, seed: int, step: Callable[[int, int], None]) -> Regions:
    """Learn from `pictures` (n, side, side, 3); `step` gets (done, total) and may raise."""
    count, side = len(pictures), pictures.shape[1] // ACROSS
    cut = pictures[:, : side * ACROSS, : side * ACROSS].reshape(count, ACROSS, side, ACROSS, side, 3)
    cut = np.ascontiguousarray(cut.swapaxes(2, 3)).reshape(count * PARTS, side, side, 3)
    parts = np.arange(len(cut))
    source = Patches(cut, parts, seed)
    bag = _with_none(np.repeat(task.given, PARTS, 0).astype(bool))
    first = _shared(bag)
    asked = Task(parts, first, ["part"] * first.shape[1], np.repeat(task.group, PARTS), {})  # type: ignore[arg-type]
    total = 2 * len(cut)

    def fitted(rows: NDArray[np.int64], view: str) -> tuple[Task, ridge.Kernel]:
        matrix = source.extract(rows, view, lambda done: step(min(done, len(cut)), total))
        smooth = len(cut) > ridge.EXACT
        return asked.drawn(rows), ridge.kernel(features.standardised(matrix), seed, smooth=smooth)

    images = np.sort(np.random.default_rng(seed).choice(count, min(count, _SAMPLE), replace=False))
    some = (images[:, None] * PARTS + np.arange(PARTS)).ravel()
    trials = []
    for view in source.views:
        sample, kernel = fitted(some, view)
        trials.append((*_tried(kernel, sample, bag[some]), view))
    _, penalty, view = min(trials)
    whole, kernel = fitted(parts, view)
    groups, shares = whole.groups(), first
    for _ in range(2):
        scores = ridge.left_out(kernel, shares, first.shape[1], groups, penalty)
        step(len(cut), total)
        chances, shares = _taken(scores, bag)
    step(total, total)
    classes = task.given.shape[1]
    return Regions(
        scores.reshape(count, PARTS, -1)[..., :classes],
        chances.reshape(count, PARTS, -1),
        f"on each of {PARTS} parts of every image, {source.describe(len(cut), view)}",
    )


def _tried(kernel: ridge.Kernel, sample: Task, bag: NDArray[np.bool_]) -> tuple[float, float]:
    """How far a sample's equal shares are from what is predicted of them, and the penalty for the shares taken next.

    Equal shares are predicted best by a model so smooth that it tells parts apart badly.
    """
    shares, groups, classes = np.asarray(sample.given, np.float64), sample.groups(), bag.shape[1]
    penalty, loss = ridge.choose_penalty(kernel, shares, classes, groups, partial(_loss, shares=shares))
    _, shares = _taken(ridge.left_out(kernel, shares, classes, groups, penalty), bag)
    penalty, _ = ridge.choose_penalty(kernel, shares, classes, groups, partial(_loss, shares=shares))
    return loss, penalty


def _taken(scores: NDArray[np.float64], bag: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each part shows by its scores, and the share it then has of each of its image's labels."""
    chances = softmax(_scale(scores, bag) * scores, 1)
    shares = chances * np.where(bag, 1.0, _NOT_GIVEN)
    return chances, shares / shares.sum(1, keepdims=True)


def _with_none(bag: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Labels of parts' images; where some have none, with a class of parts that show none of them."""
    none = ~bag.any(1, keepdims=True)
    return np.hstack([bag, none]) if none.any() else bag


def _shared(bag: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Equal shares of each row's labels."""
    few = bag.sum(1, keepdims=True)
    return np.asarray((1 - _ELSEWHERE) * bag / few + _ELSEWHERE / bag.shape[1])


def _loss(scores: NDArray[np.float64], shares: NDArray[Any]) -> float:
    return float(np.square(scores - shares).mean())


def _scale(scores: NDArray[np.float64], bag: NDArray[np.bool_]) -> float:
    """The scale of the scores under which the parts most likely have labels of their images."""
    rows = np.arange(0, len(scores), max(1, scores.size // 200_000))
    scores, bag = scores[rows], bag[rows]

    def fit(scale: float) -> float:
        inside = (softmax(scale * scores, 1) * bag).sum(1)
        return float(np.log(inside + 1e-3).mean())

    return float(_SCALES[np.argmax([fit(scale) for scale in _SCALES])])


__all__ = ["LEAST_SIDE", "PARTS", "Regions", "learn"]
