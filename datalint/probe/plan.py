"""How much network a dataset gets: a pure function, so that the same question is always answered by the same network.

No clock is read here. The speeds are those of one kind of device in general; on a faster one the answer is the same
and comes sooner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SIDES = (32, 48, 64, 96, 128)
WIDTHS = (64, 256, 256)  # airbench94's
FILTERS = 24  # of the first layer: 2x2 patches of three channels, and their negatives
#: Floating-point operations a second, in training. CUDA: what airbench94 reached on an A100 (0.36e15 in 3.83 s) less a
#: margin; an H200 has twice as many. The others are guesses from two cores and from an M2.
_PACE = {"cuda": 80e12, "mps": 2e12, "cpu": 60e9}
_STEP = {"cuda": 1.5e-3, "mps": 8e-3, "cpu": 0.0}  # seconds that a step takes at least
_ENOUGH = 30.0  # seconds, at the speeds above, beyond which no training is repeated
_MOST_REPEATS = 3
_LEAST_EPOCHS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """The network and its training."""

    folds: int
    repeats: int
    """Trainings of every fold, whose scores are averaged."""
    epochs: int
    batch: int
    widths: tuple[int, ...]
    """Channels of each group of convolutions."""


def side_for(sizes: ArrayLike, device: str) -> int:
    """The side of the pictures to learn from, one of SIDES, for images of `sizes` (n, 2) in pixels, NaN where unknown.

    What the images show grows more slowly than their pixels, and the work as their square. On the CPU, with fixed
    features, more than 64 pixels say little more: 300 photographs in six classes were predicted to 63, 65, 67 and 68 %
    at 32, 48, 64 and 96 pixels.
    """
    shorter = np.asarray(sizes, np.float64).reshape(-1, 2).min(1)
    shorter = shorter[np.isfinite(shorter)]
    typical = float(np.median(shorter)) if len(shorter) else 0.0
    if device == "cpu":
        return 64 if typical >= 96 else 32
    return SIDES[int(np.searchsorted((40, 60, 200, 400), typical, side="right"))]


def plan(count: int, classes: int, side: int, device: str, seconds: float) -> Plan:
    """The plan for `count` images of `classes` classes as pictures of `side` pixels, on a kind of device.

    Small datasets are trained on for more epochs and in more folds. Where `seconds` are too few, there are fewer epochs
    and then fewer channels; where there is time, the training is repeated.
    """
    folds = 10 if count < 2_000 else 5 if count <= 500_000 else 3
    trained = max(1, count * (folds - 1) // folds)
    wanted = int(np.clip(round(7 * (40_000 / trained) ** 0.5), 5, 60))

    def cost(widths: tuple[int, ...], epochs: int) -> float:
        steps = epochs * max(1, trained // batch_for(trained))
        once = max(epochs * trained * work(widths, side, classes) / _PACE[device], steps * _STEP[device])
        return folds * once * 1.1  # the trial, and the predictions

    for share in (1, 2, 4, 8):
        widths = _widths(side, share)
        epochs = wanted
        while epochs > _LEAST_EPOCHS and cost(widths, epochs) > seconds:
            epochs -= 1
        if epochs >= min(wanted, 8) or cost(widths, epochs) <= seconds:
            break
    repeats = int(np.clip(min(seconds, _ENOUGH) / cost(widths, epochs), 1, _MOST_REPEATS))
    return Plan(folds, repeats, epochs, batch_for(trained), widths)


def batch_for(trained: int) -> int:
    """Images a step: a power of two from 16 to 1,024, about what served 900, 2,700, 8,000 and 40,000 images best."""
    return int(2 ** np.clip(round(np.log2(0.39 * max(1, trained) ** 0.75)), 4, 10))


def work(widths: tuple[int, ...], side: int, classes: int) -> float:
    """Floating-point operations to train on one picture: forward, and twice that backward."""
    before, edge, products = FILTERS, side - 1, FILTERS * 12 * (side - 1) ** 2
    for width in widths:
        products += 9 * before * width * edge**2
        edge //= 2
        products += 9 * width * width * edge**2
        before = width
    return 6.0 * (products + before * classes)


def _widths(side: int, share: int) -> tuple[int, ...]:
    """WIDTHS by `share`; a group of half the channels comes before them for every doubling of the side."""
    more = int(np.log2(side / 32))
    return tuple(width // share for width in (*(WIDTHS[0] >> number for number in range(more, 0, -1)), *WIDTHS))
