"""Where hashes are that are close to a given one.

Multi-index hashing (Norouzi, Punjani and Fleet, 2012) with probes by likelihood (Lv and others, 2007): each hash is
looked up band by band, as it is, with each single bit flipped, and with those bits flipped together whose frequencies
are nearest to their thresholds, which noise flips first. Of four bands at least one differs in no more than one bit if
two hashes differ in no more than seven, of three if they differ in no more than five; pairs further apart are found
often, but not always.

Very many hashes are parted by the first bits of a band, their prefix. A question goes to each part that one of its
lookups is for. Parts know nothing of each other: they are arrays, and are searched in any order, on any machine.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from datalint.pairs import upright
from datalint.pairs.hashes import HASHED, bits, margins, ones, thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

#: Hamming distance up to which two hashes can be those of copies.
MAX_DISTANCE = 12

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
#: Pictures turned at once.
_TURNED = 1 << 14
#: Hashes by which the budget is dealt out.
_SAMPLE = 1024
#: Hashes in a part, and bits of a prefix at most.
PART, _PREFIX = 1 << 21, 6
#: Questions to a part at once, and comparisons that are expected for them (memory).
_ASKED, _ANSWERED = 1 << 19, 1 << 25


class Questions(NamedTuple):
    """Hashes that are looked up, all of them (n,) but `nearest`."""

    rows: NDArray[np.uint32]
    orientations: NDArray[np.uint8]
    words: NDArray[np.uint64]
    """They begin with the band."""
    nearest: NDArray[np.uint8]
    """(n, 12): the bits of the band that are nearest to their thresholds."""
    lookups: NDArray[np.uint64]
    """Bit k is set where lookup number k is for this part."""

    def at(self, places: NDArray[np.int64], lookups: NDArray[np.uint64]) -> Questions:
        """Some of them, with these lookups."""
        return Questions(
            self.rows[places], self.orientations[places], self.words[places], self.nearest[places], lookups[places]
        )


class Close(NamedTuple):
    """Hashes within MAX_DISTANCE, all (n,): that of picture `right`, so oriented, is close to that of `left`."""

    left: NDArray[np.uint32]
    right: NDArray[np.uint32]
    orientation: NDArray[np.uint8]
    distance: NDArray[np.uint8]
    cut: NDArray[np.uint32]
    """Pictures of which not all that share their bits were looked at."""


class Part(NamedTuple):
    """Hashes with one prefix in one band, in their order, and what is asked of them: a task of its own."""

    width: int
    """Bits of the band."""
    first: int
    """The lowest value of these bits here, and how many values there may be."""
    values: int
    flips: tuple[tuple[int, ...], ...]
    """Bits that are flipped together, by their place in `Questions.nearest`, after none and each single one."""
    cap: int
    """Hashes with one value that are looked at."""
    words: NDArray[np.uint64]
    rows: NDArray[np.uint32]
    asked: Questions

    def __len__(self) -> int:  # what runs batches takes it for one file
        return 1

    def split(self) -> list[Part]:
        """There is nothing to take apart."""
        return [self]


class Index:
    """The hashes of pictures, in the order of each band."""

    def __init__(self, waves: NDArray[np.float32], turns: NDArray[np.uint8], *, parted: bool = False) -> None:
        """Of pictures (n, 8, 8), each turned by an orientation of its own; if `parted`, a band may be several parts."""
        n = len(waves)
        self._middle = thresholds(waves)
        words = np.empty(n, np.uint64)
        for start in range(0, n, _TURNED):
            here = slice(start, start + _TURNED)
            words[here] = bits(upright.turned(waves[here], turns[here]), self._middle)
        count = 4 if n <= FEW else 3
        width = max(-(-_BITS // count), n.bit_length())
        flips = _flips(width, _LOOKUPS[count])
        prefix = min(_PREFIX, max(0, -(-n // PART) - 1).bit_length()) if parted else 0
        starts = [min(_BITS * number // count, _BITS - width) for number in range(count)]
        self._bands = [_Band(words, start, width, flips, prefix) for start in starts]
        some = np.arange(0, n, max(1, n // _SAMPLE), dtype=np.uint32)
        for band in self._bands:
            sample = upright.turned(waves[some], turns[some])
            band.limit(band.questions(some, 0, words[some], self._nearest(band, sample)))

    def parts(self, asked: Iterable[tuple[NDArray[np.uint32], int, NDArray[np.float32]]]) -> Iterator[Part]:
        """The parts in which pictures are to be looked up: (rows, orientation, their frequencies so oriented)."""
        for rows, orientation, waves in asked:
            words = bits(waves, self._middle)
            for band in self._bands:
                yield from band.ask(band.questions(rows, orientation, words, self._nearest(band, waves)))
        for band in self._bands:
            yield from band.rest()

    def _nearest(self, band: _Band, waves: NDArray[np.float32]) -> NDArray[np.uint8]:
        apart = margins(waves, self._middle, band.start, band.start + band.width)
        return np.argsort(apart, axis=1)[:, :_AMONG].astype(np.uint8)


class _Band:
    """Some neighbouring bits of hashes, the hashes in the order of these, and what is to be asked of each part."""

    def __init__(
        self, words: NDArray[np.uint64], start: int, width: int, flips: tuple[tuple[int, ...], ...], prefix: int
    ) -> None:
        self.start, self.width = start, width
        self._flips, self._prefix = flips, prefix
        rotated = self._rotated(words)
        order = np.argsort(rotated, kind="stable")
        self._words, self._rows = rotated[order], order.astype(np.uint32)
        firsts = np.arange(1, 1 << prefix, dtype=np.uint64) << np.uint64(64 - max(1, prefix))
        self._ends = [0, *np.searchsorted(self._words, firsts).tolist(), len(words)]
        """Where parts begin and end."""
        self._cap, self._enough = max(1, len(words)), _ASKED
        self._asked: list[list[Questions]] = [[] for _ in range(1 << prefix)]
        self._together = np.zeros(_AMONG, np.uint64)
        """Of each place in `nearest`: the lookups of several bits that flip it."""
        for number, ranks in enumerate(flips, 1 + width):
            self._together[list(ranks)] |= np.uint64(1 << number)

    def _rotated(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:
        return (words << np.uint64(self.start)) | (words >> np.uint64(64 - self.start)) if self.start else words

    def questions(
        self, rows: NDArray[np.uint32], orientation: int, words: NDArray[np.uint64], nearest: NDArray[np.uint8]
    ) -> Questions:
        """With all lookups."""
        lookups = np.full(rows.size, (1 << (1 + self.width + len(self._flips))) - 1, np.uint64)
        return Questions(rows, np.full(rows.size, orientation, np.uint8), self._rotated(words), nearest, lookups)

    def limit(self, sample: Questions) -> None:
        """How many hashes of one value are looked at, so that questions like these keep within the budget."""
        part = Part(self.width, 0, 0, self._flips, self._cap, self._words, self._rows, sample)
        _, lookups = _looked_up(part, slice(None))
        rest = np.uint64((1 << (64 - self.width)) - 1)
        low, high = (np.searchsorted(self._words, ends) for ends in (lookups & ~rest, lookups | rest))
        while self._cap > _LEAST and np.minimum(high - low, self._cap).sum() > _BUDGET * sample.rows.size:
            self._cap //= 2
        compared = np.minimum(high - low, self._cap).sum() / max(1, sample.rows.size)
        self._enough = min(_ASKED, int(_ANSWERED / max(1.0, compared)))

    def ask(self, questions: Questions) -> Iterator[Part]:
        """Put questions to the parts that they are for; those with enough of them."""
        for number, lookups in enumerate(self._dealt(questions)):
            low, high = self._ends[number : number + 2]
            rows = np.flatnonzero(lookups) if low < high else np.empty(0, np.int64)
            if rows.size:
                self._asked[number].append(questions.at(rows, lookups))
            if sum(asked.rows.size for asked in self._asked[number]) >= self._enough:
                yield self._part(number, self._taken(number))

    def rest(self) -> Iterator[Part]:
        """The parts with questions left."""
        for number, asked in enumerate(self._asked):
            if asked:
                yield self._part(number, self._taken(number))

    def _taken(self, number: int) -> Questions:
        asked, self._asked[number] = self._asked[number], []
        rows, orientations, words, nearest, lookups = (np.concatenate(columns) for columns in zip(*asked, strict=True))
        return Questions(rows, orientations, words, nearest, lookups)

    def _dealt(self, questions: Questions) -> Iterator[NDArray[np.uint64]]:
        """Of each part: the lookups of each question that are for it."""
        shift = 64 - self._prefix
        own = questions.words >> np.uint64(shift) if self._prefix else np.zeros(questions.rows.size, np.uint64)
        flipping = []  # of each bit of the prefix, the last one first: the lookups that flip it
        for bit in reversed(range(self._prefix)):
            lookups = np.full(own.size, 1 << (1 + bit), np.uint64)
            for rank, together in enumerate(self._together):
                lookups |= np.where(questions.nearest[:, rank] == bit, together, np.uint64(0))
            flipping.append(lookups)
        for number in range(1 << self._prefix):
            found, differing = questions.lookups, own ^ np.uint64(number)
            for bit, lookups in enumerate(flipping):
                differs = -(differing >> np.uint64(bit) & np.uint64(1))  # all bits, or none
                found = found & ~(lookups ^ differs)
            yield found

    def _part(self, number: int, asked: Questions) -> Part:
        values, (low, high) = 1 << (self.width - self._prefix), self._ends[number : number + 2]
        words, rows = self._words[low:high], self._rows[low:high]
        return Part(self.width, number * values, values, self._flips, self._cap, words, rows, asked)


def close(part: Part) -> Iterator[Close]:
    """What is close to the hashes that are asked for, but they themselves."""
    asked = part.asked
    for questions, lookups, low, high in _ranges(part):
        crowded = np.flatnonzero(high - low > part.cap)
        if crowded.size:
            at = np.searchsorted(part.words, lookups[crowded])
            low[crowded] = np.clip(at - part.cap // 2, low[crowded], high[crowded] - part.cap)
            high[crowded] = low[crowded] + part.cap
        cut = np.unique(asked.rows[questions[crowded]])
        filled = np.flatnonzero(high > low)
        for some, places in _each(low[filled], high[filled]):
            right = questions[filled[some]]
            distance = ones(part.words[places] ^ asked.words[right])
            near = np.flatnonzero(distance <= MAX_DISTANCE)
            near = near[part.rows[places[near]] != asked.rows[right[near]]]
            one, other = part.rows[places[near]], right[near]
            yield Close(one, asked.rows[other], asked.orientations[other], distance[near], cut)
            cut = cut[:0]


def all_close(part: Part) -> Close:
    """The same at once."""
    nothing = tuple(np.empty(0, kind) for kind in (np.uint32, np.uint32, np.uint8, np.uint8, np.uint32))
    columns = (np.concatenate(parts) for parts in zip(nothing, *close(part), strict=True))
    left, right, orientation, distance, cut = columns
    return Close(left, right, orientation, distance, cut)


def _ranges(
    part: Part,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]]:
    """(question, lookup, low, high) of all lookups, in chunks: from where to where those with these bits lie."""
    shift = np.uint64(64 - part.width)
    sizes = np.bincount((part.words >> shift).astype(np.int64) - part.first, minlength=part.values)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    step = max(1, _CHUNK // (1 + part.width + len(part.flips)))
    for start in range(0, part.asked.rows.size, step):
        questions, lookups = _looked_up(part, slice(start, start + step))
        buckets = (lookups >> shift).astype(np.int64) - part.first
        yield start + questions, lookups, starts[buckets], starts[buckets + 1]


def _looked_up(part: Part, some: slice) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The lookups of some questions for this part, and which question each is of."""
    words, nearest, wanted = part.asked.words[some], part.asked.nearest[some], part.asked.lookups[some]
    flips = np.uint64(1 << 63) >> nearest.T.astype(np.uint64)
    questions, lookups = [], []
    for number in range(1 + part.width + len(part.flips)):
        rows = np.flatnonzero(wanted & np.uint64(1 << number))
        flipped = words[rows]
        if 1 <= number <= part.width:
            flipped ^= np.uint64(1 << (64 - number))
        for rank in part.flips[number - part.width - 1] if number > part.width else ():
            flipped ^= flips[rank][rows]
        questions.append(rows)
        lookups.append(flipped)
    return np.concatenate(questions), np.concatenate(lookups)


def _flips(width: int, count: int) -> tuple[tuple[int, ...], ...]:
    """Which bits to flip together, by their rank in nearness to the threshold, after none and each: the likeliest.

    The cost of a flip is about the square of its margin, and margins are about as far apart as the ranks.
    """
    several = [ranks for size in range(2, _FLIPS + 1) for ranks in combinations(range(min(width, _AMONG)), size)]
    several.sort(key=lambda ranks: (sum((rank + 1) * (rank + 2) for rank in ranks), ranks))
    return tuple(several[: max(0, count - 1 - width)])


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
