"""What a Parquet file says of itself in its footer: rows, and what each column weighs once it is unpacked.

It is read before anything is unpacked. It is the struct `FileMetaData` of
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift in Thrift's compact protocol,
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.dataset.containers.limits import MOST_FOOTER

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = b"PAR1"
#: Types of Thrift's compact protocol.
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
#: Structs within structs: those of a footer are six deep.
_DEEPEST = 16
_LONGEST_NUMBER = 10

#: Numbers of fields: of the file, of a group of rows, of a column in it, and of the column's description.
_ROWS, _GROUPS = 3, 4
_COLUMNS = 1
_ABOUT = 3
_PATH, _VALUES, _UNPACKED, _PACKED, _PAGES, _DICTIONARY = 3, 5, 6, 7, 9, 11


class FooterError(ValueError):
    """A footer that cannot be read: the reason, in words."""


class Column(NamedTuple):
    """One column of a file, all of its groups of rows together."""

    name: str
    """Of the outermost field that it is part of."""
    values: int
    unpacked: int
    """Bytes of its pages once they are unpacked, before what occurs several times is repeated."""


class Footer(NamedTuple):
    """What a file says of itself."""

    rows: int
    columns: list[Column]
    """One a leaf: a nested field has several."""


class Chunk(NamedTuple):
    """One column of one group of rows."""

    path: tuple[bytes, ...]
    """The field, and those that it is part of, the outermost first."""
    start: int
    """Where its pages begin, in bytes from the beginning of the file."""
    stop: int


def read(data: bytes) -> Footer:
    """The footer of a file. Raises FooterError."""
    try:
        said = _said(data)
        return Footer(_whole(said, _ROWS), _columns(said))
    except (IndexError, KeyError, TypeError, UnicodeDecodeError):
        raise FooterError("its description of itself is broken") from None


def chunks(tail: bytes) -> tuple[int, list[Chunk]]:
    """The number of rows, and where each column of each group lies, from the last bytes of a file.

    Raises FooterError.
    """
    try:
        said = _said(tail)
        return _whole(said, _ROWS), [*_chunks(said)]
    except (IndexError, KeyError, TypeError):
        raise FooterError("its description of itself is broken") from None


def size_of(end: bytes) -> int:
    """How many of the last bytes of a file are its footer, from the last 8. Raises FooterError."""
    size = int.from_bytes(end[-8:-4], "little")
    if end[-4:] != _MAGIC:
        raise FooterError("it does not end as a Parquet file does")
    if size > MOST_FOOTER:
        raise FooterError(f"a description of {size:,} bytes; at most {MOST_FOOTER:,} are read")
    return size + 8


def _said(data: bytes) -> dict[int, Any]:
    size = size_of(data)
    if size > len(data) - 4:
        raise FooterError("it does not end as a Parquet file does")
    return _Compact(data[len(data) - size : -8]).struct(0)


def _chunks(said: dict[int, Any]) -> Iterator[Chunk]:
    for group in said[_GROUPS]:
        for chunk in group[_COLUMNS]:
            about = chunk[_ABOUT]
            start = _whole(about, _PAGES)
            if 0 < about.get(_DICTIONARY, 0) < start:
                start = about[_DICTIONARY]
            yield Chunk(tuple(about[_PATH]), start, start + _whole(about, _PACKED))


def _columns(said: dict[int, Any]) -> list[Column]:
    found: dict[tuple[bytes, ...], Column] = {}
    for group in said[_GROUPS]:
        for chunk in group[_COLUMNS]:
            about = chunk[_ABOUT]
            path = tuple(about[_PATH])
            before = found.get(path, Column(path[0].decode(), 0, 0))
            values, unpacked = before.values + _whole(about, _VALUES), before.unpacked + _whole(about, _UNPACKED)
            found[path] = Column(before.name, values, unpacked)
    return list(found.values())


def _whole(said: dict[int, Any], field: int) -> int:
    number = said[field]
    if not isinstance(number, int) or number < 0:
        raise FooterError("its description of itself has a size that is not one")
    return number


class _Compact:
    """Values in Thrift's compact protocol."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self, depth: int) -> dict[int, Any]:
        """Fields by their numbers."""
        if depth > _DEEPEST:
            raise FooterError("its description of itself is nested too deeply")
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) & 15 != _STOP:
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _INTEGERS:
            return self._integer()
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_TRUE, _FALSE, _BYTE):  # of a list: one byte each
            return self._byte()
        if kind == _DOUBLE:
            return self._bytes(8)
        raise FooterError("its description of itself is broken")  # maps: there is none in a footer

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count, kind = head >> 4, head & 15
        if count == 15:
            count = self._varint()
        if count > len(self._data) - self._at:  # no item is shorter than a byte
            raise FooterError("its description of itself is broken")
        return [self._value(kind, depth) for _ in range(count)]

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise IndexError
        self._at += size
        return self._data[self._at - size : self._at]

    def _varint(self) -> int:
        value = 0
        for place in range(_LONGEST_NUMBER):
            byte = self._byte()
            value |= (byte & 127) << (7 * place)
            if byte < 128:
                return value
        raise FooterError("its description of itself has a number that is too long")

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


__all__ = ["Chunk", "Column", "Footer", "FooterError", "chunks", "read", "size_of"]
