"""From out-of-sample scores to a belief in each class: calibrated on labels of which some may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from datalint.probe import folds

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

_FOLDS = 4
_MOST_CLASSES = 100  # for a map between classes: its weights are their number squared
_PRIOR = 1.0  # penalty on the squared distance of a map's weights from the plain scale, beside the log-likelihood
_STEPS = 60
_ROWS = 20_000  # that a map is fitted to, at most
_FIRST_NOISE = 0.02  # share of random labels that the fit starts from


@dataclass(frozen=True, slots=True)
class Belief:
    """What the scores say of the classes, (n, classes) each, rows summing to 1."""

    plain: NDArray[np.float64]
    """Softmax of the scores at one scale."""
    related: NDArray[np.float64]
    """Softmax of a linear map of the scores, which knows how classes go together; labels at random taken out."""
    noise: NDArray[np.float64]
    """(n,) share of labels at random that the map was fitted with."""


def form(scores: NDArray[np.float64], given: NDArray[np.int64], group: NDArray[np.int64], seed: int) -> Belief:
    """The belief of each image from out-of-sample `scores` (n, classes), fitted without it and its copies.

    The given labels are modelled as (1 - e) softmax(map(scores)) + e / classes: a share e at random, the rest as the
    map says (matrix scaling: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017). With
    too few images for the map it stays a plain scale.
    """
    plain = softmax(scores, fit_scale(scores, given))
    count, classes = scores.shape
    fold = folds.assign(given, group, _FOLDS, seed)
    related, noise = plain.copy(), np.zeros(count)
    if classes > _MOST_CLASSES:
        return Belief(plain, related, noise)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a problem is ten times slower on several
    try:
        for number in range(_FOLDS):
            held = fold == number
            if held.any() and not held.all():
                related[held], noise[held] = _mapped(scores[~held], given[~held], scores[held])
    finally:
        torch.set_num_threads(threads)
    rows = np.arange(count)
    seen = (1 - noise) * related[rows, given] + noise / classes
    if np.log(np.maximum(seen, 1e-300)).sum() <= np.log(np.maximum(plain[rows, given], 1e-300)).sum():
        return Belief(plain, plain, np.zeros(count))
    return Belief(plain, related, noise)


def softmax(scores: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Probabilities by row of `scale` * `scores`."""
    z = scores * scale
    z -= z.max(1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(1, keepdims=True)
    return np.asarray(z)


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


def _mapped(
    scores: NDArray[np.float64], given: NDArray[np.int64], unseen: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Belief (m, classes) from the scores `unseen`, and the share of random labels, fitted to the others."""
    classes = scores.shape[1]
    every = -(-len(given) // _ROWS)
    scores, given = scores[::every], given[::every]
    x, label = torch.from_numpy(scores), torch.from_numpy(given)
    start = torch.eye(classes, dtype=torch.float64) * fit_scale(scores, given)
    weight = start.clone().requires_grad_()
    offset = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    odds = torch.tensor(np.log(_FIRST_NOISE / (1 - _FIRST_NOISE)), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, offset, odds], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        log = torch.log_softmax(x @ weight + offset, 1)[torch.arange(len(label)), label]
        right = torch.nn.functional.logsigmoid(-odds) + log
        random = torch.nn.functional.logsigmoid(odds) - np.log(classes)
        penalty = _PRIOR / 2 * (weight - start).square().sum() / len(label)
        cost = penalty - torch.logaddexp(right, random).mean()
        cost.backward()  # type: ignore[no-untyped-call]
        return cost

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        belief = torch.softmax(torch.from_numpy(unseen) @ weight + offset, 1)
        return belief.numpy(), float(torch.sigmoid(odds))


def _loss(scores: NDArray[np.float64], given: NDArray[np.int64], scale: float) -> float:
    z = scores * scale
    peak = z.max(1)
    return float(np.mean(peak + np.log(np.exp(z - peak[:, None]).sum(1)) - z[np.arange(len(z)), given]))
