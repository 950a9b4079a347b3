"""What a model, of whatever kind, says of the images out of sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from datalint.dataset import Mirrored
    from datalint.probe.regions import Regions


@dataclass(frozen=True, slots=True)
class Prediction:
    """Scores and likeness of n images, in the order of the task."""

    scores: NDArray[np.float64]
    """(n, classes) from a model that saw neither the image nor its copies; on any one scale."""
    distance: NDArray[np.float32]
    """(n,) from the nearest other images, in the features of the model."""
    likeness: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    """(m,) row numbers to (m, n): how much those images are like each image, -inf where that is not known."""
    design: str
    """The model in words, for the report."""
    regions: Regions | None = None
    """What parts of the images look like, where these have several labels."""
    mirrored: Mirrored | None = None
    """Whether left and right matter; None where that was not tried."""
