"""Records of a COCO file: where each begins and ends, and their fields, a block of records at a time.

A block is decoded by a typed decoder; only if that refuses it, its records one by one; and only a record that is
refused is read again by the slow parser, which says what is wrong with it or takes it after all (`Infinity`, `1e400`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec
import numpy as np

from datalint.dataset.containers.json.places import (
    BrokenJSONError,
    end,
    find,
    members,
    parse,
    space,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Bytes that are looked at together: in the first block of a row of records, and at most.
FIRST, _BLOCK = 1 << 16, 1 << 22
#: Records that are decoded together where strings hold backslashes.
_MANY = 4096
_RECORD_END = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+(?=\{)")
_QUOTE, _OPEN, _CLOSE, _COMMA = b'"{},'

Id = int | str | float | None


class Image(msgspec.Struct, gc=False):
    """An entry of `images`."""

    id: Id = None
    file_name: str | None = None
    coco_url: str | None = None
    width: float | None = None
    height: float | None = None


class Category(msgspec.Struct, gc=False):
    """An entry of `categories`."""

    id: Id = None
    name: str | None = None
    supercategory: str | None = None
    keypoints: list[str] | None = None


class Annotation(msgspec.Struct, gc=False):
    """An entry of `annotations`."""

    id: Id = None
    image_id: Id = None
    category_id: Id = None
    bbox: list[float] | None = None
    area: float | None = None
    iscrowd: float | bool | None = None
    segmentation: msgspec.Raw = msgspec.Raw()
    keypoints: list[float] | None = None
    caption: str | None = None
    file_name: str | None = None
    segments_info: msgspec.Raw = msgspec.Raw()


class Segment(msgspec.Struct, gc=False):
    """An entry of `segments_info`."""

    id: Id = None
    category_id: Id = None
    bbox: list[float] | None = None
    area: float | None = None
    iscrowd: float | bool | None = None


#: Fields that stay JSON until they are needed.
_LATER = {"segmentation", "segments_info"}


class Fault(NamedTuple):
    """What is wrong with a record."""

    pointer: str
    """Within the record; '' is the record itself."""
    reason: str
    expected: str
    at: int | None = None
    """Offset, if it is not that of the pointer."""


Record = TypeVar("Record", Image, Category, Annotation)


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
    shapes: dict[int, Any] = field(default_factory=dict)
    """Segmentations that only the slow parser reads, by the record's place in the block."""


