"""Pairs of pictures whose hashes are close, without comparing all with all.

Few pictures are looked up in all eight orientations. Many are turned upright first: then only those orientations are
left that noise may hide. Each pair is looked for from both of its pictures.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from datalint.pairs import index, upright
from datalint.pairs.hashes import ORIENTATIONS
from datalint.workers import cores

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: Orientations searched at once: each takes memory for its lookups.
_AT_ONCE = 2
#: Candidates kept for a picture and orientation, about how many of all pictures, and how many more before some go.
_NEIGHBOURS, _FEWEST, _KEPT, _ROOM = 32, 4, 1 << 23, 1 << 19


class Candidates(NamedTuple):
    """Pairs that may be copies; row numbers of the frequencies given, a < b."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    distance: NDArray[np.uint8]
    orientation: NDArray[np.uint8]
    """Index into ORIENTATIONS: b so oriented looks like a."""

    def at(self, rows: NDArray[np.int64]) -> Candidates:
        """Some of the pairs."""
        return Candidates(self.a[rows], self.b[rows], self.distance[rows], self.orientation[rows])


def search(waves: NDArray[np.float32], progress: Callable[[int, int], None] | None = None) -> Candidates:
    """All pairs that are close in one of eight orientations; of several orientations the closest."""
    n, few = len(waves), len(waves) <= index.FEW
    turns = np.zeros(n, np.uint8) if few else upright.turns(waves)
    base = waves if few else upright.turned(waves, turns)
    wanted = np.ones((len(ORIENTATIONS), n), bool) if few else upright.may_be(base)
    hashes = index.Index(base)
    nearest = _Nearest(n)

    def find(number: int) -> None:
        for left, right, distance, cosine in hashes.close(np.flatnonzero(wanted[number]), ORIENTATIONS[number]):
            which = upright.PRODUCT[upright.INVERSE[turns[left]], upright.PRODUCT[number, turns[right]]]
            swapped = left > right
            which = np.where(swapped, upright.INVERSE[which], which)
            nearest.add(np.minimum(left, right), np.maximum(left, right), which, distance, cosine)

    with ThreadPoolExecutor(min(_AT_ONCE, cores())) as threads:  # NumPy lets others run while it computes
        for done, _ in enumerate(threads.map(find, range(len(ORIENTATIONS))), 1):
            if progress:
                progress(done, len(ORIENTATIONS))
    found = nearest.pairs()
    order = np.lexsort((found.orientation, found.distance, found.b, found.a))
    found = found.at(order)
    first = np.ones(order.size, bool)
    first[1:] = (found.a[1:] != found.a[:-1]) | (found.b[1:] != found.b[:-1])
    return found.at(np.flatnonzero(first))


class _Nearest:
    """Collects pairs, each once in an orientation; of many of one picture only the most alike stay. For threads."""

    def __init__(self, n: int) -> None:
        self._n = max(n, 1)
        self._neighbours = min(_NEIGHBOURS, max(_FEWEST, _KEPT // self._n))
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32]]] = []
        self._count = 0
        self._worst = np.full(len(ORIENTATIONS) * self._n, -1, np.float32)
        """Of each picture and orientation: the least cosine with which a pair may stay."""
        self._limit = 2 * self._neighbours * self._n + _ROOM
        self._lock = Lock()

    def add(
        self,
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        which: NDArray[np.uint8],
        distance: NDArray[np.uint8],
        cosine: NDArray[np.float32],
    ) -> None:
        later = which * np.int64(self._n) + b
        with self._lock:
            better = np.flatnonzero(cosine >= self._worst[later])
            self._parts.append((later[better] * self._n + a[better], distance[better], cosine[better]))
            self._count += better.size
            if self._count > self._limit:
                self._prune()
                self._limit = max(self._limit, 2 * self._count)

    def pairs(self) -> Candidates:
        """The pairs."""
        self._prune()
        keys, distance, _ = self._parts[0]
        which, b = np.divmod(keys // self._n, self._n)
        return Candidates(keys % self._n, b, distance, which.astype(np.uint8))

    def _prune(self) -> None:
        nothing = np.empty(0, np.int64), np.empty(0, np.uint8), np.empty(0, np.float32)
        keys, distance, cosine = (np.concatenate(parts) for parts in zip(nothing, *self._parts, strict=True))
        keys, first = np.unique(keys, return_index=True)
        distance, cosine = distance[first], cosine[first]
        later = keys // self._n
        order = np.lexsort((-cosine, later))
        rank = np.arange(later.size) - np.searchsorted(later, later)
        last = order[rank == self._neighbours - 1]
        self._worst[later[last]] = cosine[last]
        kept = np.sort(order[rank < self._neighbours])
        self._parts, self._count = [(keys[kept], distance[kept], cosine[kept])], kept.size
