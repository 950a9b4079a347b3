"""How much pictures look alike, by their thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import numpy as np

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from datalint import Dataset


def standardised(data: Dataset, images: NDArray[np.integer]) -> NDArray[float32]:
    """(n, values): thumbnails of mean 0 and length 1, so that a product is a correlation."""
    assert data.thumbnails is not None
    flat = data.thumbnails[images].reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), np.float32)


def closest(later: NDArray[float32], earlier: NDArray[float32]) -> float:
    """Correlation of a later picture with the earlier one most like it, in the mean."""
    return float((later @ earlier.T).max(1).mean())


def mirrored(standard: NDArray[float32], side: int) -> NDArray[float32]:
    """The same pictures of side x side pixels, left and right exchanged."""
    return np.ascontiguousarray(standard.reshape(-1, side, side, 3)[:, :, ::-1].reshape(len(standard), -1))
