"""Parquet tables of paths and labels."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from datalint.dataset.containers import columns, parquet_footer
from datalint.dataset.containers.json.records import Item
from datalint.dataset.containers.limits import (
    ALWAYS_UNPACKED,
    MOST_COLUMNS,
    MOST_UNPACKED,
    MOST_UNPACKED_A_BYTE,
    TooMuchError,
)
from datalint.dataset.containers.parquet_footer import FooterError
from datalint.dataset.containers.records import ITEM, NotRecordsError, Place, Problem, Records, cited, quoted
from datalint.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

T = TypeVar("T")

#: Rows that are unpacked at once: at first, and at most.
_FIRST, _MOST = 1 << 6, 1 << 18
#: Bytes that a value takes beside its own: as a cell of a column, and as a Python object.
_CELL, _OBJECT = 16, 64


def schema(data: bytes) -> Mapping[str, pl.DataType]:
    """Column -> type. Raises NotRecordsError for a file that cannot be read, or that holds the pictures themselves."""
    kinds = guarded(lambda: pl.read_parquet_schema(BytesIO(data)))
    if reason := _pictures(kinds):
        raise NotRecordsError(reason)
    return kinds


def read(data: bytes, file: str) -> Records:
    """The text and number columns of a Parquet file; a record's line is its row, from 1.

    Raises NotRecordsError for a file that cannot be read, or that holds the pictures themselves, and TooMuchError for
    one that unpacks to too much.
    """
    kinds = schema(data)
    plain = [name for name, kind in kinds.items() if _is_plain(kind)]
    frames = list(_slices(data, file, plain, kinds, _CELL))
    if not frames or not plain:
        raise NotRecordsError("it has no records")
    frame = pl.concat(frames).select(
        pl.col(name).cast(pl.List(pl.String)).list.join(ITEM) + pl.lit(ITEM)
        if isinstance(kind, pl.List)
        else pl.col(name).cast(pl.Int8 if kind == pl.Boolean else kind).cast(pl.String, strict=False)
        for name, kind in frames[0].schema.items()
    )
    return Records(frame, pl.int_range(1, frame.height + 1, dtype=pl.UInt32, eager=True).alias("line"))


def items(data: bytes, file: str) -> list[Item]:
    """The rows of a Parquet file as objects, for columns that are nested.

    Raises NotRecordsError and TooMuchError as `read` does.
    """
    kinds = schema(data)
    frames = _slices(data, file, list(kinds), kinds, _OBJECT)
    rows = (row for frame in frames for row in guarded(frame.to_dicts))
    return [Item(row, number, None) for number, row in enumerate(rows, 1)]


def _slices(
    data: bytes, file: str, names: Sequence[str], kinds: Mapping[str, pl.DataType], weight: int
) -> Iterator[pl.DataFrame]:
    """Some columns, so many rows at a time that little more is unpacked than may be, whatever the footer says.

    A value takes `weight` bytes beside its own.
    """
    try:
        footer = parquet_footer.read(data)
    except FooterError as error:
        raise NotRecordsError(f"it cannot be read as Parquet: {error}") from None
    if len(kinds) > MOST_COLUMNS:
        raise _refused(kinds, file, f"a table of {len(kinds):,} columns", f"at most {MOST_COLUMNS:,} columns")
    said = [column for column in footer.columns if column.name in names]
    most = min(MOST_UNPACKED, max(ALWAYS_UNPACKED, MOST_UNPACKED_A_BYTE * len(data)))
    unpacked = sum(column.unpacked + column.values * weight for column in said)
    weighed = f", from a file of {len(data):,}"
    if unpacked > most:
        reason = f"{footer.rows:,} rows unpack to {unpacked:,} bytes{weighed}"
        raise _refused(kinds, file, reason, f"at most {most:,} bytes")
    at, step, held = 0, _FIRST, 0
    while at < footer.rows:
        frame = guarded(pl.scan_parquet(BytesIO(data)).select(names).slice(at, step).collect)
        held += int(frame.estimated_size()) + weight * frame.height * frame.width
        at += step
        if held > most:
            reason = f"{min(at, footer.rows):,} of {footer.rows:,} rows unpack to {held:,} bytes{weighed}"
            raise _refused(kinds, file, reason, f"at most {most:,} bytes")
        yield frame
        step = min(4 * step, _MOST)


def _refused(kinds: Mapping[str, pl.DataType], file: str, reason: str, expected: str) -> NotRecordsError:
    """Worth a finding where a column is called as if it held the names of images; there may be other tables."""
    texts = [name for name, kind in kinds.items() if kind == pl.String]
    if columns.first(texts, columns.PATH) is None:
        return NotRecordsError(f"{reason}; {expected}")
    return TooMuchError(Problem("syntax", Place(file), reason, expected))


def guarded(work: Callable[[], T]) -> T:
    """What `work` gives. Raises NotRecordsError with one line for whatever a broken file makes of it.

    The reader panics on some broken files, and its panics print a stack trace before anyone can catch them.
    """
    try:
        with quiet():
            return work()
    except pl.exceptions.PanicException:  # its words name lines of code and numbers of threads, which differ by chance
        raise NotRecordsError("it cannot be read as Parquet: the reader fails on it") from None
    except (pl.exceptions.PolarsError, OSError, ValueError, OverflowError) as error:
        raise NotRecordsError(f"it cannot be read as Parquet: {cited(str(error))}") from None


def _pictures(schema: Mapping[str, pl.DataType]) -> str | None:
    for name, kind in schema.items():
        inner = {field.name: field.dtype for field in kind.fields} if isinstance(kind, pl.Struct) else {}
        if kind == pl.Binary or inner.get("bytes") == pl.Binary:
            return f"column {quoted(name)} holds the pictures themselves; write them to files to have them scanned"
    return None


def _is_plain(kind: pl.DataType) -> bool:
    if isinstance(kind, pl.List):
        return _is_plain(kind.inner) and not isinstance(kind.inner, pl.List)  # type: ignore[arg-type]
    return kind.is_numeric() or kind in (pl.String, pl.Boolean, pl.Categorical) or isinstance(kind, pl.Enum)
