"""Tables with pictures in them: Parquet and Arrow, a row of which is an item.

A cell is read with its neighbours: so many rows that they take a few megabytes, of which the last few parts are kept.
Of a Parquet file its whole group of rows is unpacked on the way. Numbers of rows start at 0, as in Python.
"""

from __future__ import annotations

import io
import json
import os
import sys
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from datalint.quiet import quiet
from datalint.sources import arrow, noted
from datalint.sources.item import RefusedError, Stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import polars as pl

    from datalint.sources.folder import LocalFile

T = TypeVar("T")

ENDINGS = (b".parquet", b".arrow", b".feather")
PARQUET, STREAM, IPC = "parquet", "stream", "ipc"
#: Bytes of the cells of one part, and rows at most; bytes of the parts that a worker keeps.
_PART, _ROWS, _KEPT = 1 << 24, 1 << 14, 1 << 27
#: How pictures begin: JPEG, PNG, GIF, TIFF, BMP; WebP after its first 8 bytes.
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_METADATA = "huggingface"


class TableError(OSError):
    """A table that cannot be read: one line with the cause."""

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)


class Part(NamedTuple):
    """Rows that are read together."""

    first: int
    rows: int
    start: int = 0
    stop: int = 0
    """Of a stream: where its batch lies."""


class Unread(NamedTuple):
    """What is not there of a Parquet file, because nobody is going to look at it."""

    rows: int
    columns: Mapping[str, str | None]
    """Those whose pictures are left out, and the field of it that holds them, as in `Table`."""


class Table(NamedTuple):
    """A file with pictures in one of its columns."""

    file: LocalFile
    stamp: Stamp
    form: str
    column: str
    of: str | None
    """The field of the column that holds them; None: the column itself does."""
    head: int = 0
    """Bytes before the first batch of a stream."""
    pictures: bool = True
    """Whether they are there."""

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """Some columns of all rows, without the pictures; raises OSError."""
        if self.form != STREAM:
            return _collected(self, lambda rows: rows.select(columns))
        import polars as pl

        with self.file.container() as file:
            stream = arrow.batches(file, self.stamp.size)
            frames = [_batch(self, file, *batch).select(columns) for batch in stream.batches]
        return pl.concat(frames) if frames else pl.DataFrame(schema=columns)


class Cell(NamedTuple):
    """A picture in a table: an item that knows its row."""

    place: bytes
    """The file's, `#` and the number of the row."""
    size: int | None
    refusal: str | None
    table: Table
    part: Part
    row: int
    """In its part."""

    @property
    def path(self) -> str:
        """For people."""
        return os.fsdecode(self.place)

    @property
    def far(self) -> bool:
        """See `Item`."""
        return not self.table.pictures

    @property
    def in_parts(self) -> bool:
        """See `Item`."""
        return False

    def stamp(self) -> Stamp:
        """It changes with the file; raises OSError."""
        _, changed, moved = self.table.file.stamp()
        return Stamp(self.size or 0, changed, moved)

    def open(self) -> io.BytesIO:
        """See `Item`."""
        return io.BytesIO(self.read())

    def read(self, most: int | None = None) -> bytes:
        """See `Item`."""
        if self.refusal is not None:
            raise RefusedError(self.refusal)
        if not self.table.pictures:
            raise TableError("it was not fetched, as no rule of this scan looks at images")
        noted.opening(self.place, self.size)
        cell: bytes | None = _kept.get(self.table, self.part)[self.row]
        return (cell or b"")[:most]

    def between(self, start: int, stop: int) -> bytes:
        """See `Item`."""
        return self.read(stop)[start:]

    def ends(self, first: int, last: int) -> tuple[bytes, bytes]:
        """See `Item`."""
        data = self.read()
        return data[:first], data[-last:]


class Rows:
    """The rows of one table, by number."""

    __slots__ = ("_firsts", "_parts", "_sizes", "fault", "table")

    def __init__(self, table: Table, parts: Sequence[Part], sizes: pl.Series, fault: str | None) -> None:
        self.table = table
        self.fault = fault
        """Why the table was not read to its end."""
        self._parts, self._sizes = list(parts), sizes
        self._firsts = [part.first for part in parts]

    def item(self, place: bytes, name: bytes, refusal: str | None) -> Cell | None:
        """The picture in row `name`; None if there is none."""
        row = int(name) if name.isdigit() and len(name) < 19 else -1
        if not 0 <= row < len(self._sizes):
            return None
        part = self._parts[bisect_right(self._firsts, row) - 1]
        return Cell(place, self._sizes[row], refusal, self.table, part, row - part.first)

    @property
    def sizes(self) -> pl.Series:
        """Bytes of each picture; 0 where there is none, null where that is not known."""
        return self._sizes