class Decoder(Generic[Record]):
    """Decodes records of one type."""

    def __init__(self, kind: type[Record]) -> None:
        self._kind: type[Record] = kind
        self._many = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
        self._one: msgspec.json.Decoder[Record] = msgspec.json.Decoder(kind)
        self._names = [item.name for item in msgspec.structs.fields(kind)]
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

    def _columns(self, records: Sequence[Record | None]) -> dict[str, list[Any]]:
        if None in records:
            records = [self._kind() if record is None else record for record in records]
        columns = dict(zip(self._names, map(list, zip(*map(self._fields, records), strict=True)), strict=True))
        for name in _LATER & columns.keys():
            columns[name] = list(map(bytes, columns[name]))
        return columns

    def _filled(self, columns: dict[str, list[Any]]) -> int:
        """Fields of all records that are there and not null."""
        count = sum(len(values) - values.count(None) for values in columns.values())
        return count - sum(columns[name].count(b"") + columns[name].count(b"null") for name in _LATER & columns.keys())

    def _check_keys(self, block: Block[Record], row: int, data: bytes, at: int) -> None:
        seen: set[str] = set()
        for member in members(data, at):
            if member.key in seen and member.key in self._names:
                block.records[row] = None
                block.faults[row] = Fault(
                    f"/{member.key}", f"the key {member.key!r} is there twice", "each key once", member.key_at
                )
                return
            seen.add(member.key)

    def _one_by_one(self, data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Block[Record]:
        block: Block[Record] = Block([], starts)
        for row, (at, stop) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            text = data[at:stop]
            record: Record | None = None
            try:
                record = self._one.decode(text)
            except (msgspec.DecodeError, RecursionError, ValueError):
                try:
                    record, shape, told = self._precisely(parse(data, at, stop))
                    if shape is not None:
                        block.shapes[row] = shape
                    if told is not None:
                        block.faults[row] = told
                except BrokenJSONError as error:
                    block.faults[row] = Fault("", error.reason, "a JSON object", error.at)
                except _FaultError as error:
                    block.faults[row] = error.fault
            block.records.append(record)
        return block

    def slowly(self, data: bytes, at: int, stop: int) -> Fault | None:
        """What the slow parser finds wrong with the record between two offsets."""
        try:
            self._precisely(parse(data, at, stop))
        except BrokenJSONError as error:
            return Fault("", error.reason, "a JSON object", error.at)
        except _FaultError as error:
            return error.fault
        return None

    def _precisely(self, value: Any) -> tuple[Record, Any, Fault | None]:
        """A record from what the slow parser read, its segmentation apart, and what is to be told of it."""
        if not isinstance(value, dict):
            raise _FaultError(Fault("", f"a {kind_of(value)} in place of an object", "a JSON object"))
        fields: dict[str, Any] = {}
        shape: Any = None
        told: Fault | None = None
        for name in self._names:
            item = value.get(name)
            if name == "segmentation":
                shape = item
            elif self._kind is Category and name == "keypoints":
                fields[name] = [str(point) for point in item] if isinstance(item, list) else None
            elif name in ("width", "height") and item is not None and not is_number(item):
                told = Fault(f"/{name}", f"a {kind_of(item)} as a {name}: the size is not used", "a number")
            elif name == "segments_info":
                if item is not None:
                    fields[name] = msgspec.Raw(_segments(item))
            elif item is not None:
                fields[name] = _CHECKS.get(name, _text)(f"/{name}", item)
        return self._kind(**fields), shape, told


class _FaultError(ValueError):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def kind_of(value: Any) -> str:
    """The JSON type of a value, in words."""
    if isinstance(value, bool):
        return "boolean"
    kinds = {dict: "object", list: "list", str: "text", int: "number", float: "number"}
    return kinds.get(type(value), "null")


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_float(value: float) -> float:
    """A JSON number as a float; what is too large is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _id(pointer: str, value: Any) -> Id:
    if isinstance(value, str) or (is_number(value) and math.isfinite(value)):
        return value  # type: ignore[no-any-return]
    raise _FaultError(Fault(pointer, f"a {kind_of(value)} as an id", "a number"))


def _text(pointer: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _FaultError(Fault(pointer, f"a {kind_of(value)} in place of a text", "a text"))


def _number(pointer: str, value: Any) -> float:
    if is_number(value):
        return as_float(value)
    raise _FaultError(Fault(pointer, f"a {kind_of(value)} in place of a number", "a number"))


def _flag(pointer: str, value: Any) -> float | bool:
    return value if isinstance(value, bool) else _number(pointer, value)


def _numbers(pointer: str, value: Any) -> list[float]:
    if not isinstance(value, list):
        raise _FaultError(Fault(pointer, f"a {kind_of(value)} in place of a list", "a list of numbers"))
    for place, item in enumerate(value):
        if not is_number(item):
            raise _FaultError(Fault(f"{pointer}/{place}", f"a {kind_of(item)} in place of a number", "a number"))
    return [as_float(item) for item in value]


def _segments(value: Any) -> bytes:
    """Segments again as JSON, once they are known to be good."""
    if not isinstance(value, list):
        raise _FaultError(Fault("/segments_info", f"a {kind_of(value)} in place of a list", "a list of segments"))
    for place, item in enumerate(value):
        here = f"/segments_info/{place}"
        if not isinstance(item, dict):
            raise _FaultError(Fault(here, f"a {kind_of(item)} in place of an object", "a segment"))
        for name, check in _CHECKS.items():
            if name in Segment.__struct_fields__ and item.get(name) is not None:
                check(f"{here}/{name}", item[name])
        if any(not math.isfinite(number) for number in item.get("bbox") or ()):
            raise _FaultError(Fault(f"{here}/bbox", "numbers that are not finite", "4 finite numbers"))
    wanted = Segment.__struct_fields__
    return msgspec.json.encode([{name: item[name] for name in wanted if name in item} for item in value])


_CHECKS: dict[str, Any] = {
    "id": _id,
    "image_id": _id,
    "category_id": _id,
    "bbox": _numbers,
    "keypoints": _numbers,
    "area": _number,
    "iscrowd": _flag,
    "width": _number,
    "height": _number,
}


def larger(size: int) -> int:
    """The size of the next block: the first one is small, where every record may be the last that can be read."""
    return min(4 * size, _BLOCK)


def block_end(data: bytes, at: int, size: int) -> int:
    """Where the last of the records in the next `size` bytes may end: behind a closing brace."""
    return data.rfind(b"}", at, at + size) + 1


def following(data: bytes, stop: int) -> int | None:
    """Offset of the object that follows one that ends at `stop`, with a comma between them only."""
    follows = _RECORD_END.match(data, stop)
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
        while len(starts) < _MANY and (follows := _RECORD_END.match(data, ends[-1])):
            stop = end(data, follows.end())
            starts.append(follows.end())
            ends.append(stop)
    except BrokenJSONError:
        pass  # told when it is the first one
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


def offset(data: bytes, fault: Fault, start: int) -> int:
    """Where a fault of the record at `start` is: the place that its pointer leads to, else the record."""
    if fault.at is not None:
        return fault.at
    at = find(data, fault.pointer, start)
    return start if at is None else at


__all__ = [
    "FIRST",
    "Annotation",
    "Block",
    "Category",
    "Decoder",
    "Fault",
    "Id",
    "Image",
    "Segment",
    "as_float",
    "block_end",
    "following",
    "is_number",
    "kind_of",
    "larger",
    "offset",
    "space",
    "spans",
]
