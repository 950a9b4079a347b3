"""From evidence to a belief in each label of an image with several: calibrated on labels of which some may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from datalint.probe import folds

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FOLDS = 4
_CELLS = 300_000  # images times classes that a fit sees, at most
_LEAST_ROWS = 500
_PRIOR = 1.0  # penalty on the squared distance of a class's weights from those of all, beside the log-likelihood
_UNTIL = {"maxiter": 200, "maxcor": 30, "ftol": 1e-11, "gtol": 1e-6}
_FIRST = (0.005, 0.02)  # shares of labels added and dropped that a fit starts from


@dataclass(frozen=True, slots=True)
class Presence:
    """What the evidence says of n images and each class."""

    present: NDArray[np.float64]
    """(n, classes) how probably the image has it."""
    wrong: NDArray[np.float64]
    """(n, classes) how probably what the labels say of it, that it is there or not, is wrong."""
    added: tuple[float, float]
    """Share of the images without a class that have its label, and its standard error over the folds (jackknife)."""
    dropped: tuple[float, float]
    """Share of the images with a class that lack its label, and the same."""


def form(evidence: NDArray[np.float64], given: NDArray[np.bool_], group: NDArray[np.int64], seed: int) -> Presence:
    """The belief of each image from out-of-sample `evidence` (n, classes, k), fitted without it and its copies.

    A class is there with the probability f, a logistic function of the evidence for it. Its label is there where the
    class is, but for a share that was dropped, and a share of the others to which it was added: f (1 - dropped) +
    (1 - f) added. Doubt vanishes where the evidence is strong, these two shares stay. They are the same for all
    classes, and the weights of each class are held near those of all.
    """
    flat = evidence.reshape(-1, evidence.shape[2])
    spread = flat.std(0)
    scaled = np.nan_to_num((evidence - flat.mean(0)) / np.where(spread > 0, spread, 1.0))
    fold = folds.assign(given.sum(1), group, _FOLDS, seed)
    share = np.clip(given.mean(), 1e-6, 1 - 1e-6)
    present, wrong = np.full(given.shape, share), np.zeros(given.shape)
    shares = []
    for number in range(_FOLDS):
        rows = fold == number
        if not rows.any() or rows.all():
            continue
        weights, offset, added, dropped = _fitted(scaled[~rows], given[~rows])
        f = expit(np.einsum("nck,ck->nc", scaled[rows], weights) + offset)
        there = (1 - f) * added / np.maximum((1 - f) * added + f * (1 - dropped), 1e-300)
        lacking = f * dropped / np.maximum(f * dropped + (1 - f) * (1 - added), 1e-300)
        present[rows], wrong[rows] = f, np.where(given[rows], there, lacking)
        shares.append((added, dropped))
    if not shares:
        return Presence(present, wrong, (0.0, 0.0), (0.0, 0.0))
    mean, error = np.mean(shares, 0), np.sqrt((len(shares) - 1) * np.var(shares, 0))
    return Presence(present, wrong, (float(mean[0]), float(error[0])), (float(mean[1]), float(error[1])))


def _fitted(
    evidence: NDArray[np.float64], given: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, float]:
    """Weights (classes, k) and offsets (classes,) of the evidence; the shares added and dropped."""
    _, classes, width = evidence.shape
    every = -(-len(given) // max(_CELLS // classes, _LEAST_ROWS))
    evidence, given = evidence[::every], given[::every]
    size = classes * width

    def cost(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, offset, (added, dropped) = at[:size].reshape(classes, width), at[size:-2], expit(at[-2:])
        f = expit(np.einsum("nck,ck->nc", evidence, weights) + offset)
        seen = np.clip(added + f * (1 - added - dropped), 1e-9, 1 - 1e-9)
        apart = weights - weights.mean(0)
        by_seen = np.where(given, -1 / seen, 1 / (1 - seen))
        by_score = by_seen * (1 - added - dropped) * f * (1 - f)
        slope = np.concatenate(
            [
                (np.einsum("nc,nck->ck", by_score, evidence) + _PRIOR * apart).ravel(),
                by_score.sum(0) + _PRIOR * 1e-3 * offset,
                [
                    (by_seen * (1 - f)).sum() * added * (1 - added),
                    -(by_seen * f).sum() * dropped * (1 - dropped),
                ],
            ]
        )
        loss = -np.where(given, np.log(seen), np.log1p(-seen)).sum()
        loss += _PRIOR * (np.square(apart).sum() + 1e-3 * np.square(offset).sum()) / 2
        return float(loss / len(given)), slope / len(given)

    rate = np.clip(given.mean(0), 0.5 / len(given), 1 - 0.5 / len(given))
    start = np.concatenate([np.full(size, 1.0 / width), logit(rate), logit(_FIRST)])
    found = minimize(cost, start, jac=True, method="L-BFGS-B", options=_UNTIL).x
    added, dropped = expit(found[-2:])
    return found[:size].reshape(classes, width), found[size:-2], float(added), float(dropped)


__all__ = ["Presence", "form"]
