"""Whether two pictures are copies, from their pixels.

Several tests, because each alone is fooled. Two shots of one scene, two slices of one scan or two prints of one digit
agree in the large (correlation) but not in the fine detail; two things before one background agree in both, but for
one place; two flat pictures are close and agree in nothing. Only a copy agrees in all, everywhere, up to the noise
of its encoding.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from datalint.pairs.hashes import ORIENTATIONS, Orientation, luma

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    _Centred = tuple[NDArray[np.floating], NDArray[np.floating]]

_CHUNK = 512
"""Pairs compared at once: few enough for the processor's cache."""
#: Least correlation of two copies' thumbnails; pairs from _LOOK_ALIKE on count as a crowd.
_SMALL_CORRELATION = 0.92
_LOOK_ALIKE = 0.88
#: What the thumbnails of a crowd's copies reach: no copy was seen that does not, of pictures of one size or no smaller
#: than thumbnails. (Smaller ones of several sizes are enlarged, each in its own way.)
_SMALL_CROWDED = (0.985, 0.026, 0.28)
#: A pair is in a crowd when more than this many others are no more than _REACH times as far (and _NEAR at least)
#: from one of the two.
_CROWD = 3
_REACH = 4.0
_NEAR = 0.08
#: How much a copy's contrast may have been changed.
_GAIN = (0.6, 1.7)
#: Luma standard deviation below which a picture shows nothing that could be recognised.
_CONTRAST = 3 / 255


class Limits(NamedTuple):
    """What two pictures must reach to be called copies; see Likeness."""

    correlation: float
    detail: float
    difference: float
    local: float


#: Measured on copies made of photographs, 32-pixel pictures, digits and blood smears, against all other pairs there.
ALONE = Limits(correlation=0.965, detail=0.75, difference=0.035, local=0.45)
#: Where many look alike (prints of one digit, slices of one organ), likeness alone proves little.
CROWDED = Limits(correlation=0.99, detail=0.9, difference=0.025, local=0.25)


class Likeness(NamedTuple):
    """How alike two aligned pictures are."""

    correlation: float
    detail: float
    """Correlation of what is left when the pictures are smoothed and the smooth part is taken away."""
    difference: float
    """Mean absolute difference of the luma after the best brightness and contrast, pixels in [0, 1]."""
    local: float
    """The same in the worst of 8 x 8 blocks, in standard deviations of the luma."""
    gain: float
    """Contrast of the one over that of the other."""


class Alike(NamedTuple):
    """Candidates that are alike as thumbnails."""

    rows: NDArray[np.int64]
    """Which of the candidates."""
    correlation: NDArray[np.float32]
    crowded: NDArray[np.bool_]
    """Whether many others are about as much alike."""

    def at(self, places: NDArray[np.int64]) -> Alike:
        """Some of them."""
        return Alike(self.rows[places], self.correlation[places], self.crowded[places])


def prefilter(
    thumbnails: NDArray[np.uint8], a: NDArray[np.int64], b: NDArray[np.int64], orientation: NDArray[np.uint8]
) -> Alike:
    """Which candidate pairs (rows of `small`) are alike as thumbnails, and which of them stand out."""
    alike = np.zeros(a.size, np.float32)
    for some, left, right in _aligned(thumbnails, a, b, orientation):
        alike[some] = _correlations(left, right)
    near = np.flatnonzero(alike >= _LOOK_ALIKE)
    crowd = _crowd(a[near], b[near], 1 - alike[near].astype(np.float64))
    keep = alike[near] >= _SMALL_CORRELATION
    return Alike(near[keep], alike[near[keep]], crowd[keep] > _CROWD)


