"""Objects of a list as typed records, a block at a time.

A block is decoded by a typed decoder; only if that refuses it, its objects one by one; and only an object that is
refused is read again by the slow parser, which says what is wrong with it or takes it after all (`Infinity`, `1e400`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from datalint.dataset.containers.json.places import BrokenJSONError, members, nearest, parse
from datalint.dataset.containers.json.spans import FIRST, block_end, following, larger, spans
from datalint.dataset.containers.json.values import type_of
from datalint.dataset.containers.records import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from datalint.dataset.containers.json.text import Text

Record = TypeVar("Record", bound=msgspec.Struct)


class Fault(NamedTuple):
    """What is wrong with a record."""

    pointer: str
    """Within the record; '' is the record itself."""
    reason: str
    expected: str
    at: int | None = None
    """Offset, if it is not that of the pointer."""


class FaultError(ValueError):
    """A record that cannot be used."""

    def __init__(self, pointer: str, reason: str, expected: str) -> None:
        super().__init__(reason)
        self.fault = Fault(pointer, reason, expected)


class Careful(NamedTuple, Generic[Record]):
    """A record as made from what the slow parser read."""

    record: Record
    rest: Any = None
    """The value of a field that stays JSON until it is needed."""
    fault: Fault | None = None
    """What is wrong with a record that is used all the same."""


@dataclass
class Block(Generic[Record]):
    """Records that stand beside each other."""

    records: list[Record | None]
    """None is one that cannot be used."""
    starts: NDArray[np.int64]
    """Offset of each."""
    columns: dict[str, list[Any]] = field(default_factory=dict)
    """The records' fields, null where there is none; JSON that is left for later as bytes, b'' where there is none."""
    faults: dict[int, Fault] = field(default_factory=dict)
    """By the record's place in the block; a record that is there all the same is used."""
    rests: dict[int, Any] = field(default_factory=dict)
    """What `Careful.rest` holds, by the record's place in the block."""


