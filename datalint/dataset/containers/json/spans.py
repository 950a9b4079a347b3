"""Where the objects of a list begin and end: all that stand in a row, a block of bytes at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from datalint.dataset.containers.json.places import BrokenJSONError, end

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Bytes that are looked at together: in the first block of a row of objects, and at most.
FIRST, _BLOCK = 1 << 12, 1 << 22
#: Objects whose ends are looked for together where texts hold backslashes.
_MANY = 4096
_BETWEEN = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+(?=\{)")
_QUOTE, _OPEN, _CLOSE, _COMMA = b'"{},'


def larger(size: int) -> int:
    """The size of the next block: the first one is small, where every object may be the last that can be read."""
    return min(4 * size, _BLOCK)


def block_end(data: bytes, at: int, size: int) -> int:
    """Where the last of the objects in the next `size` bytes may end: behind a closing brace."""
    return data.rfind(b"}", at, at + size) + 1


def following(data: bytes, stop: int) -> int | None:
    """Offset of the object that follows one that ends at `stop`, with a comma between them only."""
    follows = _BETWEEN.match(data, stop)
    return follows.end() if follows else None


def spans(data: bytes, at: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends of the objects in a row in the next `size` bytes, separated by commas only; one at `at`.

    At least one; `BrokenJSONError` if that does not end.
    """
    if data.find(b"\\", at, at + size) < 0:
        starts, ends = _fast_spans(data, at, size)
    else:
        starts, ends = _slow_spans(data, at)
    return (starts, ends) if len(starts) else (np.array([at], np.int64), np.array([end(data, at)], np.int64))


def _slow_spans(data: bytes, at: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    starts, ends = [at], [end(data, at)]
    try:
        while len(starts) < _MANY and (follows := _BETWEEN.match(data, ends[-1])):
            stop = end(data, follows.end())
            starts.append(follows.end())
            ends.append(stop)
    except BrokenJSONError:
        pass  # reported when it is the first one
    return np.array(starts, np.int64), np.array(ends, np.int64)


def _fast_spans(data: bytes, at: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole objects in the next `size` bytes, which hold no backslash: braces outside of quotes, counted."""
    view = np.frombuffer(data, np.uint8, min(size, len(data) - at), at)
    marks = np.flatnonzero((view == _QUOTE) | (view == _OPEN) | (view == _CLOSE))
    kinds = view[marks]
    quoted = np.cumsum(kinds == _QUOTE) % 2 == 1
    braces = np.flatnonzero((kinds != _QUOTE) & ~quoted)
    places, opens = marks[braces], kinds[braces] == _OPEN
    depth = np.cumsum(np.where(opens, 1, -1))
    above = np.flatnonzero(depth < 0)
    if len(above):
        places, opens, depth = places[: above[0]], opens[: above[0]], depth[: above[0]]
    ends = places[~opens & (depth == 0)]
    starts = places[opens & (depth == 1)][: len(ends)]
    if not len(ends):
        return starts, ends
    return _beside(view, starts, ends + 1, at)


def _beside(
    view: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], at: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those objects from the first on that have one comma and white space between them."""
    lengths = starts[1:] - ends[:-1]
    if len(lengths):
        first = np.cumsum(lengths) - lengths
        between = view[np.arange(lengths.sum()) - np.repeat(first, lengths) + np.repeat(ends[:-1], lengths)]
        commas = between == _COMMA
        white = (between == 32) | (between == 10) | (between == 13) | (between == 9)
        owner = np.repeat(np.arange(len(lengths)), lengths)
        bad = np.bincount(owner[commas], minlength=len(lengths)) != 1
        bad[owner[~commas & ~white]] = True
        if bad.any():
            count = int(np.argmax(bad)) + 1
            starts, ends = starts[:count], ends[:count]
    return starts.astype(np.int64) + at, ends.astype(np.int64) + at


__all__ = ["FIRST", "block_end", "following", "larger", "spans"]
