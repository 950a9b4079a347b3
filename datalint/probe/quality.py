"""From out-of-sample scores to probabilities, label quality, tiers and an estimate of the noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIKELY_PRECISION = 0.9  # that the estimate must reach; the measured one is lower, see docs/probe.md
SUSPICIOUS_SHARE = 0.01  # a list that a person can go through
_MIN_SUSPICIOUS = 5
_SURE = 0.5  # least probability of the suggested class
_DOUBTFUL = 0.1  # most probability of a suspicious label
_PRUDENCE = 0.05  # added to the expected number: a single surprise must be a great one
_LEAST_RECALL = 0.005  # below it too little is seen to estimate the noise from
_PLANTED_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Judged:
    """Per assessed image: `probability` (n, classes), `quality` (n,), `suggested` (n,), `likely` and `suspicious`."""

    probability: NDArray[np.float64]
    quality: NDArray[np.float64]
    suggested: NDArray[np.int64]
    likely: NDArray[np.bool_]
    suspicious: NDArray[np.bool_]
    noise: float | None
    """Estimated share of wrong labels; None where too few planted ones are found to tell."""
    planted: int
    recovered: int


def softmax(scores: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Probabilities by row of `scale` * `scores`."""
    z = scores * scale
    z -= z.max(1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(1, keepdims=True)
    return z


def loss(scores: NDArray[np.float64], given: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood of the given labels at the best scale."""
    return _loss(scores, given, fit_scale(scores, given))


def fit_scale(scores: NDArray[np.float64], given: NDArray[np.int64]) -> float:
    """The scale (inverse temperature) under which the given labels are likeliest."""
    rows = np.arange(0, len(scores), max(1, len(scores) // 5000))
    scores, given = scores[rows], given[rows]
    grid = np.geomspace(0.5, 50, 25)
    for _ in range(2):
        best = int(np.argmin([_loss(scores, given, scale) for scale in grid]))
        grid = np.geomspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], 13)
    return float(grid[np.argmin([_loss(scores, given, scale) for scale in grid])])


def judge(probability: NDArray[np.float64], given: NDArray[np.int64], seed: int) -> Judged:
    """Rank the labels and sort out the two tiers.

    A label that was drawn from the probe's own (calibrated) belief lands at or below a probability t in a known number
    of cases, E(t). Observed are O(t); the excess O - E is put down to wrong labels, so 1 - E/O estimates the precision
    of calling all of them wrong. On a clean dataset there is no excess, however unsure the probe.
    """
    from cleanlab.rank import get_label_quality_scores

    count, classes = probability.shape
    rows = np.arange(count)
    quality = np.asarray(get_label_quality_scores(given, probability, method="self_confidence"), np.float64)
    suggested = probability.argmax(1)
    sure = probability[rows, suggested] >= _SURE
    candidate = (suggested != given) & sure
    threshold, precision = _threshold(probability, quality, suggested, candidate, sure)
    likely = candidate & (quality <= threshold)
    cap = max(_MIN_SUSPICIOUS, int(SUSPICIOUS_SHARE * count))
    order = np.argsort(quality, kind="stable")
    ranked = order[(candidate & ~likely & (quality < _DOUBTFUL))[order]][:cap]
    suspicious = np.zeros(count, bool)
    suspicious[ranked] = True
    # the share of all possible wrong labels that the threshold would catch, the given ones taken as right
    caught = probability[sure] <= threshold
    caught[np.arange(len(caught)), given[sure]] = False
    recall = float(caught.sum()) / (count * (classes - 1))
    noise = min(1.0, float(likely.mean()) * precision / recall) if recall >= _LEAST_RECALL else None
    planted, recovered = _plant(probability, given, suggested, sure, seed)
    return Judged(probability, quality, suggested, likely, suspicious, noise, planted, recovered)


def _plant(
    probability: NDArray[np.float64],
    given: NDArray[np.int64],
    suggested: NDArray[np.int64],
    sure: NDArray[np.bool_],
    seed: int,
) -> tuple[int, int]:
    """Change some labels at random; how many, and how many of them the threshold of the changed labels finds.

    Nothing is fitted again: an image's scores do not depend on its own label, and little on so few others.
    """
    count, classes = probability.shape
    rng = np.random.default_rng(seed)
    planted = max(1, int(_PLANTED_SHARE * count))
    images = rng.choice(count, planted, replace=False)
    labels = given.copy()
    labels[images] = (given[images] + rng.integers(1, classes, planted)) % classes
    quality = probability[np.arange(count), labels]
    candidate = (suggested != labels) & sure
    threshold, _ = _threshold(probability, quality, suggested, candidate, sure)
    return planted, int((candidate & (quality <= threshold))[images].sum())


def outlierness(distance: NDArray[np.float32]) -> NDArray[np.float64]:
    """0-1 from distances to the nearest others: 0.5 where one lies 3 interquartile ranges above the third quartile.

    Taken of the logarithm, in which the distances within a class of pictures are about symmetric.
    """
    log = np.log(np.maximum(distance.astype(np.float64), 1e-6))
    low, high = np.quantile(log, [0.25, 0.75])
    above = np.maximum(log - high, 0) / max(high - low, 0.02)
    return np.asarray(above / (above + 3))


def _expected(
    probability: NDArray[np.float64], suggested: NDArray[np.int64], sure: NDArray[np.bool_], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How many labels would lie at or below each of the probabilities `at` if labels were drawn from the probe."""
    belief = probability.copy()
    belief[np.arange(len(belief)), suggested] = 0
    small = belief[sure].ravel()
    small = np.sort(small[small > 0])
    return np.asarray(np.concatenate([[0.0], np.cumsum(small)])[np.searchsorted(small, at, side="right")])


def _threshold(
    probability: NDArray[np.float64],
    quality: NDArray[np.float64],
    suggested: NDArray[np.int64],
    candidate: NDArray[np.bool_],
    sure: NDArray[np.bool_],
) -> tuple[float, float]:
    """The largest probability of a label at which the estimated precision holds, and that one; (-1, 0) if none."""
    at = np.sort(quality[candidate])
    expected = _expected(probability, suggested, sure, at)
    precision = 1 - (expected + _PRUDENCE) / np.arange(1, len(at) + 1)
    holds = np.flatnonzero(precision >= LIKELY_PRECISION)
    return (float(at[holds[-1]]), float(precision[holds[-1]])) if len(holds) else (-1.0, 0.0)


def _loss(scores: NDArray[np.float64], given: NDArray[np.int64], scale: float) -> float:
    z = scores * scale
    peak = z.max(1)
    return float(np.mean(peak + np.log(np.exp(z - peak[:, None]).sum(1)) - z[np.arange(len(z)), given]))
