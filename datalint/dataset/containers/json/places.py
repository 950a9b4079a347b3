"""Places in JSON text: where a JSON pointer leads, where a value ends, which line that is; nothing is parsed for it.

Looser than a parser on purpose: `Infinity`, wrong brackets or any depth of nesting do not keep it from finding its way,
so that the one value that a strict decoder refuses can be named and read again by itself.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from datalint.dataset.containers.json.values import clean, cleaned, loads, unescaped
from datalint.dataset.containers.records import Place, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb'[^\s,:\[\]{}"]++')
_KEY = re.compile(rb"(%s)[ \t\r\n]*+:[ \t\r\n]*+" % _STRING, re.DOTALL)
#: A text, an object with at most one object level in it, or a list of lists without objects: nearly every value.
_SHALLOW = re.compile(
    rb"(?:%(s)s"
    rb'|\{(?:[^{}"]++|%(s)s|\{(?:[^{}"]++|%(s)s)*+\})*+\}'
    rb'|\[(?:[^\[\]{}"]++|%(s)s|\[[^\[\]{}"]*+\])*+\])' % {b"s": _STRING},
    re.DOTALL,
)
_TOKEN = re.compile(rb'%s|[\[\]{}"]' % _STRING, re.DOTALL)
#: Columns are counted, and brackets, in blocks of this many bytes.
_BLOCK = 1 << 16
#: Brackets and texts that are counted one by one before they are counted in blocks.
_SOME = 1 << 10
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_QUOTE = ord('"')
#: By the byte: whether it is a mark, and how much deeper it leads.
_MARKS, _STEPS = np.zeros(256, bool), np.zeros(256, np.int64)
_MARKS[list(b'"[]{}')] = True
_STEPS[list(b"[{")], _STEPS[list(b"]}")] = 1, -1
#: No list has so many items that the number of one is longer.
_MOST_DIGITS = 18


class BrokenJSONError(ValueError):
    """Text that is not JSON: where (offset in bytes), and the reason in words."""

    def __init__(self, at: int, reason: str, value_at: int | None = None) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason
        self.value_at = value_at
        """Start of the value that does not end, if that is what is wrong."""


class Key(NamedTuple):
    """A key of a JSON object; offsets in bytes."""

    name: str
    at: int
    value_at: int
    """Start of its value."""


class Member(NamedTuple):
    """A member of a JSON object; offsets in bytes."""

    key: str
    key_at: int
    at: int
    """Start of its value."""
    end: int
    """Behind its value."""


def find(data: bytes, pointer: str, base: int = 0) -> int | None:
    """Offset of the value that `pointer` leads to, from the value at offset `base`; None if it leads nowhere."""
    if pointer and not pointer.startswith("/"):
        return None
    at: int | None = start(data, base)
    for token in pointer.split("/")[1:]:
        if at is None:
            return None
        name = unescaped(token)
        if data[at : at + 1] == b"{":
            at = _member(data, at, name)
        elif data[at : at + 1] == b"[" and name.isdecimal() and name.isascii() and len(name) <= _MOST_DIGITS:
            at = _item(data, at, int(name))
        else:
            return None
    return at if at is not None and at < len(data) else None


def nearest(data: bytes, pointer: str, base: int) -> int:
    """Offset of the value that `pointer` leads to from the one at `base`; that one itself if it leads nowhere."""
    at = find(data, pointer, base)
    return base if at is None else at


def start(data: bytes, at: int = 0) -> int:
    """Where the value begins that comes at or after `at`: spaces and a byte order mark are passed over."""
    if at == 0 and data.startswith(b"\xef\xbb\xbf"):
        at = 3
    return space(data, at)


def space(data: bytes, at: int) -> int:
    """Behind the white space at `at`."""
    found = _SPACE.match(data, at)
    return found.end() if found else at


def end(data: bytes, at: int) -> int:
    """Offset behind the value that starts at `at`; `BrokenJSONError` if there is none, or it does not end."""
    first = data[at : at + 1]
    if first in (b'"', b"{", b"["):
        found = _SHALLOW.match(data, at)
        return found.end() if found else _deep_end(data, at)
    found = _SCALAR.match(data, at)
    if not found:
        raise BrokenJSONError(at, "the file ends in the middle" if at >= len(data) else "a value is missing", at)
    return found.end()


def key_at(data: bytes, at: int) -> Key | None:
    """The key at `at`, if there is one with its colon."""
    found = _KEY.match(data, at)
    return Key(_text(found[1]), at, found.end()) if found else None


def members(data: bytes, at: int) -> Iterator[Member]:
    """The members of the object that starts at `at`, in order; `BrokenJSONError` where it breaks."""
    first = space(data, at + 1)
    place = first if data[first : first + 1] != b"}" else None
    while place is not None:
        key = key_at(data, place)
        if key is None:
            raise BrokenJSONError(place, what(data, place, "in place of a key in quotes and a colon"))
        stop = end(data, key.value_at)
        yield Member(key.name, place, key.value_at, stop)
        place = _next(data, stop, b"}", "brace")


def items(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Start and end of each item of the list that starts at `at`; `BrokenJSONError` where it breaks."""
    first = space(data, at + 1)
    place = first if data[first : first + 1] != b"]" else None
    while place is not None:
        stop = end(data, place)
        yield place, stop
        place = _next(data, stop, b"]", "bracket")