class Decoder(Generic[Record]):
    """Decodes records of one type; fields of type `msgspec.Raw` stay JSON until they are needed."""

    def __init__(self, kind: type[Record], careful: Callable[[dict[str, Any]], Careful[Record]]) -> None:
        """`careful` makes a record of what the slow parser read, or raises FaultError."""
        self._kind: type[Record] = kind
        self._careful = careful
        self._many = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
        self._one: msgspec.json.Decoder[Record] = msgspec.json.Decoder(kind)
        fields = msgspec.structs.fields(kind)
        self._names = [item.name for item in fields]
        self._later = [item.name for item in fields if item.type is msgspec.Raw]
        self._fields = attrgetter(*self._names)
        self._keys = re.compile(rb'"(?:%s)"[ \t\r\n]*+:[ \t\r\n]*+(?!null)' % "|".join(self._names).encode())

    def block(self, data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Block[Record]:
        """The records between `starts` and `ends`, which are separated by commas only."""
        text = b"[%s]" % data[int(starts[0]) : int(ends[-1])]
        try:
            records = self._many.decode(text)
        except (msgspec.DecodeError, RecursionError, ValueError):
            block = self._one_by_one(data, starts, ends)
        else:
            block = Block(records, starts)
            block.columns = self._columns(records)
            filled = self._filled(block.columns)
            # Where nothing but the keys is in quotes, their number says that no key is there twice.
            if 2 * filled == text.count(b'"') or filled == len(self._keys.findall(text)):
                return block
        for row, (at, stop) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            record = block.records[row]
            if record is not None and len(self._keys.findall(data, at, stop)) != self._filled(self._columns([record])):
                self._check_keys(block, row, data, at)
        block.columns = self._columns(block.records)
        return block

    def fault(self, data: bytes, at: int, stop: int) -> Fault | None:
        """What the slow parser finds wrong with the record between two offsets."""
        found = self._slowly(data, at, stop)
        return found if isinstance(found, Fault) else None

    def _columns(self, records: Sequence[Record | None]) -> dict[str, list[Any]]:
        if None in records:
            records = [self._kind() if record is None else record for record in records]
        columns = dict(zip(self._names, map(list, zip(*map(self._fields, records), strict=True)), strict=True))
        for name in self._later:
            columns[name] = list(map(bytes, columns[name]))
        return columns

    def _filled(self, columns: dict[str, list[Any]]) -> int:
        """Fields of all records that are there and not null."""
        count = sum(len(values) - values.count(None) for values in columns.values())
        return count - sum(columns[name].count(b"") + columns[name].count(b"null") for name in self._later)

    def _check_keys(self, block: Block[Record], row: int, data: bytes, at: int) -> None:
        seen: set[str] = set()
        for member in members(data, at):
            if member.key in seen and member.key in self._names:
                block.records[row] = None
                reason = f"the key {quoted(member.key)} occurs twice"
                block.faults[row] = Fault(f"/{member.key}", reason, "each key once", member.key_at)
                return
            seen.add(member.key)

    def _one_by_one(self, data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Block[Record]:
        block: Block[Record] = Block([], starts)
        for row, (at, stop) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            record: Record | None = None
            try:
                record = self._one.decode(data[at:stop])
            except (msgspec.DecodeError, RecursionError, ValueError):
                found = self._slowly(data, at, stop)
                if isinstance(found, Careful):
                    record = found.record
                    if found.rest is not None:
                        block.rests[row] = found.rest
                fault = found.fault if isinstance(found, Careful) else found
                if fault is not None:
                    block.faults[row] = fault
            block.records.append(record)
        return block

    def _slowly(self, data: bytes, at: int, stop: int) -> Careful[Record] | Fault:
        try:
            value = parse(data, at, stop)
            if isinstance(value, dict):
                return self._careful(value)
            return Fault("", f"a {type_of(value)} in place of an object", "a JSON object")
        except BrokenJSONError as error:
            return Fault("", error.reason, "a JSON object", error.at)
        except FaultError as error:
            return error.fault


class Rows(Protocol):
    """Records in any form."""

    @property
    def starts(self) -> NDArray[np.int64]:
        """Offset of each."""


Quick = TypeVar("Quick", bound=Rows)


def blocks(
    data: bytes,
    at: int,
    decoder: Decoder[Record],
    quick: Callable[[bytes, int, int], Quick | None] | None = None,
) -> Iterator[tuple[Block[Record] | Quick, int]]:
    """The objects that stand in a row from the one at `at` on, in blocks, each with the offset behind it.

    `quick` reads what lies between two offsets if it can, and gives None if not. `BrokenJSONError` if the first object
    does not end; if a later one does not, the row ends before it.
    """
    first, size = at, FIRST
    follows: int | None = at
    while follows is not None:
        stop = block_end(data, follows, size)
        found: Block[Record] | Quick | None = quick(data, follows, stop) if quick is not None else None
        if found is None:
            try:
                starts, ends = spans(data, follows, size)
            except BrokenJSONError:
                if follows == first:
                    raise
                return
            stop = int(ends[-1])
            found = quick(data, follows, stop) if quick is not None else None
            if found is None:
                found = decoder.block(data, starts, ends)
        yield found, stop
        follows, size = following(data, stop), larger(size)


def offset(data: bytes, fault: Fault, start: int) -> int:
    """Where a fault of the record at `start` is: the place that its pointer leads to, else the record."""
    return nearest(data, fault.pointer, start) if fault.at is None else fault.at


def report(text: Text, pointer: str, first: int, rows: Rows, faults: Mapping[int, Fault], kind: str = "syntax") -> None:
    """Report the faults of records of the list at `pointer`; `first` is the number of the first one of `rows`."""
    for row, fault in faults.items():
        at = offset(text.data, fault, int(rows.starts[row]))
        text.report(kind, at, f"{pointer}/{first + row}{fault.pointer}", fault.reason, fault.expected)


__all__ = ["Block", "Careful", "Decoder", "Fault", "FaultError", "Rows", "blocks", "offset", "report"]
