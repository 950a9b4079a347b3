"""Where hashes are that are close to a given one.

Multi-index hashing (Norouzi, Punjani and Fleet, 2012) with probes by likelihood (Lv and others, 2007): each hash is
looked up band by band, as it is, with each single bit flipped, and with those bits flipped together whose frequencies
are nearest to their thresholds, which noise flips first. Of four bands at least one differs in no more than one bit if
two hashes differ in no more than seven, of three if they differ in no more than five; pairs further apart are found
often, but not always.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from datalint.pairs.hashes import HASHED, bits, margins, ones, oriented, thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from datalint.pairs.hashes import Orientation

#: Hamming distance up to which two hashes can be those of copies.
MAX_DISTANCE = 12
#: Least cosine between the frequencies of two copies.
COSINE = 0.92

#: Bits that are looked up: all but the two that tell nothing of pictures turned upright.
_BITS = HASHED - 2
#: So many hashes have four bands, more have three; and how often one is looked up in a band.
FEW = 1 << 16
_LOOKUPS = {4: 32, 3: 64}
#: Bits that are flipped together at most, and among how many of the nearest to their thresholds.
_FLIPS, _AMONG = 4, 12
#: Lookups and comparisons made at once (memory), and comparisons at most for a hash on average in one band (time):
#: beyond that, hashes tell pictures so badly apart that only the nearest ones in sorting order are looked at.
_CHUNK = 1 << 18
_BUDGET, _LEAST = 256, 4
#: Hashes by which the budget is dealt out.
_SAMPLE = 1024


class Index:
    """The hashes of pictures, in the order of each band."""

    def __init__(self, waves: NDArray[np.float32]) -> None:
        n = len(waves)
        self._waves, self._middle = waves, thresholds(waves)
        words = bits(waves, self._middle)
        count = 4 if n <= FEW else 3
        width = max(-(-_BITS // count), n.bit_length())
        self._flips = _flips(width, _LOOKUPS[count])
        starts = [min(_BITS * number // count, _BITS - width) for number in range(count)]
        self._bands = [_Band(words, start, width) for start in starts]
        some = np.arange(0, n, max(1, n // _SAMPLE))
        for band in self._bands:
            band.limit(self._lookups(band, waves[some], words[some]))

    def close(
        self, rows: NDArray[np.int64], orientation: Orientation
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32]]]:
        """(left, right, distance, cosine) of pairs: right is one of `rows`, and so oriented close to left; repeated."""
        step = _CHUNK // len(self._flips)
        for start in range(0, rows.size, step):
            some = rows[start : start + step]
            turned = oriented(self._waves[some], orientation)
            words = bits(turned, self._middle)
            for band in self._bands:
                for left, right, distance in band.close(words, self._lookups(band, turned, words)):
                    other = np.flatnonzero(left != some[right])
                    left, right, distance = left[other], right[other], distance[other]
                    cosine = np.einsum("ijk,ijk->i", self._waves[left], turned[right])
                    keep = cosine >= COSINE
                    yield left[keep], some[right[keep]], distance[keep], cosine[keep]

    def _lookups(self, band: _Band, waves: NDArray[np.float32], words: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """(lookups, n): each hash as a band has it, with some of the band's bits flipped."""
        nearest = np.argsort(margins(waves, self._middle, band.start, band.start + band.width), axis=1)
        flips = np.uint64(1 << 63) >> nearest.T.astype(np.uint64)
        found = np.empty((len(self._flips), len(words)), np.uint64)
        found[:] = band.rotated(words)
        for row, ranks in zip(found, self._flips, strict=True):
            for rank in ranks:
                row ^= flips[rank]
        return found


class _Band:
    """Some neighbouring bits of hashes, and the hashes in the order of these."""

    def __init__(self, words: NDArray[np.uint64], start: int, width: int) -> None:
        self.start, self.width = start, width
        rotated = self.rotated(words)
        self._order = np.argsort(rotated, kind="stable")
        self._sorted = rotated[self._order]
        sizes = np.bincount(self._bucket(self._sorted), minlength=1 << width)
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self._cap = max(1, len(words))

    def rotated(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Hashes that begin with the band."""
        return (words << np.uint64(self.start)) | (words >> np.uint64(64 - self.start)) if self.start else words

    def limit(self, lookups: NDArray[np.uint64]) -> None:
        """How many hashes of one bucket are looked at, so that lookups like these keep within the budget."""
        low, high = self._range(lookups)
        while self._cap > _LEAST and np.minimum(high - low, self._cap).sum() > _BUDGET * lookups.shape[1]:
            self._cap //= 2

    def close(
        self, words: NDArray[np.uint64], lookups: NDArray[np.uint64]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]]:
        """(left, right, distance): hashes within MAX_DISTANCE; right is a place in `words`, (lookups, n) with flips."""
        low, high = self._range(lookups.reshape(-1))
        crowded = np.flatnonzero(high - low > self._cap)
        if crowded.size:
            at = np.searchsorted(self._sorted, lookups.reshape(-1)[crowded])
            low[crowded] = np.clip(at - self._cap // 2, low[crowded], high[crowded] - self._cap)
            high[crowded] = low[crowded] + self._cap
        wanted, filled = self.rotated(words), np.flatnonzero(high > low)
        for some, places in _each(low[filled], high[filled]):
            right = filled[some] % len(words)
            distance = ones(self._sorted[places] ^ wanted[right])
            near = np.flatnonzero(distance <= MAX_DISTANCE)
            yield self._order[places[near]], right[near], distance[near]

    def _range(self, rotated: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        buckets = self._bucket(rotated)
        return self._starts[buckets], self._starts[buckets + 1]

    def _bucket(self, rotated: NDArray[np.uint64]) -> NDArray[np.int64]:
        return (rotated >> np.uint64(64 - self.width)).astype(np.int64)


def _flips(width: int, count: int) -> list[tuple[int, ...]]:
    """Which bits of a band to flip, by their rank in nearness to the threshold: none, each, and the likeliest others.

    The cost of a flip is about the square of its margin, and margins are about as far apart as the ranks.
    """
    several = [ranks for size in range(2, _FLIPS + 1) for ranks in combinations(range(min(width, _AMONG)), size)]
    several.sort(key=lambda ranks: (sum((rank + 1) * (rank + 2) for rank in ranks), ranks))
    return [(), *((rank,) for rank in range(width)), *several][:count]


def _each(low: NDArray[np.int64], high: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
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
