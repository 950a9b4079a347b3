"""Pairs of pictures whose hashes are close, without comparing all with all.

Few pictures are looked up in all eight orientations. Many are turned upright first: then only those orientations are
left that noise may hide. Each pair is looked for from both of its pictures. Hashes are looked up part by part, here or
on an engine; whether two pictures are alike by more than their hashes is decided here.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from datalint import workers
from datalint.pairs import index, upright
from datalint.pairs.hashes import ORIENTATIONS, oriented

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from datalint.pairs.index import Close, Part

#: Least cosine between the frequencies of two copies.
COSINE = 0.92
#: Pictures turned and hashed at once, and pairs compared: few enough for the processor's cache.
_CHUNK, _COMPARED = 1 << 14, 1 << 10
#: Parts searched at once: each takes memory for its lookups. And how long one may take on an engine.
_AT_ONCE, _SECONDS = 2, 600.0
#: Candidates kept for a picture and orientation, about how many of all pictures, and how many found before some go.
_NEIGHBOURS, _FEWEST, _KEPT, _ROOM = 32, 4, 1 << 23, 1 << 22


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


class Found(NamedTuple):
    """What a search found."""

    pairs: Candidates
    cut: NDArray[np.bool_]
    """(n,): which pictures are like so many others that not all of these were looked at."""


def search(waves: NDArray[np.float32], progress: Callable[[int, int], None] | None = None) -> Found:
    """All pairs that are close in one of eight orientations; of several orientations the closest."""
    n, few = len(waves), len(waves) <= index.FEW
    turns = np.zeros(n, np.uint8) if few else upright.turns(waves)
    wanted = np.ones((len(ORIENTATIONS), n), bool)
    for start in range(0, 0 if few else n, _CHUNK):
        some = slice(start, start + _CHUNK)
        wanted[:, some] = upright.may_be(upright.turned(waves[some], turns[some]))
    by_engine = workers.are_elsewhere() and n > index.PART
    hashes, alike = index.Index(waves, turns, parted=by_engine), _Alike(waves, turns)
    parts = hashes.parts(_asked(waves, turns, wanted, progress))
    if by_engine:
        for part, found, _ in workers.run(index.all_close, parts, seconds=_SECONDS):
            alike.add(index.all_close(part) if found is None else found)
    else:
        _in_threads(parts, alike)
    return Found(alike.pairs(), alike.cut)


def _asked(
    waves: NDArray[np.float32],
    turns: NDArray[np.uint8],
    wanted: NDArray[np.bool_],
    progress: Callable[[int, int], None] | None,
) -> Iterator[tuple[NDArray[np.uint32], int, NDArray[np.float32]]]:
    """What is looked up: some pictures, an orientation, and their frequencies upright and so oriented."""
    done, total = 0, int(wanted.sum())
    for number, which in enumerate(wanted):
        rows = np.flatnonzero(which).astype(np.uint32)
        for start in range(0, rows.size, _CHUNK):
            some = rows[start : start + _CHUNK]
            yield some, number, upright.turned(waves[some], upright.PRODUCT[number, turns[some]])
            done += some.size
            if progress:
                progress(done, total)


def _in_threads(parts: Iterator[Part], alike: _Alike) -> None:
    """Search parts in this process, a few at once."""

    def search(part: Part) -> None:
        for found in index.close(part):
            alike.add(found)

    at_once = min(_AT_ONCE, workers.cores())
    going: deque[Future[None]] = deque()
    with ThreadPoolExecutor(at_once) as threads:  # NumPy lets others run while it computes
        for part in parts:
            if len(going) == at_once:
                going.popleft().result()
            going.append(threads.submit(search, part))
        for future in going:
            future.result()


class _Alike:
    """Collects close pairs that are alike, each once; of many of one picture only the most alike stay. For threads."""

    def __init__(self, waves: NDArray[np.float32], turns: NDArray[np.uint8]) -> None:
        self._waves, self._turns, self._n = waves, turns, max(len(waves), 1)
        self._neighbours = min(_NEIGHBOURS, max(_FEWEST, _KEPT // self._n))
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32]]] = []
        self._count, self._limit = 0, _ROOM
        self._worst = np.full(len(ORIENTATIONS) * self._n, -1, np.float32)
        """Of each picture and orientation: the least cosine with which a pair may stay."""
        self.cut = np.zeros(len(waves), bool)
        self._lock = Lock()

    def add(self, close: Close) -> None:
        """Pairs whose hashes are close."""
        turned = upright.PRODUCT[close.orientation, self._turns[close.right]]
        which = upright.PRODUCT[upright.INVERSE[self._turns[close.left]], turned]
        which = np.where(close.left > close.right, upright.INVERSE[which], which)
        a, b = np.minimum(close.left, close.right), np.maximum(close.left, close.right)
        cosine = self._cosine(a, b, which)
        later = which * np.int64(self._n) + b
        with self._lock:
            self.cut[close.cut] = True
            alike, stays = cosine >= COSINE, cosine >= self._worst[later]
            self.cut[b[alike & ~stays]] = True  # as if it had come before the worse ones were left out
            better = np.flatnonzero(alike & stays)
            later = later[better]
            self._parts.append((later * self._n + a[better], close.distance[better], cosine[better]))
            self._count += better.size
            if self._count > self._limit:
                self._prune()
                self._limit = max(self._limit, 2 * self._count)

    def _cosine(self, a: NDArray[np.uint32], b: NDArray[np.uint32], which: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Of a with b so turned, whichever of them was looked up: the last digits would tell."""
        found = np.empty(a.size, np.float32)
        for number, orientation in enumerate(ORIENTATIONS):
            rows = np.flatnonzero(which == number)
            for start in range(0, rows.size, _COMPARED):
                some = rows[start : start + _COMPARED]
                turned = oriented(self._waves[b[some]], orientation)
                found[some] = np.einsum("ijk,ijk->i", self._waves[a[some]], turned)
        return found

    def pairs(self) -> Candidates:
        """The pairs, each in the orientation in which its hashes are closest."""
        self._prune()
        keys, distance, _ = self._parts.pop()
        which, b = np.divmod(keys // self._n, self._n)
        found = Candidates(keys % self._n, b, distance, which.astype(np.uint8))
        order = np.lexsort((found.orientation, found.distance, found.b, found.a))
        found = found.at(order)
        first = np.ones(order.size, bool)
        first[1:] = (found.a[1:] != found.a[:-1]) | (found.b[1:] != found.b[:-1])
        return found.at(np.flatnonzero(first))

    def _prune(self) -> None:
        nothing = np.empty(0, np.int64), np.empty(0, np.uint8), np.empty(0, np.float32)
        keys, distance, cosine = (np.concatenate(parts) for parts in zip(nothing, *self._parts, strict=True))
        self._parts.clear()
        order = np.lexsort((distance, keys))
        keys = keys[order]
        once = np.ones(keys.size, bool)
        once[1:] = keys[1:] != keys[:-1]
        keys, order = keys[once], order[once]
        distance, cosine = distance[order], cosine[order]
        later = keys // self._n
        order = np.lexsort((-cosine, later))
        rank = np.arange(later.size) - np.searchsorted(later, later)
        last = order[rank == self._neighbours - 1]
        self._worst[later[last]] = cosine[last]
        self.cut[later[order[rank >= self._neighbours]] % self._n] = True
        kept = np.sort(order[rank < self._neighbours])
        self._parts, self._count = [(keys[kept], distance[kept], cosine[kept])], kept.size
