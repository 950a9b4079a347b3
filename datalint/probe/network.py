"""A small convolutional network in folds, for devices that train one in seconds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - its usual name

from datalint.probe import folds, mirror, training
from datalint.probe.fallback import DivergedError
from datalint.probe.plan import plan
from datalint.probe.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from datalint.dataset import Mirrored
    from datalint.probe.plan import Plan
    from datalint.probe.task import Task

_NEIGHBOURS = 10
_TRIAL = 6_000  # pictures on which it is tried whether left and right matter
_TRIAL_EPOCHS = 12
#: Left and right matter where mirrored pictures cost such a share of what is recognised, of all or of one class, and
#: that is so many standard deviations from none.
_LOST, _LOST_OF_CLASS = (0.1, 2.0), (0.5, 3.3)


def predict(
    seen_as: NDArray[np.uint8],
    task: Task,
    device: str,
    seconds: float,
    seed: int,
    step: Callable[[int, int], None],
    *,
    batch: float = 1.0,
    rate: float = 1.0,
    planned: Plan | None = None,
) -> Prediction:
    """Scores out of sample of the items of `task`, `seen_as` pictures (n, side, side, channels) uint8.

    The work is planned for `seconds` on that kind of device, unless it is `planned`; `batch` and `rate` multiply the
    planned batch and learning rate. `step` is called with how much of the work is done and may raise to stop. Raises
    DivergedError. The same seed gives the same scores on the same kind of device.
    """
    count, classes, side = len(task.items), len(task.classes), seen_as.shape[1]
    made = planned or plan(count, classes, side, device, seconds)
    size = max(2, int(made.batch * batch))
    pictures = training.Pictures.of(torch.from_numpy(np.ascontiguousarray(seen_as)).to(device))
    whitening = training.whitening(pictures)
    labels = torch.from_numpy(task.given).to(device)
    fold = folds.assign(task.given, task.group, made.folds, seed)
    total = 1 + made.folds * made.repeats
    answers, begun = _Answers(fold, classes, made.widths[-1]), 0

    def advance(share: float) -> None:
        step(int((begun + share) * 100), total * 100)

    def trained(rows: Tensor, epochs: int, size: int, mirror: bool, seed: int) -> training.Network:
        return training.train(
            pictures, whitening, rows, labels, classes, made.widths, epochs, size,
            rate=rate, mirror=mirror, seed=seed, advance=advance,
        )  # fmt: skip

    with _repeatable():
        trial = min(made.epochs, _TRIAL_EPOCHS), min(size, 256), False, seed
        seen = _mirrored(pictures, labels, task, seed, lambda rows: trained(rows, *trial))
        views = training.MIRRORED if (both := seen is None or not seen.matters) else training.MOVED
        for number in range(made.folds):
            held, rest = (np.flatnonzero(mask) for mask in (fold == number, fold != number))
            if not len(held) or not len(rest):
                continue
            for repeat in range(made.repeats):
                begun = 1 + number * made.repeats + repeat
                net = trained(_on(rest, device), made.epochs, size, both, seed + begun)
                output, features = training.scores(net, pictures, _on(held, device), views)
                if not bool(torch.isfinite(output).all()):
                    raise DivergedError
                answers.scores[held] += output.double().cpu().numpy() / made.repeats
            answers.place(held, features)
    step(total * 100, total * 100)
    return answers.prediction(
        f"convolutional network {'-'.join(map(str, made.widths))}, {made.epochs} epochs in batches of {size:,}, "
        f"{made.folds} folds{f', mean of {made.repeats} trainings' * (made.repeats > 1)}, on {count:,} pictures of "
        f"{side}x{side} pixels, {'mirrored too' if both else 'not mirrored'}, copies in one fold, on {device}",
        seen,
    )


class _Answers:
    """What networks say of pictures that they did not see."""

    def __init__(self, fold: NDArray[np.int64], classes: int, width: int) -> None:
        self.scores = np.zeros((len(fold), classes))
        self._fold = fold
        self._seen = np.zeros((len(fold), width), np.float32)
        self._distance = np.zeros(len(fold), np.float32)

    def place(self, held: NDArray[np.int64], features: Tensor) -> None:
        """Note how the last network sees the pictures of its fold: the features of two have nothing in common."""
        self._distance[held] = _distance(features)
        self._distance[held] /= max(float(np.median(self._distance[held])), 1e-6)
        self._seen[held] = F.normalize(features).cpu().numpy()

    def prediction(self, design: str, mirrored: Mirrored | None) -> Prediction:
        scores = self.scores / max(float(self.scores.std()), 1e-6)
        return Prediction(scores, self._distance, self._likeness, design, mirrored=mirrored)

    def _likeness(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        # cosine of the features; those of two networks have nothing in common
        same = self._fold[rows][:, None] == self._fold
        return np.where(same, self._seen[rows] @ self._seen.T, -np.inf).astype(np.float32)


def _mirrored(
    pictures: training.Pictures, labels: Tensor, task: Task, seed: int, train: Callable[[Tensor], training.Network]
) -> Mirrored | None:
    """Whether left and right matter: whether a network that saw no mirrored picture fails on mirrored ones.

    Digits and letters do; animals do not. One short training, on two thirds of a sample.
    """
    rng = np.random.default_rng(seed)
    sample = np.sort(rng.choice(len(task.given), min(len(task.given), _TRIAL), replace=False))
    part = folds.assign(task.given[sample], task.group[sample], 3, seed)
    held, rest = sample[part == 0], sample[part != 0]
    if not len(held) or not len(rest):
        return None
    net = train(_on(rest, labels.device.type))
    rows = _on(held, labels.device.type)
    plain, turned = (
        (training.scores(net, pictures, rows, views)[0].argmax(1) == labels[rows]).cpu().numpy()
        for views in (training.PLAIN, training.TURNED)
    )
    return mirror.seen(task.given[held], plain, turned, _LOST, _LOST_OF_CLASS)


def _distance(features: Tensor) -> NDArray[np.float32]:
    """(n,) mean distance to the nearest others, between features of one network."""
    near = []
    for part in torch.split(features, max(1, 2**27 // len(features))):
        nearest = torch.cdist(part, features).topk(min(_NEIGHBOURS + 1, len(features)), largest=False).values
        near.append(nearest[:, 1:].mean(1) if len(features) > 1 else nearest[:, 0])
    return np.asarray(torch.cat(near).cpu().numpy())


def _on(rows: NDArray[np.int64], device: str) -> Tensor:
    return torch.from_numpy(rows).to(device)


@contextmanager
def _repeatable() -> Iterator[None]:
    """cuDNN as it gives the same twice; on other devices nothing has to be asked for."""
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        cudnn.deterministic, cudnn.benchmark = before
