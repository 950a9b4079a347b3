"""How the pictures of a group of copies are turned and mirrored against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

Turn = tuple[int, int, int, int]
"""A signed exchange of the axes: a point (x, y), counted from the middle, is moved to (a x + b y, c x + d y)."""

NONE: Turn = (1, 0, 0, 1)
_TURNS: dict[str, Turn] = {
    "flipped": (-1, 0, 0, 1),
    "flipped-vertically": (1, 0, 0, -1),
    "rotated-180": (-1, 0, 0, -1),
    "transposed": (0, 1, 1, 0),
    "rotated-90": (0, -1, 1, 0),
    "rotated-270": (0, 1, -1, 0),
    "transversed": (0, -1, -1, 0),
}


def after(second: Turn, first: Turn) -> Turn:
    """The turn that two are, one after the other."""
    a, b, c, d = second
    e, f, g, h = first
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def back(turn: Turn) -> Turn:
    """The turn that undoes one."""
    a, b, c, d = turn
    return a, c, b, d


def turned(edges: NDArray[np.float64], turns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Boxes (n, 4), left, top, right and bottom as shares of their picture, after a turn (n, 4) of it, each its own."""
    corners = (edges - 0.5).reshape(-1, 2, 2)
    moved = np.einsum("nij,nkj->nki", turns.reshape(-1, 2, 2), corners)
    return np.concatenate([moved.min(1), moved.max(1)], axis=1) + 0.5


def picture_turned(picture: NDArray[np.uint8], turn: Turn) -> NDArray[np.uint8]:
    """A picture (side, side, 3) after a turn."""
    a, b, c, d = turn
    across, down = (a, d) if a else (b, c)
    picture = picture if a else picture.swapaxes(0, 1)
    return picture[:: down or 1, :: across or 1]


def to_first(pairs: Iterable[tuple[int, int, str]]) -> dict[int, Turn]:
    """Of every image of `pairs` (a, b, transform) the turn after which it lies as one image of its group does.

    The pairs are a forest, and `transform` is what b lies as a after.
    """
    beside: dict[int, list[tuple[int, Turn]]] = {}
    for a, b, transform in pairs:
        turn = _TURNS.get(transform, NONE)
        beside.setdefault(a, []).append((b, turn))
        beside.setdefault(b, []).append((a, back(turn)))
    found: dict[int, Turn] = {}
    for first in beside:
        if first in found:
            continue
        found[first] = NONE
        left = [first]
        while left:
            image = left.pop()
            for other, turn in beside[image]:
                if other not in found:
                    found[other] = after(found[image], turn)
                    left.append(other)
    return found
