"""Pairs of pictures whose hashes are close, without comparing all with all.

Multi-index hashing (Norouzi, Punjani and Fleet, 2012): of four bands of 16 bits at least one differs in no more than
one bit if two hashes differ in no more than seven. So each hash is looked up band by band, as it is and with each
single bit flipped; pairs further apart are found often, but not always.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from datalint.pairs.hashes import ORIENTATIONS, bits, ones, oriented, thresholds
from datalint.workers import cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

_BAND = 16
_BANDS = 64 // _BAND
_PROBES = (0, *(1 << bit for bit in range(_BAND)))
#: Comparisons made at once (memory), and at most for a picture on average in one band and orientation (time): beyond
#: that, hashes tell pictures so badly apart that only the nearest ones in sorting order are looked at.
_CHUNK = 500_000
_BUDGET = 400

#: Hamming distance up to which two hashes can be those of copies.
MAX_DISTANCE = 12
#: Least cosine between the frequencies of two copies.
_COSINE = 0.92
#: Orientations searched at once: each takes memory for its candidates.
_AT_ONCE = 2
#: Candidates kept for a picture and orientation.
_NEIGHBOURS = 32


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
    n = len(waves)
    middle = thresholds(waves)
    base = bits(waves, middle)

    def closest(number: int) -> Candidates:
        turned = oriented(waves, ORIENTATIONS[number])
        query = base if number == 0 else bits(turned, middle)
        nearest = _Nearest(n)
        for left, right in _close(base, query):
            cosine = np.einsum("ijk,ijk->i", waves[left], turned[right])
            keep = cosine >= _COSINE
            nearest.add(left[keep], right[keep], cosine[keep])
        left, right = nearest.pairs()
        return Candidates(left, right, ones(base[left] ^ query[right]), np.full(left.size, number, np.uint8))

    found: list[Candidates] = []
    with ThreadPoolExecutor(min(_AT_ONCE, cores())) as threads:  # NumPy lets others run while it computes
        for part in threads.map(closest, range(len(ORIENTATIONS))):
            found.append(part)
            if progress:
                progress(len(found), len(ORIENTATIONS))
    a, b, distance, which = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((which, distance, b, a))
    a, b, distance, which = a[order], b[order], distance[order], which[order]
    first = np.ones(a.size, bool)
    first[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    return Candidates(a[first], b[first], distance[first], which[first])


class _Nearest:
    """Collects pairs, each once; when they grow too many, only the most alike of each picture stay."""

    def __init__(self, n: int) -> None:
        self._n = max(n, 1)
        self._keys: list[NDArray[np.int64]] = []
        self._cosines: list[NDArray[np.float32]] = []
        self._count = 0
        self._limit = 2 * _NEIGHBOURS * self._n + _CHUNK

    def add(self, a: NDArray[np.int64], b: NDArray[np.int64], cosine: NDArray[np.float32]) -> None:
        self._keys.append(a * self._n + b)
        self._cosines.append(cosine)
        self._count += a.size
        if self._count > self._limit:
            self._prune()

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The pairs (a, b), sorted."""
        self._prune()
        return self._keys[0] // self._n, self._keys[0] % self._n

    def _prune(self) -> None:
        keys, first = np.unique(np.concatenate([*self._keys, np.empty(0, np.int64)]), return_index=True)
        cosines = np.concatenate([*self._cosines, np.empty(0, np.float32)])[first]
        order = np.lexsort((-cosines, keys % self._n))
        later = keys[order] % self._n
        rank = np.arange(later.size) - np.searchsorted(later, later)
        kept = np.sort(order[rank < _NEIGHBOURS])
        self._keys, self._cosines, self._count = [keys[kept]], [cosines[kept]], kept.size


def _close(base: NDArray[np.uint64], query: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """Chunks of rows (left of base, right of query), left < right, whose hashes are within MAX_DISTANCE; repeated."""
    for band in range(_BANDS):
        rotated = _rotated(base, band * _BAND)
        order = np.argsort(rotated, kind="stable")
        sorted_keys = rotated[order]
        prefixes = (sorted_keys >> np.uint64(64 - _BAND)).astype(np.int64)
        starts = np.searchsorted(prefixes, np.arange((1 << _BAND) + 1))
        wanted = _rotated(query, band * _BAND)
        prefix = (wanted >> np.uint64(64 - _BAND)).astype(np.int64)
        cap = _cap(starts, prefix)
        for probe in _PROBES:
            bucket = prefix ^ probe
            low, high = starts[bucket], starts[bucket + 1]
            crowded = np.flatnonzero(high - low > cap)
            if crowded.size:
                at = np.searchsorted(sorted_keys, wanted[crowded] ^ np.uint64(probe << (64 - _BAND)))
                low[crowded] = np.clip(at - cap // 2, low[crowded], high[crowded] - cap)
                high[crowded] = low[crowded] + cap
            for rows, places in _ranges(low, high):
                left = order[places]
                keep = left < rows
                left, rows = left[keep], rows[keep]
                keep = ones(base[left] ^ query[rows]) <= MAX_DISTANCE
                yield left[keep], rows[keep]


def _rotated(words: NDArray[np.uint64], by: int) -> NDArray[np.uint64]:
    if not by:
        return words
    return (words << np.uint64(by)) | (words >> np.uint64(64 - by))


def _cap(starts: NDArray[np.int64], prefix: NDArray[np.int64]) -> int:
    """How many of one bucket are looked at, so that the whole stays within the budget."""
    sizes = np.diff(starts)
    lengths = np.concatenate([sizes[prefix ^ probe] for probe in _PROBES])
    cap = int(lengths.max(initial=1))
    while cap > 16 and np.minimum(lengths, cap).sum() > _BUDGET * prefix.size:
        cap //= 2
    return cap


def _ranges(low: NDArray[np.int64], high: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Each row with each place of its range, in chunks of about _CHUNK."""
    lengths = high - low
    ends = np.cumsum(lengths)
    cuts = np.searchsorted(ends, np.arange(_CHUNK, int(ends[-1]) + _CHUNK if ends.size else 0, _CHUNK))
    start = done = 0
    for stop in np.unique(np.append(cuts + 1, low.size)):
        stop = min(int(stop), low.size)
        if stop <= start:
            continue
        many, until = lengths[start:stop], int(ends[stop - 1])
        rows = np.repeat(np.arange(start, stop), many)
        yield rows, np.arange(done, until) + np.repeat(low[start:stop] - ends[start:stop] + many, many)
        start, done = stop, until