class Described(NamedTuple):
    """What a file says of its columns."""

    schema: Mapping[str, Any]
    """Column -> Polars' type."""
    features: Mapping[str, Any]
    """Column -> what Hugging Face's `datasets` says of it."""


def is_table(name: bytes) -> bool:
    """Whether a file of this name may be a table with pictures."""
    return name.lower().endswith(ENDINGS)


def opened(file: LocalFile, unread: Unread | None = None) -> Rows | None:
    """The pictures in a file; None where none of its columns has any. Raises OSError where it cannot be read."""
    stamp = file.stamp()
    noted.opening(file.place, stamp.size)
    form, head, stream = PARQUET, 0, None
    if not file.place.lower().endswith(b".parquet"):
        with file.container() as raw:
            if arrow.is_stream(raw.read(4)):
                stream = arrow.batches(raw, stamp.size)
                form, head = STREAM, stream.head
            else:
                form = IPC
    table = Table(file, stamp, form, "", None, head)
    if unread is not None:
        return _unread(table, unread)
    if (named := _pictures(table, stream)) is None:
        return None
    table = table._replace(column=named[0], of=named[1])
    sizes, parts = _parts(table, stream)
    return Rows(table, parts, sizes, stream and stream.fault)


def _unread(table: Table, unread: Unread) -> Rows | None:
    """The rows of a Parquet file without its pictures."""
    import polars as pl

    column = next((name for name in _schema(table) if name in unread.columns), None)
    if column is None:
        return None
    table = table._replace(column=column, of=unread.columns[column], pictures=False)
    sizes = pl.repeat(None, unread.rows, dtype=pl.UInt64, eager=True)
    return Rows(table, [Part(0, unread.rows)], sizes, None)


def described(table: Table) -> Described:
    """What the columns are; raises OSError."""
    if table.form == STREAM:
        return Described(_schema(table), _features(_json_in(_head(table))))
    if table.form != PARQUET:
        return Described(_schema(table), {})
    import polars as pl

    with table.file.container() as file:
        said = _guarded(lambda: pl.read_parquet_metadata(file))
    return Described(_schema(table), _features(_parsed(said.get(_METADATA, ""))))


def _schema(table: Table) -> Mapping[str, Any]:
    if table.form != STREAM:
        with table.file.container() as file:
            return _guarded(lambda: _lazy(table, file).collect_schema())
    head = _head(table)
    return _guarded(lambda: _empty(head).schema)


def _head(table: Table) -> bytes:
    with table.file.container() as file:
        return file.read(table.head)


def _pictures(table: Table, stream: arrow.Stream | None) -> tuple[str, str | None] | None:
    """The first column that holds pictures, and the field in it."""
    import polars as pl

    for name, kind in _schema(table).items():
        if isinstance(kind, pl.Struct) and any(
            field.name == "bytes" and field.dtype == pl.Binary for field in kind.fields
        ):
            if _begins(table, stream, pl.col(name).struct.field("bytes")) is not None:
                return name, "bytes"
        elif kind == pl.Binary and _is_picture(_begins(table, stream, pl.col(name))):
            return name, None
    return None


def _begins(table: Table, stream: arrow.Stream | None, cells: pl.Expr) -> bytes | None:
    """The beginning of the first cell that is not empty."""
    first = cells.drop_nulls().bin.slice(0, 16).first().alias("first")
    if stream is None:
        found: bytes | None = _collected(table, lambda rows: rows.select(first))["first"][0]
        return found
    with table.file.container() as file:
        for batch in stream.batches:
            begin: bytes | None = _batch(table, file, *batch).select(first)["first"][0]
            if begin is not None:
                return begin
    return None


def _is_picture(head: bytes | None) -> bool:
    return head is not None and (head.startswith(_PICTURES) or head[8:12] == b"WEBP")


