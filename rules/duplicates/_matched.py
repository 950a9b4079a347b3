"""The boxes of two copies, matched by where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from datalint.lazy import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Overlap from which two boxes without a partner are taken for one object that was drawn in two ways.
_TOUCH = 0.1


class Boxes(NamedTuple):
    """The boxes of a picture, in the frame of its group."""

    rows: NDArray[np.int64]
    """(n,) their numbers."""
    edges: NDArray[np.float64]
    """(n, 4) left, top, right and bottom, as shares of the frame."""
    classes: list[str | None]
    ignored: NDArray[np.bool_]
    """(n,) which stand for a group or are to be ignored."""
    pixel: NDArray[np.float64]
    """(2,) width and height of a pixel, as shares of the frame."""


class Differences(NamedTuple):
    """What the boxes of one picture and another do not agree in: numbers of boxes."""

    missing: list[int]
    """Boxes of the second that the first lacks."""
    more: list[int]
    """Boxes of the first that the second lacks."""
    other: list[tuple[int, int]]
    """A box of the first, and the one of the second at its place, which is of another class."""

    def __len__(self) -> int:
        return len(self.missing) + len(self.more) + len(self.other)


def differences(one: Boxes, other: Boxes, least: float, smallest: float) -> Differences:
    """Which boxes have no partner in the other picture, or one of another class.

    Partners overlap by `least`, and those of one class come first. No fault is seen in a box without a partner that

    * overlaps a box of the other picture that has none either, or is there once more: the object was drawn in another
      way, or twice;
    * is smaller than `smallest` pixels in the smaller picture, or is to be ignored;
    * is of a class of which boxes of both are left: the objects have moved.
    """
    # Pixels are whole: an edge of a small picture is as much as half a pixel off.
    slack = np.maximum(one.pixel, other.pixel)
    overlaps = overlap(_grown(one.edges, slack / 2)[:, None], _grown(other.edges, slack / 2))
    partners = _partners(overlaps, one.classes, other.classes, least)
    changed = [
        (int(one.rows[i]), int(other.rows[j]))
        for i, j in partners
        if None not in (one.classes[i], other.classes[j]) and one.classes[i] != other.classes[j]
        and not (one.ignored[i] or other.ignored[j])
    ]  # fmt: skip
    taken, taken_there = {i for i, _ in partners}, {j for _, j in partners}
    alone = _alone(one, other, overlaps, (taken, taken_there), least, slack * smallest)
    others = _alone(other, one, overlaps.T, (taken_there, taken), least, slack * smallest)
    moved = {one.classes[i] for i in alone} & {other.classes[j] for j in others}
    return Differences(
        [int(other.rows[j]) for j in others if other.classes[j] not in moved],
        [int(one.rows[i]) for i in alone if one.classes[i] not in moved],
        changed,
    )


def _partners(
    overlaps: NDArray[np.float64], mine: list[str | None], theirs: list[str | None], least: float
) -> list[tuple[int, int]]:
    """Pairs of places, each in one pair at most: of one class before others, then the largest overlap."""
    near = np.argwhere(overlaps >= least).tolist()
    near.sort(key=lambda pair: (mine[pair[0]] != theirs[pair[1]], -overlaps[pair[0], pair[1]]))
    pairs: list[tuple[int, int]] = []
    used: tuple[set[int], set[int]] = (set(), set())
    for i, j in near:
        if i not in used[0] and j not in used[1]:
            pairs.append((i, j))
            used[0].add(i)
            used[1].add(j)
    return pairs


def _alone(
    boxes: Boxes,
    there: Boxes,
    overlaps: NDArray[np.float64],
    taken: tuple[set[int], set[int]],
    least: float,
    smallest: NDArray[np.float64],
) -> list[int]:
    """Places of boxes without a partner that the other picture should have; `taken` have one, here and there."""
    left = np.array([place for place in range(overlaps.shape[0]) if place not in taken[0]], np.int64)
    left_there = np.array([place for place in range(overlaps.shape[1]) if place not in taken[1]], np.int64)
    twice = overlaps[left].max(1, initial=0.0) >= least
    otherwise = overlaps[left][:, left_there].max(1, initial=0.0) >= _TOUCH
    edges = boxes.edges[left]
    small = np.any(edges[:, 2:] - edges[:, :2] < smallest, axis=1)
    ignored = boxes.ignored[left] | _inside(edges, there.edges[there.ignored])
    return [int(place) for place in left[~(twice | otherwise | small | ignored)]]


def _inside(edges: NDArray[np.float64], regions: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,): whether the middle of each box lies in one of the regions."""
    middle = (edges[:, None, :2] + edges[:, None, 2:]) / 2
    within = ((regions[:, :2] <= middle) & (middle <= regions[:, 2:])).all(axis=2)
    return np.asarray(np.any(within, axis=1))


def _grown(edges: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([edges[:, :2] - by, edges[:, 2:] + by], axis=1)


def overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of boxes (..., 4), left, top, right and bottom, all wide and high."""
    (left, top, right, bottom), (left_2, top_2, right_2, bottom_2) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    shared = np.maximum(np.minimum(right, right_2) - np.maximum(left, left_2), 0)
    shared *= np.maximum(np.minimum(bottom, bottom_2) - np.maximum(top, top_2), 0)
    areas = (right - left) * (bottom - top) + (right_2 - left_2) * (bottom_2 - top_2)
    return np.asarray(shared / (areas - shared))
