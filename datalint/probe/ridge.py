"""Kernel ridge regression on one-hot labels, or on several a row, with leave-group-out predictions in closed form.

With S the smoother that takes targets y to fitted values, leaving group G out leaves the residuals
(I - S_GG)^-1 (y - S y)_G (Allen's PRESS, for blocks). Copies of an image form its group, and so do the
objects in it and its copies; any other is alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.linalg import get_lapack_funcs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

#: Laplace's kernel exp(-RATE * d / root median d^2) ranks wrong labels better than Gauss's. But a few landmarks do not
#: reach a kernel so rough, and leave scores that make doubt look like wrong labels. There it is Gauss's,
#: exp(-SMOOTH * d^2 / median d^2).
RATE = 0.15
SMOOTH = 0.3
PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
_SMOOTH_PENALTIES = (0.1, 0.3, 1.0)
EXACT = 10_500  # images up to which the whole kernel matrix is inverted
LANDMARKS = 4_000  # of the Nystroem approximation above
NEIGHBOURS = 10
_BLOCK = 1_000
_AT_ONCE = 4_000  # rows, where a matrix is not kept whole
_COLUMNS = 500  # of a triangle, at once
_DOUBLE = 2_500  # images up to which double precision costs little


@dataclass(frozen=True, slots=True)
class Kernel:
    """The kernel between all images and `landmarks` (row numbers), (n, m) float32; square if exact."""

    values: Tensor
    landmarks: Tensor
    distance: NDArray[np.float32]
    """(n,) root mean squared distance to the NEIGHBOURS nearest others, in standardised features."""
    smooth: bool
    """Whether it is Gauss's."""

    @property
    def exact(self) -> bool:
        """Whether every image is a landmark."""
        return self.values.shape[0] == self.values.shape[1]

    def likeness(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(m,) row numbers to (m, n): the kernel, 0 to 1; -inf to images that are not landmarks."""
        out = np.full((len(rows), len(self.values)), -np.inf, np.float32)
        out[:, self.landmarks.numpy()] = self.values[torch.from_numpy(rows)].numpy()
        return out


def kernel(
    features: NDArray[np.float32], seed: int, *, smooth: bool = False, advance: Callable[[int], None] | None = None
) -> Kernel:
    """The kernel of standardised `features`, (n, d); above EXACT images against LANDMARKS drawn from `seed`.

    It is Laplace's, or with `smooth`, which many images need, Gauss's.
    """
    x = torch.from_numpy(features)
    count = len(x)
    norms = torch.linalg.vector_norm(x, dim=1).square()  # without a second copy of a large matrix
    rng = np.random.default_rng(seed)
    sample = torch.from_numpy(np.sort(rng.choice(count, min(count, 1000), replace=False)))
    everything = count <= EXACT
    rows = np.arange(count) if everything else np.sort(rng.choice(count, LANDMARKS, replace=False))
    landmarks = torch.from_numpy(rows)
    y, y_norms = (x, norms) if everything else (x[landmarks], norms[landmarks])
    values = torch.empty(count, len(y))
    for start in range(0, count, _BLOCK):
        part = slice(start, min(start + _BLOCK, count))
        if everything:  # symmetric: the rest is known from earlier blocks
            values[part, start:] = _squared(x[part], norms[part], y[start:], y_norms[start:])
            values[part.stop :, part] = values[part, part.stop :].T
        else:
            values[part] = _squared(x[part], norms[part], y, y_norms)
        if advance:
            advance(part.stop)
    if everything:
        values.fill_diagonal_(0)
        among = values[sample[:, None], sample]
    else:
        among = _squared(x[sample], norms[sample], x[sample], norms[sample])
    median = max(float(among[~torch.eye(len(sample), dtype=torch.bool)].median()), 1e-6)
    distance = np.concatenate([_neighbours(part) for part in torch.split(values, _BLOCK)])
    if smooth:
        values.mul_(-SMOOTH / median).exp_()
    else:
        values.sqrt_().mul_(-RATE / median**0.5).exp_()
    return Kernel(values, landmarks, distance, smooth)


def left_out(
    kernel: Kernel, given: NDArray[Any], classes: int, groups: Sequence[NDArray[np.int64]], penalty: float
) -> NDArray[np.float64]:
    """(n, classes) scores of every image from a model that saw neither it nor its copies.

    `given` are class numbers (n,) or targets (n, classes), `groups` the row numbers of what is left out together, each
    of two or more.
    """
    solve = _exact if kernel.exact else _nystroem
    return solve(kernel, given, classes, groups, penalty)


def choose_penalty(
    kernel: Kernel,
    given: NDArray[Any],
    classes: int,
    groups: Sequence[NDArray[np.int64]],
    loss: Callable[[NDArray[np.float64]], float],
) -> tuple[float, float]:
    """The penalty whose left-out scores have the least `loss`, and that loss."""
    penalties = _SMOOTH_PENALTIES if kernel.smooth else PENALTIES
    losses = [loss(left_out(kernel, given, classes, groups, penalty)) for penalty in penalties]
    best = int(np.argmin(losses))
    return penalties[best], losses[best]


def _exact(
    kernel: Kernel, given: NDArray[Any], classes: int, groups: Sequence[NDArray[np.int64]], penalty: float
) -> NDArray[np.float64]:
    # with H = (K + penalty)^-1, I - S = penalty H: the penalty cancels
    system = kernel.values.double() if len(given) <= _DOUBLE else kernel.values.clone()
    system.diagonal().add_(penalty)
    target = _targets(given, classes, system.dtype)
    root = _inverse_root(system)
    dual = root.T @ (root @ target)
    residual = dual / torch.linalg.vector_norm(root, dim=0).square()[:, None]  # by the diagonal of H
    for group in groups:
        rows = torch.from_numpy(group)
        part = root[:, rows]
        residual[rows] = torch.linalg.solve(part.T @ part, dual[rows])
    return np.asarray((target - residual + 1 / classes).double().numpy())


def _inverse_root(system: Tensor) -> Tensor:
    """A matrix whose transpose times itself is the inverse of the symmetric `system`, in its place.

    H itself would be three times the work. LAPACK by way of SciPy: PyTorch inverts no triangle in its place.
    """
    lower = system.numpy().T  # symmetric, but so in LAPACK's order of elements
    factor, invert = get_lapack_funcs(("potrf", "trtri"), (lower,))
    for step in (partial(factor, overwrite_a=1, clean=1), partial(invert, overwrite_c=1)):
        lower, failed = step(lower, lower=1)
        if failed:
            raise RuntimeError(f"the kernel is not positive definite ({failed})")
    return torch.from_numpy(lower)


def _nystroem(
    kernel: Kernel, given: NDArray[Any], classes: int, groups: Sequence[NDArray[np.int64]], penalty: float
) -> NDArray[np.float64]:
    inner = kernel.values[kernel.landmarks].double()
    inner = (inner + inner.T) / 2
    inner.diagonal().add_(1e-4)
    # features phi = values @ whiten, whose inner products are the approximate kernel; made in parts, never kept whole
    whiten = _inverse_root(inner).T.float().contiguous()
    target = _targets(given, classes, torch.float32)
    gram = torch.zeros_like(inner)
    moment = torch.zeros(len(inner), classes, dtype=torch.float64)
    parts = [slice(start, start + _AT_ONCE) for start in range(0, len(given), _AT_ONCE)]
    for part in parts:
        phi = _times_upper(kernel.values[part], whiten)
        for start in range(0, len(gram), _COLUMNS):  # the upper triangle
            gram[start : start + _COLUMNS, start:] += phi[:, start : start + _COLUMNS].T @ phi[:, start:]
        moment += phi.T @ target[part]
    gram = gram.triu() + gram.triu(1).T
    gram.diagonal().add_(penalty)
    root = _inverse_root(gram)
    project = whiten @ (root.T @ (root @ moment)).float()
    # S = spread spread^T, spread = phi root^T
    half = whiten @ root.T.float()
    residual = torch.empty_like(target)
    alone = torch.ones(len(given), dtype=torch.bool)
    for group in groups:
        alone[torch.from_numpy(group)] = False
    for rows in torch.split(alone.nonzero()[:, 0], _AT_ONCE):
        values = kernel.values[rows]
        leverage = _times_upper(values, half).square().sum(1)
        residual[rows] = (target[rows] - values @ project) / (1 - leverage).clamp(min=1e-3)[:, None]
    for together in _gathered(groups, _AT_ONCE):
        rows = torch.from_numpy(np.concatenate(together))
        values = kernel.values[rows]
        plain = target[rows] - values @ project
        spread = _times_upper(values, half)
        sizes = [len(group) for group in together]
        for group, own, its in zip(together, torch.split(spread, sizes), torch.split(plain, sizes), strict=True):
            residual[torch.from_numpy(group)] = _unspread(own, its)
    return np.asarray((target - residual + 1 / classes).double().numpy())


def _gathered(groups: Sequence[NDArray[np.int64]], most: int) -> Iterator[list[NDArray[np.int64]]]:
    """The groups, as many together as have `most` rows, or a larger one alone."""
    together: list[NDArray[np.int64]] = []
    held = 0
    for group in groups:
        if together and held + len(group) > most:
            yield together
            together, held = [], 0
        together.append(group)
        held += len(group)
    if together:
        yield together


def _unspread(spread: Tensor, plain: Tensor) -> Tensor:
    """(I - spread spread^T)^-1 plain, by the smaller of two systems: of as many rows, or of as many columns."""
    rows, columns = spread.shape
    if rows <= columns:
        found: Tensor = torch.linalg.solve(torch.eye(rows) - spread @ spread.T, plain)
        return found
    inner = torch.eye(columns, dtype=torch.float64) - (spread.T @ spread).double()
    found = torch.linalg.solve(inner, (spread.T @ plain).double())
    return plain + spread @ found.float()


def _times_upper(values: Tensor, upper: Tensor) -> Tensor:
    """`values` (n, m) times an upper triangular matrix (m, m), most of whose zeros are passed over."""
    out = torch.empty_like(values)
    for start in range(0, len(upper), _COLUMNS):
        columns = slice(start, start + _COLUMNS)
        torch.mm(values[:, : columns.stop], upper[: columns.stop, columns], out=out[:, columns])
    return out


def _targets(given: NDArray[Any], classes: int, dtype: torch.dtype) -> Tensor:
    # centred on a constant, not on the class shares: those would carry the image's own label
    target = torch.from_numpy(given)
    return (torch.nn.functional.one_hot(target, classes) if target.ndim == 1 else target).to(dtype) - 1 / classes


def _squared(a: Tensor, a_norms: Tensor, b: Tensor, b_norms: Tensor) -> Tensor:
    return torch.addmm(b_norms[None, :], a, b.T, alpha=-2).add_(a_norms[:, None]).clamp_(min=0)


def _neighbours(squared: Tensor) -> NDArray[np.float32]:
    """Root mean of each row's nearest squared distances, without the image itself where it is among them."""
    nearest = squared.topk(min(NEIGHBOURS + 1, squared.shape[1]), largest=False).values
    itself = nearest[:, :1] <= 1e-3 * nearest[:, -1:]
    return np.asarray(torch.where(itself, nearest[:, 1:], nearest[:, :-1]).mean(1).sqrt().numpy())
