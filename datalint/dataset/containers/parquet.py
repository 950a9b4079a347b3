"""Parquet tables of paths and labels."""

from __future__ import annotations

import os
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from datalint.dataset.containers.json.records import Item
from datalint.dataset.containers.records import ITEM, NotRecordsError, Records, cited, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")


def schema(data: bytes) -> Mapping[str, pl.DataType]:
    """Column -> type. Raises NotRecordsError for a file that cannot be read, or that holds the pictures themselves."""
    kinds = guarded(lambda: pl.read_parquet_schema(BytesIO(data)))
    if reason := _pictures(kinds):
        raise NotRecordsError(reason)
    return kinds


def read(data: bytes, file: str) -> Records:
    """The text and number columns of a Parquet file; a record's line is its row, from 1.

    Raises NotRecordsError for a file that cannot be read, or that holds the pictures themselves.
    """
    kinds = schema(data)
    plain = [name for name, kind in kinds.items() if _is_plain(kind)]
    frame = guarded(lambda: pl.read_parquet(BytesIO(data), columns=plain))
    if not frame.height or not frame.width:
        raise NotRecordsError("it has no records")
    frame = frame.select(
        pl.col(name).cast(pl.List(pl.String)).list.join(ITEM) + pl.lit(ITEM)
        if isinstance(kind, pl.List)
        else pl.col(name).cast(pl.Int8 if kind == pl.Boolean else kind).cast(pl.String, strict=False)
        for name, kind in frame.schema.items()
    )
    return Records(frame, pl.int_range(1, frame.height + 1, dtype=pl.UInt32, eager=True).alias("line"))


def items(data: bytes) -> list[Item]:
    """The rows of a Parquet file as objects, for columns that are nested. Raises NotRecordsError."""
    schema(data)
    rows = guarded(lambda: pl.read_parquet(BytesIO(data)).to_dicts())
    return [Item(row, number, None) for number, row in enumerate(rows, 1)]


def guarded(work: Callable[[], T]) -> T:
    """What `work` gives. Raises NotRecordsError with one line for whatever a broken file makes of it.

    The reader panics on some broken files, and its panics print a stack trace before anyone can catch them.
    """
    try:
        with _silenced():
            return work()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, OverflowError) as error:
        raise NotRecordsError(f"it cannot be read as Parquet: {cited(str(error))}") from None


@contextmanager
def _silenced() -> Iterator[None]:
    """Nothing that native code writes to standard error gets out."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


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
