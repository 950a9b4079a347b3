"""A stream of ranges reads as a file does, and fetches little."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from datalint.sources.stores.stream import FIRST, Ranges

DATA = bytes(range(256)) * 400


@given(st.lists(st.tuples(st.integers(0, len(DATA) + 9), st.integers(1, 60_000)), max_size=12), st.booleans())
def test_what_is_read_is_what_is_there(reads: list[tuple[int, int]], head: bool) -> None:
    stream = io.BufferedReader(Ranges(lambda start, stop: DATA[start:stop], len(DATA), DATA[:FIRST] if head else b""))
    for start, count in reads:
        stream.seek(start)
        assert stream.read(count) == DATA[start : start + count]
    stream.seek(-10, io.SEEK_END)
    assert stream.read() == DATA[-10:]


def test_pieces_grow_only_while_reading_goes_on() -> None:
    asked: list[tuple[int, int]] = []

    def get(start: int, stop: int) -> bytes:
        asked.append((start, stop))
        return DATA[start:stop]

    stream = io.BufferedReader(Ranges(get, len(DATA)), FIRST)
    stream.read(100)
    assert asked == [(0, FIRST)]
    stream.seek(50_000)
    stream.read(10)
    assert asked[1:] == [(50_000, 50_000 + FIRST)]
    stream.seek(0)
    stream.read(FIRST)
    assert len(asked) == 2
    stream.read()
    assert [stop - start for start, stop in asked[2:]] == [4 * FIRST, 16 * FIRST, len(DATA) - 21 * FIRST]