def may_be_copies(
    thumbnails: NDArray[np.uint8], a: NDArray[np.int64], b: NDArray[np.int64], orientation: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Which pairs of a crowd may be copies, as far as their thumbnails tell, which cost less than the files."""
    found = np.zeros(a.size, bool)
    correlation, difference, local = _SMALL_CROWDED
    for some, (left, energy), (right, others_energy) in _aligned(thumbnails, a, b, orientation):
        product = (left * right).sum(-1)
        residual = np.abs(left - (product / np.maximum(others_energy, 1e-9))[:, None] * right)
        side = thumbnails.shape[1]
        blocks = residual.reshape(some.size, 8, side // 8, 8, side // 8).mean((2, 4)).reshape(some.size, -1)
        found[some] = (
            (_correlations((left, energy), (right, others_energy)) >= correlation)
            & (blocks.mean(-1) <= difference)
            & (blocks.max(-1) <= local * np.sqrt(energy) / side)
        )
    return found


def _aligned(
    thumbnails: NDArray[np.uint8], a: NDArray[np.int64], b: NDArray[np.int64], orientation: NDArray[np.uint8]
) -> Iterator[tuple[NDArray[np.int64], _Centred, _Centred]]:
    """(places, thumbnails a, thumbnails b so oriented) of pairs, some at once."""
    for number, turn in enumerate(ORIENTATIONS):
        rows = np.flatnonzero(orientation == number)
        for start in range(0, rows.size, _CHUNK):
            some = rows[start : start + _CHUNK]
            yield some, _prepared(thumbnails, a[some], ORIENTATIONS[0]), _prepared(thumbnails, b[some], turn)


def _prepared(thumbnails: NDArray[np.uint8], pictures: NDArray[np.int64], turn: Orientation) -> _Centred:
    """Each picture is prepared once."""
    once, places = np.unique(pictures, return_inverse=True)
    values, energy = _centred(turn.apply(luma(thumbnails[once])).reshape(once.size, -1))
    return values[places], energy[places]


def _crowd(a: NDArray[np.int64], b: NDArray[np.int64], apart: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many others are about as near to one of each pair's two pictures as the other is."""
    pictures, distances = np.concatenate([a, b]).astype(np.float64), np.concatenate([apart, apart])
    # Distances are below 1, so that picture + distance / 2 sorts by picture, then by distance.
    keys = np.sort(pictures + distances / 2)
    reach = np.clip(_REACH * apart, _NEAR, 1.0)
    counts = [
        np.searchsorted(keys, one + reach / 2, side="right") - np.searchsorted(keys, one) - 1
        for one in (a.astype(np.float64), b.astype(np.float64))
    ]
    return np.asarray(np.maximum(*counts), np.int64)


def correlations(left: NDArray[np.floating], right: NDArray[np.floating]) -> NDArray[np.floating]:
    """Pearson's correlation, row by row; 0 where a row is constant."""
    return _correlations(_centred(left), _centred(right))


def _centred(values: NDArray[np.floating]) -> _Centred:
    """Values less the mean of their row, and the sum of their squares."""
    values = values - values.mean(-1, keepdims=True)
    return values, np.square(values).sum(-1)


def _correlations(left: _Centred, right: _Centred) -> NDArray[np.floating]:
    return np.asarray((left[0] * right[0]).sum(-1) / np.maximum(np.sqrt(left[1] * right[1]), 1e-9))


def compare(first: NDArray[np.uint8], second: NDArray[np.uint8], orientation: Orientation) -> Likeness:
    """Compare two pictures (rows, columns, 3), the second one turned."""
    return compared([(first, second, orientation)])[0]


def compared(couples: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8], Orientation]]) -> list[Likeness]:
    """The same of several couples: those of one size are compared at once."""
    fitted = [_fitted(*couple) for couple in couples]
    by_size: dict[tuple[int, ...], list[int]] = {}
    for number, (left, _) in enumerate(fitted):
        by_size.setdefault(left.shape, []).append(number)
    found: dict[int, Likeness] = {}
    for numbers in by_size.values():
        lefts, rights = (luma(np.stack([fitted[number][side] for number in numbers])) for side in (0, 1))
        found |= zip(numbers, likenesses(lefts, rights), strict=True)
    return [found[number] for number in range(len(couples))]