def _parts(table: Table, stream: arrow.Stream | None) -> tuple[pl.Series, list[Part]]:
    """The size of each picture, and the rows that are read together."""
    import polars as pl

    size = _cell(table).bin.size().fill_null(0).cast(pl.UInt64).alias("size")
    if stream is None:
        sizes = _collected(table, lambda rows: rows.select(size))["size"].rechunk()
        return sizes, list(_cut(sizes))
    found, parts, first = [], [], 0
    with table.file.container() as file:
        for batch in stream.batches:
            found.append(_batch(table, file, *batch).select(size)["size"])
            parts.append(Part(first, len(found[-1]), *batch))
            first += len(found[-1])
    return pl.concat(found).rechunk() if found else pl.Series("size", [], pl.UInt64), [
        part for part in parts if part.rows
    ]


def _cut(sizes: pl.Series) -> Iterator[Part]:
    first = held = 0
    for row, size in enumerate(sizes):
        held += size
        if held >= _PART or row + 1 - first == _ROWS or row + 1 == len(sizes):
            yield Part(first, row + 1 - first)
            first, held = row + 1, 0


def _cell(table: Table) -> pl.Expr:
    import polars as pl

    return pl.col(table.column) if table.of is None else pl.col(table.column).struct.field(table.of)


class _Kept:
    """The parts that were last read, of a few megabytes each, or one of any size."""

    def __init__(self) -> None:
        self._parts: dict[tuple[Table, Part], pl.Series] = {}
        self._held = 0

    def get(self, table: Table, part: Part) -> pl.Series:
        """The pictures of a part; raises OSError."""
        cells = self._parts.pop((table, part), None)
        if cells is None:
            cells = _cells(table, part)
            self._held += int(cells.estimated_size())
            while self._parts and self._held > _KEPT:
                self._held -= int(self._parts.pop(next(iter(self._parts))).estimated_size())
        self._parts[table, part] = cells
        return cells


_kept = _Kept()


def _cells(table: Table, part: Part) -> pl.Series:
    """The pictures of one part."""
    if "polars" not in sys.modules:
        os.environ.setdefault("POLARS_MAX_THREADS", "1")  # a worker is one of many
    status = table.file.stamp()
    if status[:2] != table.stamp[:2]:
        raise TableError("the table has changed since it was listed")
    cells = _cell(table).alias("cell")
    if table.form == STREAM:
        with table.file.container() as file:
            return _batch(table, file, part.start, part.stop).select(cells)["cell"]
    return _collected(table, lambda rows: rows.slice(part.first, part.rows).select(cells))["cell"]


def _collected(table: Table, query: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """What is asked of the rows; one group of them after the other is read."""
    with table.file.container() as file:
        return _guarded(lambda: query(_lazy(table, file)).collect(engine="streaming"))


def _lazy(table: Table, file: io.FileIO) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_parquet(file, glob=False) if table.form == PARQUET else pl.scan_ipc(file, glob=False)


def _batch(table: Table, file: io.FileIO, start: int, stop: int) -> pl.DataFrame:
    """One batch of a stream."""
    import polars as pl

    pieces = []
    for begin, end in ((0, table.head), (start, stop)):
        file.seek(begin)
        pieces.append(file.read(end - begin))
    return _guarded(lambda: pl.read_ipc_stream(io.BytesIO(b"".join([*pieces, arrow.END]))))


def _empty(head: bytes) -> pl.DataFrame:
    import polars as pl

    return pl.read_ipc_stream(io.BytesIO(head + arrow.END))


def _guarded(work: Callable[[], T]) -> T:
    """What `work` gives; raises TableError for whatever a broken file makes of it."""
    import polars as pl

    try:
        with quiet():
            return work()
    except pl.exceptions.PanicException:
        raise TableError("not a whole table (the reader fails on it)") from None
    except (pl.exceptions.PolarsError, ValueError, OverflowError) as error:
        raise TableError(f"not a whole table ({' '.join(str(error).split())[:200]})") from None


# -- what Hugging Face says of the columns


def _features(said: Any) -> Mapping[str, Any]:
    """Column -> its feature, of the metadata of a file."""
    info = said.get("info") if isinstance(said, dict) else None
    features = info.get("features") if isinstance(info, dict) else None
    return features if isinstance(features, dict) else {}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _json_in(head: bytes) -> Any:
    """The metadata within a schema, which is not taken apart for it."""
    at = head.find(b'{"info"')
    try:
        return json.JSONDecoder().raw_decode(head[at:].decode("utf-8", "replace"))[0] if at >= 0 else None
    except (ValueError, RecursionError):
        return None


__all__ = ["Cell", "Described", "Rows", "Table", "TableError", "described", "is_table", "opened"]
