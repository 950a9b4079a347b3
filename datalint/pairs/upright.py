"""Pictures turned upright, so that copies in another orientation are found without a search for each of the eight.

A picture is upright when it varies more across than down, and when its two lowest frequencies are positive. Of a copy
turned upright the same is true, but for noise: where a picture is nearly as much one as the other, its copy may end up
the other way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from datalint.pairs.hashes import ORIENTATIONS, oriented

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Below this a difference that decides which way is up may be the other way round in a copy. Measured on photographs:
#: of copies with noise of a fifth of their contrast, 1 in 100 is decided otherwise beyond it, and none with a tenth.
_UNSURE = 0.12
_CHUNK = 1 << 14


def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    cells = np.arange(9).reshape(3, 3)
    known = {one.apply(cells).tobytes(): number for number, one in enumerate(ORIENTATIONS)}
    product = [[known[one.apply(other.apply(cells)).tobytes()] for other in ORIENTATIONS] for one in ORIENTATIONS]
    return np.array(product, np.uint8), np.array([row.index(0) for row in product], np.uint8)


#: (8, 8): which orientation the second one followed by the first one is; and (8,): the one that undoes each.
PRODUCT, INVERSE = _tables()


def turns(waves: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(n,): the orientation, an index into ORIENTATIONS, that turns each picture upright."""
    across, right, down = _sides(waves)
    lying = across < 0
    rows, columns = np.where(lying, right, down) < 0, np.where(lying, down, right) < 0
    return np.asarray(4 * lying + 2 * rows + columns, np.uint8)


def turned(waves: NDArray[np.float32], turns: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The frequencies (n, 8, 8) of pictures, each in an orientation of its own."""
    found = np.empty_like(waves)
    for number, orientation in enumerate(ORIENTATIONS):
        rows = np.flatnonzero(turns == number)
        found[rows] = oriented(waves[rows], orientation)
    return found


def may_be(waves: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(8, n): whether a copy of an upright picture may, turned upright, be this picture in that orientation."""
    across, right, down = (side < _UNSURE for side in _sides(waves))
    found = np.ones((len(ORIENTATIONS), len(waves)), bool)
    for number, orientation in enumerate(ORIENTATIONS):
        if orientation.transpose:
            found[number] &= across
        if orientation.flip_columns:
            found[number] &= down if orientation.transpose else right
        if orientation.flip_rows:
            found[number] &= right if orientation.transpose else down
    return found


def _sides(waves: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """(n,) each: how much more a picture varies across than down, and its lowest frequency across, and down."""
    across = np.empty(len(waves), np.float32)
    for start in range(0, len(waves), _CHUNK):
        energy = np.square(waves[start : start + _CHUNK])
        above, below = np.triu(energy, 1).sum((1, 2)), np.tril(energy, -1).sum((1, 2))
        across[start : start + _CHUNK] = np.sqrt(above) - np.sqrt(below)
    return across, waves[:, 0, 1], waves[:, 1, 0]