def _fitted(
    first: NDArray[np.uint8], second: NDArray[np.uint8], orientation: Orientation
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both at one size, the second one turned."""
    turned = np.moveaxis(orientation.apply(np.moveaxis(second, -1, 0)), 0, -1)
    rows, columns = min(first.shape[0], turned.shape[0]), min(first.shape[1], turned.shape[1])
    return _fit(first, rows, columns), _fit(turned, rows, columns)


def _fit(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    if picture.shape[:2] == (rows, columns):
        return picture
    resized = Image.fromarray(np.ascontiguousarray(picture)).resize((columns, rows), Image.Resampling.BOX)
    return np.asarray(resized)


def likeness(left: NDArray[np.float32], right: NDArray[np.float32]) -> Likeness:
    """How alike two luma pictures (rows, columns) in [0, 1] are."""
    return likenesses(left[None], right[None])[0]


def likenesses(left: NDArray[np.float32], right: NDArray[np.float32]) -> list[Likeness]:
    """How alike pairs of luma pictures (pairs, rows, columns) in [0, 1] are."""
    count = len(left)
    flat_left, flat_right = left.reshape(count, -1), right.reshape(count, -1)
    spread_left, spread_right = flat_left.std(-1).astype(np.float64), flat_right.std(-1).astype(np.float64)
    correlation = correlations(flat_left, flat_right).astype(np.float64)
    fine_left, fine_right = (left - _smooth(left)).reshape(count, -1), (right - _smooth(right)).reshape(count, -1)
    detail = correlations(fine_left, fine_right)
    gain = (correlation * spread_left / np.maximum(spread_right, _CONTRAST)).astype(np.float32)[:, None]
    centred_left, centred_right = (flat - flat.mean(-1, keepdims=True) for flat in (flat_left, flat_right))
    residual = np.abs(centred_left - gain * centred_right)
    difference = residual.mean(-1)
    found = []
    for row, picture in enumerate(residual.reshape(left.shape)):
        if min(spread_left[row], spread_right[row]) < _CONTRAST:
            found.append(Likeness(0.0, 0.0, 1.0, 1.0, 0.0))
            continue
        local = float(np.asarray(Image.fromarray(picture).resize((8, 8), Image.Resampling.BOX)).max())
        spread = float(spread_left[row])
        found.append(
            Likeness(
                float(correlation[row]),
                float(detail[row]),
                float(difference[row]),
                local / spread,
                spread / float(spread_right[row]),
            )
        )
    return found


def _smooth(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over 5 x 5 pixels of pictures (n, rows, columns), edges repeated."""
    for axis in (1, 2):
        length = pictures.shape[axis]
        sums = np.cumsum(pictures.take(_padded(length), axis), axis=axis, dtype=np.float64)
        after, before = (sums[:, 5:], sums[:, :length]) if axis == 1 else (sums[..., 5:], sums[..., :length])
        pictures = ((after - before) / 5).astype(np.float32)
    return pictures


@lru_cache(maxsize=256)
def _padded(length: int) -> NDArray[np.intp]:
    """Places along a side, with three before it and two behind it that repeat its ends."""
    return np.clip(np.arange(-3, length + 2), 0, length - 1)


def is_copy(found: ArrayLike, crowded: ArrayLike) -> NDArray[np.bool_]:
    """Whether two pictures so alike are copies: of likenesses (..., 5), in the order of Likeness, NaN where unknown."""
    correlation, detail, difference, local, gain = np.moveaxis(np.asarray(found, np.float64), -1, 0)
    limits = Limits(*np.where(np.asarray(crowded)[..., None], CROWDED, ALONE).T)
    return np.asarray(
        (correlation >= limits.correlation)
        & (detail >= limits.detail)
        & (difference <= limits.difference)
        & (local <= limits.local)
        & (gain >= _GAIN[0])
        & (gain <= _GAIN[1])
    )
