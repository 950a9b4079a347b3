"""Whether two pictures are copies, from their pixels.

Two tests, because each alone is fooled. Two shots of one scene, two slices of one scan or two prints of one digit
agree in the large (correlation) but not in the fine detail; two flat pictures agree in nothing but are close.
Only a copy agrees in both, up to the noise of its encoding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from datalint.pairs.decode import thumbnail
from datalint.pairs.hashes import ORIENTATIONS, Orientation, luma

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_CHUNK = 2048
#: Least correlation of two copies' small pictures ...
_SMALL_CORRELATION = 0.96
#: ... and of the pictures compared in the end: of all there is, and of the fine detail alone.
CORRELATION = 0.98
DETAIL = 0.75
#: Largest mean absolute difference after brightness and contrast are made equal, pixels in [0, 1].
DIFFERENCE = 0.025
#: How much a copy's contrast may have been changed.
_GAIN = (0.6, 1.7)
#: Luma standard deviation below which a picture shows nothing that could be recognised.
_CONTRAST = 3 / 255


class Likeness(NamedTuple):
    """How alike two aligned pictures are."""

    correlation: float
    detail: float
    """Correlation of what is left when the pictures are smoothed and the smooth part is taken away."""
    difference: float
    """Mean absolute difference of the luma after the best brightness and contrast, pixels in [0, 1]."""
    gain: float


def prefilter(
    small: NDArray[np.uint8], a: NDArray[np.int64], b: NDArray[np.int64], orientation: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Which candidate pairs (rows of `small`) are alike as small pictures."""
    keep = np.zeros(a.size, bool)
    for number, turn in enumerate(ORIENTATIONS):
        rows = np.flatnonzero(orientation == number)
        for start in range(0, rows.size, _CHUNK):
            part = rows[start : start + _CHUNK]
            left = luma(small[a[part]]).reshape(part.size, -1)
            right = turn.apply(luma(small[b[part]])).reshape(part.size, -1)
            keep[part] = correlations(left, right) >= _SMALL_CORRELATION
    return keep


def correlations(left: NDArray[np.floating], right: NDArray[np.floating]) -> NDArray[np.floating]:
    """Pearson's correlation, row by row; 0 where a row is constant."""
    left = left - left.mean(-1, keepdims=True)
    right = right - right.mean(-1, keepdims=True)
    norm = np.sqrt(np.square(left).sum(-1) * np.square(right).sum(-1))
    return np.asarray((left * right).sum(-1) / np.maximum(norm, 1e-9))


def compare(a: Path, b: Path, orientation: Orientation) -> Likeness | None:
    """Decode two files and compare them; None if one cannot be read."""
    first, second = thumbnail(a), thumbnail(b)
    if first is None or second is None:
        return None
    turned = orientation.apply(np.moveaxis(second, -1, 0)).transpose(1, 2, 0)
    rows, columns = min(first.shape[0], turned.shape[0]), min(first.shape[1], turned.shape[1])
    return likeness(luma(_fit(first, rows, columns)), luma(_fit(turned, rows, columns)))


def _fit(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    if picture.shape[:2] == (rows, columns):
        return picture
    resized = Image.fromarray(np.ascontiguousarray(picture)).resize((columns, rows), Image.Resampling.BOX)
    return np.asarray(resized)


def likeness(left: NDArray[np.float32], right: NDArray[np.float32]) -> Likeness:
    """How alike two luma pictures (rows, columns) in [0, 1] are."""
    spread_left, spread_right = float(left.std()), float(right.std())
    if min(spread_left, spread_right) < _CONTRAST:
        return Likeness(0.0, 0.0, 1.0, 0.0)
    correlation = float(correlations(left.ravel(), right.ravel()))
    detail = float(correlations((left - _smooth(left)).ravel(), (right - _smooth(right)).ravel()))
    gain = correlation * spread_left / spread_right
    residual = (left - left.mean()) - gain * (right - right.mean())
    return Likeness(correlation, detail, float(np.abs(residual).mean()), spread_left / spread_right)


def _smooth(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over 5 x 5 pixels, edges repeated."""
    for axis in (0, 1):
        padded = np.pad(picture, [(3, 2) if axis == k else (0, 0) for k in (0, 1)], mode="edge")
        sums = np.cumsum(padded, axis=axis, dtype=np.float64)
        length = picture.shape[axis]
        picture = ((sums.take(range(5, 5 + length), axis) - sums.take(range(length), axis)) / 5).astype(np.float32)
    return picture


def is_copy(found: Likeness) -> bool:
    """Whether two pictures so alike are copies."""
    return (
        found.correlation >= CORRELATION
        and found.detail >= DETAIL
        and found.difference <= DIFFERENCE
        and _GAIN[0] <= found.gain <= _GAIN[1]
    )
