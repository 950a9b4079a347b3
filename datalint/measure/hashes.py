"""A 64-bit perceptual hash of small images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FREQUENCIES = 8
_NOISE = 4.0
"""Coefficients below this are rounding and compression noise, not picture: orthonormal DCT of lumas in [0, 255]."""


def dct_basis(side: int, frequencies: int) -> NDArray[np.float32]:
    """The first rows of the orthonormal DCT-II matrix, (frequencies, side)."""
    k, x = np.arange(frequencies)[:, None], np.arange(side)[None, :]
    basis: NDArray[np.float64] = np.sqrt(2 / side) * np.cos(np.pi * k * (2 * x + 1) / (2 * side))
    basis[0] /= np.sqrt(2)
    return basis.astype(np.float32)


def phash(small: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hashes of (n, side, side, 3) small images: uint64 of shape (n,).

    The 8 x 8 lowest frequencies of the DCT of the luma, one bit each (C. Zauner, "Implementation and Benchmarking of
    Perceptual Image Hash Functions", 2010): 1 where the coefficient is above the median of the picture. The constant
    term has no part in it: its bit, the lowest, is 0. Row-major: bit 8 v + u is vertical frequency v, horizontal u.

    Coefficients within the noise count as 0, and 0 is not above the median: in pictures without texture, bits would
    otherwise be drawn by chance. A picture without any texture has the hash 0.
    """
    basis = dct_basis(small.shape[1], _FREQUENCIES)
    luma = small.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    coefficients = (basis @ luma @ basis.T).reshape(len(small), -1)
    coefficients[np.abs(coefficients) < _NOISE] = 0
    median = np.median(coefficients[:, 1:], axis=1, keepdims=True)
    bits = coefficients > median
    bits[:, 0] = False
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64).ravel()
