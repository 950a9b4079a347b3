"""From out-of-sample scores to a belief in each class: calibrated on labels of which some may be wrong."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.optimize import minimize

from datalint.probe import folds
from datalint.probe.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor

SURE = 0.5  # probability of a class
_SURE_SHARE = 0.2  # of the images
_FOLDS = 4
_MOST_CLASSES = 50  # for a map between classes, and for how often one is labelled as another: their number squared
_MAP_PRIOR = 1.0  # penalty on the squared distance of the map's weights from the plain scale, beside the log-likelihood
_NOISE_PRIOR = 3.0  # the same for the logarithm of how often a class is labelled as another, from an even share
_UNTIL = {"maxiter": 80, "maxcor": 30, "ftol": 1e-11, "gtol": 1e-6}
_WORK = 10_000_000  # images times classes squared that a map is fitted to, at most
_ROWS = 20_000  # and images
_SCALED = 50_000  # images times classes that one scale is fitted to, at most
_FIRST_ODDS = math.log(0.02 / 0.98)  # of a wrong label, that a fit starts from


@dataclass(frozen=True, slots=True)
class Belief:
    """What the scores say of the classes, (n, classes) each."""

    plain: NDArray[np.float64]
    """Softmax of the scores at one scale."""
    related: NDArray[np.float64]
    """Softmax of a linear map of the scores, which knows how classes go together; wrong labels taken out."""
    wrong: NDArray[np.float64]
    """How probably each label, were it the given one, is wrong."""
    noise: float | None
    """Estimated share of wrong labels; None where the probe is sure of too few images to tell them from doubt."""
    noise_error: float | None
    """Its standard error, from the folds (jackknife)."""


def form(scores: NDArray[np.float64], given: NDArray[np.int64], group: NDArray[np.int64], seed: int) -> Belief:
    """The belief of each image from out-of-sample `scores` (n, classes), fitted without it and its copies.

    A label j of an image x is modelled as sum over k of f_k(x) Q_kj: f is the softmax of a linear map of the scores
    (matrix scaling: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017), and Q_kj is how
    often an image of class k is labelled j (Patrini et al., "Making Deep Neural Networks Robust to Label Noise: A Loss
    Correction Approach", 2017). The doubt that grows as the scores draw near is the map's; the share of other labels
    that stays where they are far apart is Q's: those are wrong labels. Both are kept simple (one scale, an even
    share) unless the labels say otherwise, so that a weak probe takes wrong labels for doubt, and not the reverse.
    """
    plain = softmax(scores, fit_scale(scores, given))
    count = len(given)
    fold = folds.assign(given, group, _FOLDS, seed)
    related, wrong = plain.copy(), np.zeros_like(plain)
    noise = []
    held = [rows for rows in (fold == number for number in range(_FOLDS)) if rows.any() and not rows.all()]
    with one_thread() as threads, ThreadPoolExecutor(threads) as pool:
        fits = [pool.submit(_fitted, scores[~rows], given[~rows], scores[rows]) for rows in held]
        for rows, fit in zip(held, fits, strict=True):
            related[rows], wrong[rows] = fit.result()
            noise.append(float(wrong[rows, given[rows]].mean()))
    if not noise or np.mean(plain.max(1) >= SURE) < _SURE_SHARE:
        return Belief(plain, related, wrong, None, None)
    error = float(np.sqrt((len(noise) - 1) * np.var(noise)))
    return Belief(plain, related, wrong, float(wrong[np.arange(count), given].mean()), error)


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
    most = max(_SCALED // scores.shape[1], 500)
    rows = np.arange(0, len(scores), -(-len(scores) // most))
    scores, given = scores[rows], given[rows]
    grid = np.geomspace(0.5, 50, 25)
    for _ in range(2):
        best = int(np.argmin([_loss(scores, given, scale) for scale in grid]))
        grid = np.geomspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], 13)
    return float(grid[np.argmin([_loss(scores, given, scale) for scale in grid])])


def _fitted(
    scores: NDArray[np.float64], given: NDArray[np.int64], unseen: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`related` and `wrong`, (m, classes) each, of the scores `unseen`, fitted to the others."""
    classes = scores.shape[1]
    every = -(-len(given) // min(_ROWS, max(_WORK // classes**2, 1000)))
    scores, given = scores[::every], given[::every]
    x, label = torch.from_numpy(scores), torch.from_numpy(given)[:, None]
    scale = _held_to(x, label, fit_scale(scores, given))
    few = classes <= _MOST_CLASSES
    one = torch.eye(classes, dtype=torch.float64)
    shape = (classes, classes) if few else ()

    def belief(of: Tensor, change: Tensor, offset: Tensor) -> Tensor:
        z = of @ (scale * one + change) if few else of * (scale + change)
        return torch.softmax(z + offset, 1)

    def said(f: Tensor, odds: Tensor, uneven: Tensor) -> tuple[Tensor, Tensor]:
        """How often each class is given rightly and wrongly, (n, classes) each, to images that look like `f`."""
        share = torch.sigmoid(odds) / (classes - 1)
        if not few:
            return f * (1 - (classes - 1) * share), (1 - f) * share
        other = share * torch.exp(uneven) * (1 - one)
        return f * (1 - other.sum(1)), f @ other

    def cost(change: Tensor, offset: Tensor, odds: Tensor, uneven: Tensor) -> Tensor:
        right, wrong = said(belief(x, change, offset), odds, uneven)
        seen = (right + wrong).gather(1, label).clamp(min=1e-12)
        size = change.square().sum() * (1 if few else classes)
        penalty = (_MAP_PRIOR * size + _NOISE_PRIOR * ((1 - one) * uneven.square()).sum()) / 2
        return penalty / len(label) - seen.log().mean()

    change, offset, odds, uneven = _minimum(cost, np.zeros(shape), np.zeros(classes), _FIRST_ODDS, np.zeros(shape))
    f = belief(torch.from_numpy(unseen), change, offset)
    right, wrong = said(f, odds, uneven)
    return f.numpy(), (wrong / (right + wrong).clamp(min=1e-300)).numpy()


def _held_to(x: Tensor, label: Tensor, plain: float) -> float:
    """The scale that the map is held to: halfway, in the logarithm, between two that are both off.

    Wrong labels hold the `plain` scale down, so that they would pass for doubt. The scale fitted together with a share
    of labels at random takes a weak probe's gross errors for wrong labels.
    """

    def cost(scale: Tensor, odds: Tensor) -> Tensor:
        log = torch.log_softmax(x * scale.exp(), 1).gather(1, label)
        random = torch.nn.functional.logsigmoid(odds) - np.log(x.shape[1])
        return -torch.logaddexp(torch.nn.functional.logsigmoid(-odds) + log, random).mean()

    scale, _ = _minimum(cost, np.log(plain), _FIRST_ODDS)
    sharp = float(scale.exp())
    return float(np.sqrt(plain * sharp)) if np.isfinite(sharp) else plain


def _minimum(cost: Callable[..., Tensor], *start: ArrayLike) -> list[Tensor]:
    """The tensors, float64, at which `cost` is least, sought from `start`.

    L-BFGS of SciPy, not of PyTorch, whose optimisers take two seconds to be imported.
    """
    first = [np.asarray(one, np.float64) for one in start]

    def parts(flat: Tensor) -> list[Tensor]:
        pieces = torch.split(flat, [one.size for one in first])
        return [piece.view(one.shape) for piece, one in zip(pieces, first, strict=True)]

    def slope(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        at = torch.tensor(flat, requires_grad=True)
        found = cost(*parts(at))
        (gradient,) = torch.autograd.grad(found, at)
        return found.item(), gradient.numpy()

    found = minimize(slope, np.concatenate([one.ravel() for one in first]), jac=True, method="L-BFGS-B", options=_UNTIL)
    return parts(torch.from_numpy(found.x))


def _loss(scores: NDArray[np.float64], given: NDArray[np.int64], scale: float) -> float:
    z = scores * scale
    peak = z.max(1)
    return float(np.mean(peak + np.log(np.exp(z - peak[:, None]).sum(1)) - z[np.arange(len(z)), given]))
