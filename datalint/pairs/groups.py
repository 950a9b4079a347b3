"""Sets of copies: stars of equal ones, and a forest that grows edge by edge, with patience where many look alike."""

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


def foremost(a: NDArray[np.int64], b: NDArray[np.int64], alike: NDArray[np.float32], most: int) -> NDArray[np.bool_]:
    """Which pairs are among so many of the most alike of one of their two."""
    found = np.zeros(a.size, bool)
    pictures = np.concatenate([a, b])
    order = np.lexsort((-np.tile(alike, 2), pictures))
    pictures = pictures[order]
    rank = np.arange(order.size) - np.searchsorted(pictures, pictures)
    found[order[rank < most] % max(1, a.size)] = True
    return found


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


class Patience:
    """How often a picture is decided about in vain, before no more pairs of it are decided: `tries` times."""

    def __init__(self, n: int, limited: NDArray[np.bool_], tries: int) -> None:
        """`limited`: which pairs count, and are not decided where one of its two, which are among n, is spent."""
        self.limited, self._tries = limited, tries
        self._vain = array("q", bytes(8 * n))
        self.given_up = np.zeros(n, bool)
        """Pictures for which pairs were not decided."""

    def copy(self) -> Patience:
        """Another one with the same counts."""
        other = Patience(0, self.limited, self._tries)
        other._vain = self._vain[:]
        return other

    def spent(self, a: int, b: int) -> bool:
        """Whether one of the two is."""
        return self._vain[a] >= self._tries or self._vain[b] >= self._tries

    def fail(self, a: int, b: int) -> None:
        """It was in vain."""
        self._vain[a] += 1
        self._vain[b] += 1

    def give_up(self, places: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of the pairs that are still to be decided; the two of the others are given up."""
        if not self._vain:
            return places
        vain = np.asarray(self._vain)
        sides = [(side[places], vain[side[places]] >= self._tries) for side in (a, b)]
        over = self.limited[places] & (sides[0][1] | sides[1][1])
        for side, spent in sides:
            self.given_up[side[over & spent]] = True
        return np.asarray(places[~over])


def grow(
    forest: Forest,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    decide: Callable[[Sequence[int]], Sequence[T | None]],
    patience: Patience | None = None,
) -> Iterator[tuple[int, T]]:
    """Join the pairs (a, b) one after another, but for those whose two are joined already and those decided against.

    Yields the places of the joined pairs and what was decided about them. `decide` is given the places of pairs in
    waves: pairs that must be decided whatever is decided about the others of the wave. So no more pairs are decided
    than one by one, and the result is the same.
    """
    patience = patience or Patience(0, np.zeros(a.size, bool), 1)
    ahead, taken = np.empty(0, np.int64), 0
    decided: dict[int, T | None] = {}
    while ahead.size or taken < a.size:
        ahead, taken = _filled(ahead, taken, a, b, forest, patience)
        over, done = array("q"), 0
        for at, limited in zip(ahead.tolist(), patience.limited[ahead].tolist(), strict=True):
            one, other = int(a[at]), int(b[at])
            if not forest.connected(one, other):
                if limited and patience.spent(one, other):
                    over.append(at)
                elif at not in decided:
                    break
                elif (decision := decided.pop(at)) is not None:
                    forest.join(one, other)
                    yield at, decision
                elif limited:
                    patience.fail(one, other)
            done += 1
        patience.give_up(np.array(over, np.int64), a, b)
        ahead = patience.give_up(_unjoined(forest, ahead[done:], a, b), a, b)
        wave = _wave(forest, ahead, a, b, decided, patience)
        decided.update(zip(wave, decide(wave) if wave else (), strict=True))


def _filled(
    ahead: NDArray[np.int64],
    taken: int,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    forest: Forest,
    patience: Patience,
) -> tuple[NDArray[np.int64], int]:
    """The pairs to look at next, with others from `taken` on; and up to where pairs are taken then."""
    while ahead.size < _AHEAD // 2 and taken < a.size:
        some = np.arange(taken, min(taken + _AHEAD, a.size))
        ahead = np.concatenate([ahead, patience.give_up(_unjoined(forest, some, a, b), a, b)])
        taken += some.size
    return ahead, taken


def _unjoined(
    forest: Forest, places: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64]
) -> NDArray[np.int64]:
    roots = forest.roots()
    return np.asarray(places[roots[a[places]] != roots[b[places]]])


def _wave(
    forest: Forest,
    places: NDArray[np.int64],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    decided: dict[int, T | None],
    patience: Patience,
) -> list[int]:
    """Pairs to decide next, those of one group together."""
    joined, patience = forest.copy(), patience.copy()  # as they may be at most
    wave: list[int] = []
    for at, limited in zip(places.tolist(), patience.limited[places].tolist(), strict=True):
        one, other = int(a[at]), int(b[at])
        sure = not joined.connected(one, other) and not (limited and patience.spent(one, other))
        if sure and at not in decided:
            wave.append(at)
        if limited and decided.get(at) is None:
            patience.fail(one, other)
        if at not in decided or decided[at] is not None:
            joined.join(one, other)
        if len(wave) == _WAVE:
            break
    return sorted(wave, key=lambda at: (joined.root(int(a[at])), int(a[at]), at))