def _next(data: bytes, stop: int, mark: bytes, name: str) -> int | None:
    """Where the next item starts behind one that ends at `stop`; None if `mark` closes the list or object there."""
    place = space(data, stop)
    found = data[place : place + 1]
    if found == mark:
        return None
    if found != b",":
        raise BrokenJSONError(place, what(data, place, f"in place of a comma or a closing {name}"))
    return space(data, place + 1)


def parse(data: bytes, at: int, stop: int) -> Any:
    """The value between two offsets, as Python's own parser reads it; lone surrogates are question marks.

    `BrokenJSONError` if it is not one, or nested too deeply.
    """
    text = data[at:stop].decode("utf-8", "replace")
    try:
        value = loads(text)
        return cleaned(value) if r"\u" in text else value  # nothing else makes a lone surrogate
    except json.JSONDecodeError as error:
        offset = at + len(text[: error.pos].encode())
        raise BrokenJSONError(offset, f"not valid JSON: {error.msg}") from None
    except RecursionError:
        raise BrokenJSONError(at, "JSON nested too deeply") from None


def what(data: bytes, at: int, wrong: str) -> str:
    """What is wrong at an offset: its character and `wrong`, or that there is nothing more."""
    if at >= len(data):
        return "the file ends in the middle"
    return f"{quoted(data[at : at + 4].decode('utf-8', 'replace')[:1])} {wrong}"


class Places:
    """Lines and columns of offsets in one text: prepared once, whatever the length of its lines."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._ascii = data.isascii()

    @cached_property
    def _line_starts(self) -> NDArray[np.int64]:
        """Offset of each line's first byte; a lone carriage return ends a line too."""
        view = np.frombuffer(self._data, np.uint8)
        returns = b"\r" in self._data
        found = [np.zeros(1, np.int64)]
        for first in range(0, len(view), 1 << 24):
            part = view[first : first + (1 << 24) + 1]
            ends = part[: 1 << 24] == 10
            if returns:
                following = np.append(part, 0)[1 : len(ends) + 1]
                ends |= (part[: 1 << 24] == 13) & (following != 10)
            found.append(np.flatnonzero(ends) + (first + 1))
        return np.concatenate(found)

    @cached_property
    def _continuations(self) -> NDArray[np.int64]:
        """UTF-8 continuation bytes before each block: bytes that begin no character."""
        view = np.frombuffer(self._data, np.uint8)
        counts = [int(_inner(view[first : first + _BLOCK])) for first in range(0, len(view), _BLOCK)]
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(counts, np.int64))])

    def lines(self, offsets: NDArray[np.int64]) -> NDArray[np.uint32]:
        """1-based line of each offset."""
        return np.searchsorted(self._line_starts, offsets, side="right").astype(np.uint32)

    def at(self, offset: int) -> tuple[int, int]:
        """1-based line and column, in characters, of an offset in bytes."""
        line = int(np.searchsorted(self._line_starts, offset, side="right"))
        first = int(self._line_starts[line - 1])
        if first == 0 and self._data.startswith(b"\xef\xbb\xbf") and offset >= 3:
            first = 3
        inner = 0 if self._ascii else self._inner_before(offset) - self._inner_before(first)
        return line, offset - first - inner + 1

    def place(self, file: str, offset: int, pointer: str | None = None) -> Place:
        """The place in `file` of an offset in bytes."""
        return Place(file, *self.at(offset), pointer)

    def _inner_before(self, offset: int) -> int:
        block = offset // _BLOCK
        part = np.frombuffer(self._data[block * _BLOCK : offset], np.uint8)
        return int(self._continuations[block]) + int(_inner(part))


