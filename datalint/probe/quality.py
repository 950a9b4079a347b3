"""From beliefs to label quality, tiers and an estimate of the noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from datalint.probe.belief import Belief

LIKELY_PRECISION = 0.77  # that a pessimistic estimate must reach; docs/probe.md has the measured one, which is higher
SUSPICIOUS_SHARE = 0.01  # a list that a person can go through
_MIN_SUSPICIOUS = 5
_SURE = 0.5  # least probability of the suggested class
_DOUBTFUL = 0.1  # most probability of a likely or suspicious label
_SURPLUS = 3.0  # standard deviations by which wrong labels must exceed what the probe's own errors explain
_PRUDENCE = 0.25  # added to the expected number: what one or two surprises say is little
_STEADY = 0.5  # least precision by the second estimate
_FEW = 5  # labels, on which the second estimate says nothing
_TAIL = (0.1, 0.2, 0.3)  # shares of all wrong labels, the least believed ones, in which the noise is estimated
_SURE_SHARE = 0.2  # of the images; with fewer the noise is not estimated
_PLANTED_SHARE = 0.05
_ROWS = 4_000


@dataclass(frozen=True, slots=True)
class Judged:
    """Per assessed image: `quality` (n,), `suggested` (n,), `likely` and `suspicious`."""

    quality: NDArray[np.float64]
    suggested: NDArray[np.int64]
    likely: NDArray[np.bool_]
    suspicious: NDArray[np.bool_]
    noise: float | None
    """Estimated share of wrong labels; None where the probe is sure of too few images to tell."""
    planted: int
    recovered: int


def judge(belief: Belief, given: NDArray[np.int64], seed: int) -> Judged:
    """Rank the labels and sort out the two tiers.

    Two estimates must agree that labels up to a probability t are wrong. If the probe is right about its own doubts,
    E(t) of the given labels lie there with nothing wrong; O(t) do, so that 1 - E/O is the precision. E is an upper
    bound: some of the noise is always taken for doubt. And as no score depends on the image's own label, the
    probabilities that wrong labels would have are known: W(t) of all wrong labels lie at or below t, so that the noise
    is about O/W where O/W is steady, far down, and noise * W / O is the precision. It falls where doubtful right labels
    come in, however much the probe mistakes its doubts.
    """
    from cleanlab.rank import get_label_quality_scores

    count = len(given)
    # two views of a label in one rank: the map knows how classes go together, but learns a habitual mistake as a habit
    quality = np.sqrt(
        np.prod(
            [
                get_label_quality_scores(given, view, method="self_confidence")
                for view in (belief.plain, belief.related)
            ],
            axis=0,
        )
    )
    suggested = belief.related.argmax(1)
    p_given = belief.related[np.arange(count), given]
    candidate = _candidates(belief, given)
    likely, noise = _likely(belief, given)
    cap = max(_MIN_SUSPICIOUS, int(SUSPICIOUS_SHARE * count))
    order = np.argsort(quality, kind="stable")
    ranked = order[(candidate & ~likely & (p_given < _DOUBTFUL))[order]][:cap]
    suspicious = np.zeros(count, bool)
    suspicious[ranked] = True
    planted, recovered = _plant(belief, given, seed)
    return Judged(np.asarray(quality), suggested, likely, suspicious, noise, planted, recovered)


def _plant(belief: Belief, given: NDArray[np.int64], seed: int) -> tuple[int, int]:
    """Change some labels at random; how many, and how many of them are then called likely wrong.

    Nothing is fitted again: an image's scores do not depend on its own label, and little on so few others.
    """
    count, classes = belief.related.shape
    rng = np.random.default_rng(seed)
    planted = max(1, int(_PLANTED_SHARE * count))
    images = rng.choice(count, planted, replace=False)
    labels = given.copy()
    labels[images] = (given[images] + rng.integers(1, classes, planted)) % classes
    likely, _ = _likely(belief, labels)
    return planted, int(likely[images].sum())


def outlierness(distance: NDArray[np.float32]) -> NDArray[np.float64]:
    """0-1 from distances to the nearest others: 0.5 where one lies 3 interquartile ranges above the third quartile.

    Taken of the logarithm, in which the distances within a class of pictures are about symmetric.
    """
    log = np.log(np.maximum(distance.astype(np.float64), 1e-6))
    low, high = np.quantile(log, [0.25, 0.75])
    above = np.maximum(log - high, 0) / max(high - low, 0.02)
    return np.asarray(above / (above + 3))


def _candidates(belief: Belief, given: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n,) where the probe is sure of another class."""
    suggested = belief.related.argmax(1)
    return np.asarray((suggested != given) & (belief.related[np.arange(len(given)), suggested] >= _SURE))


def _likely(belief: Belief, given: NDArray[np.int64]) -> tuple[NDArray[np.bool_], float | None]:
    """(n,) the labels to call wrong, and the share of labels that are."""
    count = len(given)
    p_given = belief.related[np.arange(count), given]
    candidate = _candidates(belief, given) & (p_given < _DOUBTFUL)
    at = np.sort(p_given[candidate])
    expected, below, everywhere = _counterfactual(belief, given, at)
    if everywhere < _SURE_SHARE * count:
        return np.zeros(count, bool), None
    observed = np.arange(1, len(at) + 1)
    noise = min(float((below <= share * everywhere).sum()) / (share * everywhere) for share in _TAIL)
    with np.errstate(divide="ignore"):
        holds = (
            (1 - (expected + _PRUDENCE) / observed >= LIKELY_PRECISION)
            & (observed - expected >= _SURPLUS * np.sqrt(expected + 0.1))
            & ((noise * below / observed >= _STEADY) | (observed < _FEW))
        )
    if not holds.any():
        return np.zeros(count, bool), noise
    return candidate & (p_given <= at[np.flatnonzero(holds)[-1]]), noise


def _counterfactual(
    belief: Belief, given: NDArray[np.int64], at: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """What the labels not given say, at each of the ascending probabilities `at`.

    How many right labels are expected at or below it, how many labels would lie there if every image that the probe is
    sure of had a wrong one, drawn by class size; and how many such images there are.
    """
    count, classes = belief.related.shape
    share = np.bincount(given, minlength=classes) / count
    expected, below = np.zeros(len(at) + 1), np.zeros(len(at) + 1)
    everywhere = 0.0
    for start in range(0, count, _ROWS):
        part = slice(start, start + _ROWS)
        probability, label = belief.related[part], given[part]
        rows = np.arange(len(label))
        suggested = probability.argmax(1)
        other = np.broadcast_to(probability[rows, suggested, None] >= _SURE, probability.shape).copy()
        other[rows, suggested] = False
        weight = np.broadcast_to(share / np.maximum(1 - share[label, None], 1e-9), probability.shape).copy()
        weight[rows, label] = 0
        right = probability * (1 - belief.noise[part, None])
        place = np.searchsorted(at, probability[other])
        expected += np.bincount(place, right[other], len(at) + 1)
        below += np.bincount(place, weight[other], len(at) + 1)
        everywhere += float(weight[other].sum())
    return np.cumsum(expected)[:-1], np.cumsum(below)[:-1], everywhere
