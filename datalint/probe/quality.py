"""From beliefs to label quality, tiers and a check of what they find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from datalint.probe.batches import Margins
from datalint.probe.belief import SURE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from datalint.probe.batches import Found
    from datalint.probe.belief import Belief

LIKELY_PRECISION = 0.777  # that is expected of the tier; docs/probe.md has the measured one, which is higher
_LEAST_WRONG = 0.45  # probability of being wrong of each label in it
SUSPICIOUS_SHARE = 0.01  # a list that a person can go through
MIN_SUSPICIOUS = 5
_DOUBTFUL = 0.1  # most probability of a suspicious label
_MOST_EXCHANGED = 0.25  # of two classes, above which a contradiction says more of the classes than of the label
_CLEARLY = 1.0  # standard errors by which the share of wrong labels must exceed none
_PLANTED_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Judged:
    """Per assessed image: `quality` (n,), `suggested` (n,), `likely` and `suspicious`."""

    quality: NDArray[np.float64]
    suggested: NDArray[np.int64]
    likely: NDArray[np.bool_]
    suspicious: NDArray[np.bool_]
    precision: float | None
    """Expected share of the likely ones that are wrong; None where none is likely."""


def judge(belief: Belief, given: NDArray[np.int64], batches: Sequence[Found] = ()) -> Judged:
    """Rank the labels and find the two tiers.

    The images of `batches` are likely mislabelled; `belief` was formed with their labels corrected.
    """
    from cleanlab.rank import get_label_quality_scores

    count = len(given)
    # two views of a label in one rank: the map knows how classes go together, but learns a habitual mistake as a habit
    views = [get_label_quality_scores(given, view, method="self_confidence") for view in (belief.plain, belief.related)]
    quality = np.sqrt(np.prod(views, axis=0))
    labels = corrected(given, batches)
    suggested = belief.related.argmax(1)
    chosen, precision = likely(belief, labels)
    expected = (precision or 0.0) * chosen.sum()
    for batch in batches:
        suggested[batch.rows] = batch.suggested
        expected += batch.certain * len(batch.rows)
        chosen[batch.rows] = True
    if batches:
        precision = float(expected / chosen.sum())
    cap = max(MIN_SUSPICIOUS, int(SUSPICIOUS_SHARE * count))
    order = np.argsort(quality, kind="stable")
    doubtful = _candidates(belief, labels) & ~chosen & (belief.related[np.arange(count), labels] < _DOUBTFUL)
    suspicious = np.zeros(count, bool)
    suspicious[order[doubtful[order]][:cap]] = True
    return Judged(np.asarray(quality), suggested, chosen, suspicious, precision)


def likely(belief: Belief, given: NDArray[np.int64]) -> tuple[NDArray[np.bool_], float | None]:
    """(n,) the labels to call wrong, and the share of them that is expected to be.

    Those that the probe believes least, as many as keep the mean of their probabilities of being wrong at
    LIKELY_PRECISION, and none that is rather right. The belief ranks them better than those probabilities do, which
    also depend on how often one class is labelled as another. Where the fit found no wrong labels apart from the
    probe's own doubt, every probability is about 0, and none is called.
    """
    chosen = np.zeros(len(given), bool)
    if belief.noise is None or belief.noise_error is None or belief.noise < _CLEARLY * belief.noise_error:
        return chosen, None  # there may be none
    wrong = belief.wrong[np.arange(len(given)), given]
    rows = np.flatnonzero(_candidates(belief, given) & (wrong >= _LEAST_WRONG))
    rows = rows[np.argsort(belief.related[rows, given[rows]], kind="stable")]
    expected = np.cumsum(wrong[rows]) / np.arange(1, len(rows) + 1)
    enough = np.flatnonzero(expected >= LIKELY_PRECISION)
    if not len(enough):
        return chosen, None
    chosen[rows[: enough[-1] + 1]] = True
    return chosen, float(expected[enough[-1]])


def corrected(given: NDArray[np.int64], batches: Sequence[Found]) -> NDArray[np.int64]:
    """(n,) the labels, of `batches` those that their images look like."""
    labels = given.copy()
    for batch in batches:
        labels[batch.rows] = batch.suggested
    return labels


def noise(
    belief: Belief, scores: NDArray[np.float64], given: NDArray[np.int64], batches: Sequence[Found]
) -> tuple[float | None, float | None]:
    """The estimated share of wrong labels, and how far it may be off.

    That is the standard error and what is not certain of the batches, but at least as much as it takes to include every
    image that lies as far on another class's side as half of that class's own: such errors of the probe may be exactly
    the wrong labels.
    """
    if belief.noise is None or belief.noise_error is None:
        return None, None
    share = belief.noise + sum(batch.certain * len(batch.rows) for batch in batches) / len(given)
    error = belief.noise_error + sum((1 - batch.certain) * len(batch.rows) for batch in batches) / len(given)
    return share, max(error, float(far(scores, given).mean()) - share)


def far(scores: NDArray[np.float64], given: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n,) where an image lies as far on another class's side, by out-of-sample `scores`, as half of that class's
    own."""
    margins = Margins(scores, given)
    out = np.zeros(len(given), bool)
    for label, rows in enumerate(margins.rows):
        for other in np.setdiff1d(margins.top[rows], label).tolist():
            there = rows[margins.top[rows] == other]
            out[there] = margins.towards(other, label, there) >= margins.usual(other, label)
    return out


def plant(given: NDArray[np.int64], classes: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Labels (n,) of which a share is changed at random, and the row numbers of those."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(given), max(1, int(_PLANTED_SHARE * len(given))), replace=False)
    labels = given.copy()
    labels[rows] = (given[rows] + rng.integers(1, classes, len(rows))) % classes
    return labels, rows


def outlierness(distance: NDArray[np.float32]) -> NDArray[np.float64]:
    """0-1 from distances to the nearest others: 0.5 where one lies 3 interquartile ranges above the third quartile.

    Taken of the logarithm, in which the distances within a class of pictures are about symmetric.
    """
    log = np.log(np.maximum(distance.astype(np.float64), 1e-6))
    low, high = np.quantile(log, [0.25, 0.75])
    above = np.maximum(log - high, 0) / max(high - low, 0.02)
    return np.asarray(above / (above + 3))


def _candidates(belief: Belief, given: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n,) where the probe is sure of another class, and can tell that class from the given one."""
    suggested = belief.related.argmax(1)
    sure = (suggested != given) & (belief.related[np.arange(len(given)), suggested] >= SURE)
    return np.asarray(sure & (_exchanged(given, suggested) < _MOST_EXCHANGED))


def _exchanged(given: NDArray[np.int64], suggested: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n,) how often the given and the suggested class of each image are taken for each other.

    Of the images of either that the probe gives to one of the two; 0.5 is guessing. Of an image with its own class: 0.
    """
    classes = int(max(given.max(), suggested.max())) + 1
    code, place, number = np.unique(given * classes + suggested, return_inverse=True, return_counts=True)
    count = dict(zip(code.tolist(), number.tolist(), strict=True))
    share = np.zeros(len(code))
    for at, (a, b) in enumerate(zip(*divmod(code, classes), strict=True)):
        if a != b:
            one, other = count[a * classes + b], count.get(b * classes + a, 0)
            right = count.get(a * classes + a, 0) + count.get(b * classes + b, 0)
            share[at] = (one + other) / (one + other + right)
    return np.asarray(share[place])