def _inner(part: NDArray[np.uint8]) -> np.intp:
    return np.count_nonzero((part & 0xC0) == 0x80)


def _deep_end(data: bytes, at: int) -> int:
    depth = 0
    tokens = _TOKEN.finditer(data, at)
    for token in islice(tokens, _SOME):
        mark = token[0]
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth <= 0:
                return token.end()
        elif mark == b'"':
            raise BrokenJSONError(token.start(), "a text that does not end", at)
    follows = next(tokens, None)
    if follows is None:
        raise BrokenJSONError(len(data), "the file ends in the middle", at)
    return _deeper_end(data, follows.start(), depth, at)


def _deeper_end(data: bytes, start: int, depth: int, at: int) -> int:
    """Behind the bracket at which `depth` brackets are closed that were open at `start`; a million are soon passed."""
    first, quote = start, -1
    while first < len(data):
        piece = data[first : first + _BLOCK]
        if b"\\" in piece:
            piece = _ESCAPED.sub(b"  ", piece)
            if piece.endswith(b"\\") and first + len(piece) < len(data):
                piece = piece[:-1]  # what it escapes is in the next piece
        view = np.frombuffer(piece, np.uint8)
        marks = np.flatnonzero(_MARKS[view])
        kinds = view[marks]
        quotes = np.cumsum(kinds == _QUOTE) + (quote >= 0)
        brackets = np.flatnonzero((kinds != _QUOTE) & (quotes % 2 == 0))
        depths = depth + np.cumsum(_STEPS[kinds[brackets]])
        closed = np.flatnonzero(depths <= 0)
        if len(closed):
            return first + int(marks[brackets[closed[0]]]) + 1
        depth = int(depths[-1]) if len(depths) else depth
        if len(quotes) and quotes[-1] % 2:
            last = np.flatnonzero(kinds == _QUOTE)
            quote = first + int(marks[last[-1]]) if len(last) else quote
        elif len(quotes):
            quote = -1
        first += len(piece)
    if quote >= 0:
        raise BrokenJSONError(quote, "a text that does not end", at)
    raise BrokenJSONError(len(data), "the file ends in the middle", at)


def _member(data: bytes, at: int, name: str) -> int | None:
    found = None
    try:
        for member in members(data, at):
            if member.key == name:
                found = member.at
    except BrokenJSONError as error:
        # The value that does not end is still where it is.
        key = _last_key(data, at, error.at, name)
        found = key if key is not None else found
    return found


def _last_key(data: bytes, at: int, broken: int, name: str) -> int | None:
    """Start of the last member of a broken object, if that is `name`."""
    place = space(data, at + 1)
    while key := key_at(data, place):
        try:
            place = space(data, space(data, end(data, key.value_at)) + 1)
        except BrokenJSONError:
            return key.value_at if key.name == name and key.value_at < len(data) else None
        if place > broken:
            return None
    return None


def _item(data: bytes, at: int, number: int) -> int | None:
    place = space(data, at + 1)
    try:
        for _ in range(number):
            place = space(data, end(data, place))
            if data[place : place + 1] != b",":
                return None
            place = space(data, place + 1)
    except BrokenJSONError:
        return None
    return place if data[place : place + 1] not in (b"", b"]", b"}", b",") else None


def _text(quoted: bytes) -> str:
    if b"\\" in quoted:
        try:
            return clean(str(json.loads(quoted.decode("utf-8", "replace"), strict=False)))
        except ValueError:
            pass
    return quoted[1:-1].decode("utf-8", "replace")


__all__ = [
    "BrokenJSONError",
    "Key",
    "Member",
    "Places",
    "end",
    "find",
    "items",
    "key_at",
    "members",
    "nearest",
    "parse",
    "space",
    "start",
    "what",
]
