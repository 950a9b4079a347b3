"""Perceptual hashes of the thumbnails, in all eight orientations.

The hash is the sign of the 63 lowest frequencies of the luma's DCT (the constant left out), as in pHash, but each
frequency is compared with its own median over the dataset instead of the picture's: where all pictures have one
layout (digits, scans) the bits would otherwise be equal for most of them and tell nothing. The lowest frequencies come
first: they are the largest, so that noise seldom flips them.
Turning or mirroring a picture only swaps frequencies and changes signs, so that one DCT serves all orientations.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from datalint.measure.thumbnails import scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pixel = TypeVar("Pixel", bound=np.generic)

#: Bits of a hash.
HASHED = 63

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601
_LOW = 8
_CHUNK = 256
"""Pictures transformed at once: few enough for the processor's cache."""
_WORDS = 1 << 14
"""Pictures hashed at once."""
#: The frequencies in the order of their bits: from low to high; last the two that say which way up a picture is, which
#: tell nothing of pictures turned upright, and the constant.
_UPRIGHT = (1, _LOW)
_ORDER = np.array(
    [
        *sorted(set(range(1, _LOW * _LOW)) - set(_UPRIGHT), key=lambda at: (np.hypot(*divmod(at, _LOW)), at)),
        *_UPRIGHT,
        0,
    ]
)
#: Norm of the 63 frequencies below which a picture counts as flat: about one grey level of contrast.
_FLAT = 1 / 255


class Orientation(NamedTuple):
    """One of the eight symmetries of the square: first transpose, then flip."""

    name: str
    transpose: bool
    flip_rows: bool
    flip_columns: bool

    def apply(self, pictures: NDArray[Pixel]) -> NDArray[Pixel]:
        """Pictures (..., rows, columns) so oriented: a view."""
        turned = pictures.swapaxes(-1, -2) if self.transpose else pictures
        turned = turned[..., ::-1, :] if self.flip_rows else turned
        return turned[..., :, ::-1] if self.flip_columns else turned


ORIENTATIONS = (
    Orientation("none", False, False, False),
    Orientation("flipped", False, False, True),
    Orientation("flipped-vertically", False, True, False),
    Orientation("rotated-180", False, True, True),
    Orientation("transposed", True, False, False),
    Orientation("rotated-90", True, False, True),
    Orientation("rotated-270", True, True, False),
    Orientation("transversed", True, True, True),
)


def luma(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, side, side, 3) uint8 pictures as (n, side, side) luma in [0, 1]."""
    # Not as a product of matrices: that wakes a thread of BLAS, which then spins for longer than this takes.
    samples = pictures.reshape(-1, 3)
    weighted: NDArray[np.float32] = samples[:, 0] * (_LUMA[0] / np.float32(255))
    for channel in (1, 2):
        weighted += samples[:, channel] * (_LUMA[channel] / np.float32(255))
    return weighted.reshape(pictures.shape[:-1])


def _cosines(side: int) -> NDArray[np.float32]:
    """(8, side): the eight lowest rows of the orthonormal DCT-II."""
    places = (np.arange(side) + 0.5) * np.pi / side
    rows: NDArray[np.float64] = np.cos(np.arange(_LOW)[:, None] * places) * np.sqrt(2 / side)
    rows[0] /= np.sqrt(2)
    return rows.astype(np.float32)


def frequencies(
    thumbnails: NDArray[np.uint8], rows: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The lowest frequencies (m, 8, 8) of each picture that is not flat, scaled to length 1; and which are those, (n,).

    Of the pictures in `rows`, or of all.
    """
    rows = np.arange(thumbnails.shape[0]) if rows is None else rows
    side = thumbnails.shape[1]
    basis = _cosines(side)
    found, textured, count = scratch((rows.size, _LOW, _LOW)), np.empty(rows.size, bool), 0
    for start in range(0, rows.size, _CHUNK):
        some = basis @ luma(thumbnails[rows[start : start + _CHUNK]]) @ basis.T
        some[:, 0, 0] = 0
        some /= side
        norm = np.sqrt(np.einsum("ijk,ijk->i", some, some))
        textured[start : start + _CHUNK] = here = norm > _FLAT
        some = some[here] / norm[here][:, None, None]
        found[count : count + len(some)] = some
        count += len(some)
    return found[:count], textured


def oriented(waves: NDArray[np.float32], orientation: Orientation) -> NDArray[np.float32]:
    """The frequencies (n, 8, 8) of the pictures under an orientation."""
    turned = waves.swapaxes(-1, -2) if orientation.transpose else waves
    signs = np.ones((_LOW, _LOW), np.float32)
    if orientation.flip_rows:
        signs[1::2] *= -1
    if orientation.flip_columns:
        signs[:, 1::2] *= -1
    return np.asarray(turned * signs, np.float32)


def thresholds(waves: NDArray[np.float32]) -> NDArray[np.float32]:
    """(8, 8): the median of each frequency over all pictures in all orientations.

    Odd frequencies change sign when mirrored, so that their median is zero.
    """
    middle = np.zeros((_LOW, _LOW), np.float32)
    for row, column in combinations_with_replacement(range(0, _LOW if len(waves) else 0, 2), 2):
        both = np.concatenate([waves[:, row, column], waves[:, column, row]])
        middle[row, column] = middle[column, row] = np.median(both, overwrite_input=True)
    return middle


def bits(waves: NDArray[np.float32], middle: NDArray[np.float32]) -> NDArray[np.uint64]:
    """(n,) hashes: one bit a frequency, set where it exceeds its threshold; the first is the highest of the word."""
    words = np.empty(len(waves), np.uint64)
    for start in range(0, len(waves), _WORDS):
        above = (waves[start : start + _WORDS] > middle).reshape(-1, _LOW * _LOW)
        words[start : start + _WORDS] = np.packbits(np.take(above, _ORDER, axis=1), axis=1).view(">u8").reshape(-1)
    return words


def margins(waves: NDArray[np.float32], middle: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
    """(n, stop - start): how far the frequencies of some bits of the hash are from their thresholds."""
    some = _ORDER[start:stop]
    apart = np.take(waves.reshape(-1, _LOW * _LOW), some, axis=1) - middle.reshape(-1)[some]
    return np.asarray(np.abs(apart), np.float32)


if hasattr(np, "bitwise_count"):

    def ones(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """How many bits are set in each word."""
        return np.asarray(np.bitwise_count(words), np.uint8)

else:
    _ONES = np.array([value.bit_count() for value in range(1 << 16)], np.uint8)

    def ones(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """How many bits are set in each word."""
        parts = np.ascontiguousarray(words).view(np.uint16).reshape(*words.shape, 4)
        return np.asarray(_ONES[parts].sum(-1), np.uint8)
