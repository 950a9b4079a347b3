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
_MIN_RECOVERED = 10


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
    at = np.sort(quality[candidate])
    threshold, precision = _threshold(at, _expected(probability, suggested, sure, at))
    likely = candidate & (quality <= threshold)
    cap = max(_MIN_SUSPICIOUS, int(SUSPICIOUS_SHARE * count))
    order = np.argsort(quality, kind="stable")
    ranked = order[(candidate & ~likely & (quality < _DOUBTFUL))[order]][:cap]
    suspicious = np.zeros(count, bool)
    suspicious[ranked] = True
    # What would become of labels changed on purpose: scores do not depend on an image's own label, so nothing is
    # fitted again.
    rng = np.random.default_rng(seed)
    planted = min(count, 1000)
    images = rng.choice(count, planted, replace=False)
    wrong = (given[images] + rng.integers(1, classes, planted)) % classes
    recovered = int((sure[images] & (suggested[images] != wrong) & (probability[images, wrong] <= threshold)).sum())
    noise = min(1.0, likely.mean() * precision * planted / recovered) if recovered >= _MIN_RECOVERED else None
    return Judged(probability, quality, suggested, likely, suspicious, noise, planted, recovered)


def outlierness(distance: NDArray[np.float32]) -> NDArray[np.float64]:
    """0-1 from distances to the nearest others: 0.5 where one lies 3 interquartile ranges above the third quartile.

    Taken of the logarithm, in which the distances within a class of pictures are about symmetric.
    """
    log = np.log(np.maximum(distance.astype(np.float64), 1e-6))
    low, high = np.quantile(log, [0.25, 0.75])
    above = np.maximum(log - high, 0) / max(high - low, 0.02)
    return above / (above + 3)


def _expected(
    probability: NDArray[np.float64], suggested: NDArray[np.int64], sure: NDArray[np.bool_], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How many labels would lie at or below each of the probabilities `at` if labels were drawn from the probe."""
    belief = probability.copy()
    belief[np.arange(len(belief)), suggested] = 0
    small = belief[sure].ravel()
    small = np.sort(small[small > 0])
    return np.concatenate([[0.0], np.cumsum(small)])[np.searchsorted(small, at, side="right")]


def _threshold(at: NDArray[np.float64], expected: NDArray[np.float64]) -> tuple[float, float]:
    """The largest of the ascending probabilities `at` where the estimated precision holds, and it; (-1, 0) if none."""
    if not len(at):
        return -1.0, 0.0
    observed = np.arange(1, len(at) + 1)
    precision = 1 - (expected + _PRUDENCE) / observed
    holds = np.flatnonzero(precision >= LIKELY_PRECISION)
    return (float(at[holds[-1]]), float(precision[holds[-1]])) if len(holds) else (-1.0, 0.0)


def _loss(scores: NDArray[np.float64], given: NDArray[np.int64], scale: float) -> float:
    z = scores * scale
    peak = z.max(1)
    return float(np.mean(peak + np.log(np.exp(z - peak[:, None]).sum(1)) - z[np.arange(len(z)), given]))
