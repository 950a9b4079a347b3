"""Sets of copies: stars of equal ones, and a forest that grows edge by edge."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

T = TypeVar("T")

_WAVE = 4096  # pairs that are decided at once
_AHEAD = 16 * _WAVE  # pairs looked at to find them


def stars(keys: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair each element with the first that has the same key: k equal ones give k - 1 pairs, not k (k - 1) / 2."""
    if not keys.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    leader = first[inverse.reshape(-1)]
    others = np.flatnonzero(leader != np.arange(keys.size))
    return leader[others].astype(np.int64), others.astype(np.int64)


class Forest:
    """Disjoint sets that grow by one edge at a time."""

    def __init__(self, n: int) -> None:
        self._parent = array("q", range(n))  # of NumPy's arrays single items are slow to read

    def copy(self) -> Forest:
        """Another one with the same sets."""
        other = Forest(0)
        other._parent = self._parent[:]
        return other

    def roots(self) -> NDArray[np.int64]:
        """The representative of every node."""
        roots: NDArray[np.int64] = np.array(self._parent, np.int64)
        while not np.array_equal(roots, above := roots[roots]):
            roots = above
        return roots

    def root(self, node: int) -> int:
        """The set's representative."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def connected(self, a: int, b: int) -> bool:
        """Whether a and b are in one set."""
        return self._parent[a] == self._parent[b] or self.root(a) == self.root(b)

    def join(self, a: int, b: int) -> None:
        """Make one set of a's and b's."""
        a, b = self.root(a), self.root(b)
        self._parent[max(a, b)] = min(a, b)


def grow(
    forest: Forest, a: NDArray[np.int64], b: NDArray[np.int64], decide: Callable[[Sequence[int]], Sequence[T | None]]
) -> Iterator[tuple[int, T]]:
    """Join the pairs (a, b) one after another, but for those whose two are joined already and those decided against.

    Yields the places of the joined pairs and what was decided about them. `decide` is given the places of pairs in
    waves: pairs that must be decided even if all the others of the wave are joined. So no more pairs are decided than
    one by one, and the result is the same.
    """
    left = np.arange(a.size)
    decided: dict[int, T | None] = {}
    while left.size:
        left = _unjoined(forest, left, a, b)
        done = 0
        for at in left.tolist():
            if not forest.connected(int(a[at]), int(b[at])):
                if at not in decided:
                    break
                if (decision := decided.pop(at)) is not None:
                    forest.join(int(a[at]), int(b[at]))
                    yield at, decision
            done += 1
        left = _unjoined(forest, left[done:], a, b)
        wave = _wave(forest, left[:_AHEAD], a, b, decided)
        decided.update(zip(wave, decide(wave) if wave else (), strict=True))


def _unjoined(
    forest: Forest, places: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64]
) -> NDArray[np.int64]:
    roots = forest.roots()
    return np.asarray(places[roots[a[places]] != roots[b[places]]])


def _wave(
    forest: Forest, places: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64], decided: dict[int, T | None]
) -> list[int]:
    """Pairs to decide next, those of one group together."""
    joined = forest.copy()
    wave: list[int] = []
    for at in places.tolist():
        one, other = int(a[at]), int(b[at])
        if joined.connected(one, other):
            continue
        if at not in decided:
            wave.append(at)
        elif decided[at] is None:
            continue
        joined.join(one, other)
        if len(wave) == _WAVE:
            break
    return sorted(wave, key=lambda at: (joined.root(int(a[at])), int(a[at]), at))
