"""Whether two copies show the same at the place of a box: what has moved, or was painted over, is not missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Grey levels, of 1, by which the pictures differ in a pixel of a box, and how many times as much as they do in 95 of
#: 100 pixels elsewhere. No box of 293 is so in copies of photographs (half as large, JPEG quality 40 to 90); in copies
#: with the object painted over with what is beside it, 96 in 100 are, of those that cover 1/500 of the picture.
_APART, _TIMES = 0.1, 6.0
#: Standard deviation that the grey levels of both are brought to, about that of a photograph.
_CONTRAST = 0.2


def same(one: NDArray[np.uint8], other: NDArray[np.uint8], edges: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,): of boxes (n, 4) in shares, whether two small pictures (side, side, 3) of one frame are the same there."""
    apart = np.abs(_levelled(one) - _levelled(other))
    side = apart.shape[0]
    return np.array([_is_same(apart, box) for box in edges * side], bool)


def _is_same(apart: NDArray[np.float64], box: NDArray[np.float64]) -> bool:
    left, top = np.floor(box[:2]).astype(int)
    right, bottom = np.ceil(box[2:]).astype(int)
    elsewhere = np.ones(apart.shape, bool)
    elsewhere[top:bottom, left:right] = False
    if elsewhere.all() or not elsewhere.any():
        return True
    usual = float(np.percentile(apart[elsewhere], 95))
    return bool(apart[~elsewhere].max() <= max(_APART, _TIMES * usual))


def _levelled(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(side, side): its grey levels, of mean 0 and a standard deviation of _CONTRAST."""
    grey = picture.mean(2) / 255
    grey -= grey.mean()
    return np.asarray(grey * (_CONTRAST / max(float(grey.std()), 1e-6)))
