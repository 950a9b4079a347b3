"""Parquet files of a store without their pictures, for scans that look at none: all else of them is fetched."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING

from datalint.dataset.containers import parquet_footer
from datalint.dataset.containers.parquet_footer import FooterError
from datalint.sources import noted
from datalint.sources.tables import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.containers.parquet_footer import Chunk
    from datalint.sources import Item
    from datalint.sources.spool import Spool

_TAIL = 1 << 16  # bytes at the end, in which most footers are
_PIECE = 8 << 20  # bytes of one request
_AT_ONCE = 8
_PICTURE = b"bytes"  # the field of a column of Hugging Face's that holds pictures, beside `path`
#: Columns of bytes alone hold pictures if one begins shortly after their pages do: what cannot be packed any more lies
#: there as it is, and the head of a page says with which bytes the least and the greatest begin.
_BEGIN, _BEGINS = 1 << 10, re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
_LIGHT = 64  # bytes a row: a column that is no heavier holds few pictures, or none


def fetched(item: Item, file: IO[bytes], spool: Spool) -> Unread | None:
    """Write a Parquet file with holes where its pictures are. None, and nothing written, if it is to be fetched whole.

    Raises OSError.
    """
    size = item.size or 0
    noted.opening(item.place, size)
    try:
        tail = item.between(max(0, size - _TAIL), size)
        length = parquet_footer.size_of(tail)
        if length > len(tail):
            tail = item.between(max(0, size - length), size)
        rows, chunks = parquet_footer.chunks(tail)
    except FooterError:
        return None  # what is wrong with it is said where it is read
    left_out = [*_pictures(item, rows, chunks)]
    wanted = [*_between(left_out, size)]
    if not left_out or max(chunk.stop for chunk in left_out) > size:
        return None
    if spool.lack(sum(stop - start for start, stop in wanted)) is not None:
        return None  # nor is there room for all of it: that is told there
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for (start, _), data in zip(wanted, threads.map(lambda part: item.between(*part), wanted), strict=True):
            file.seek(start)
            file.write(data)
            spool.used += len(data)
    columns = [[field.decode("utf-8", "replace") for field in chunk.path] for chunk in left_out]
    return Unread(rows, {name: field[0] if field else None for name, *field in columns})


def _pictures(item: Item, rows: int, chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    """The parts of columns that hold pictures; raises OSError."""
    columns: dict[tuple[bytes, ...], list[Chunk]] = {}
    for chunk in chunks:
        columns.setdefault(chunk.path, []).append(chunk)
    for path, parts in columns.items():
        if sum(part.stop - part.start for part in parts) <= _LIGHT * rows:
            continue
        named = len(path) == 2 and path[1] == _PICTURE
        if named or (len(path) == 1 and _BEGINS.search(item.between(parts[0].start, parts[0].start + _BEGIN))):
            yield from parts


def _between(left_out: Sequence[Chunk], size: int) -> Iterator[tuple[int, int]]:
    """The rest of a file of so many bytes, in pieces."""
    at = 0
    for begin, end in [*sorted((chunk.start, chunk.stop) for chunk in left_out), (size, size)]:
        for start in range(at, min(begin, size), _PIECE):
            yield start, min(start + _PIECE, begin, size)
        at = max(at, end)


__all__ = ["fetched"]
