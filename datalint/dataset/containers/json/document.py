"""Parts of a small JSON file one by one, so that what is broken costs only the part that it is in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.dataset.containers.json import places as json_place
from datalint.dataset.containers.json.places import BrokenJSONError, Places, parse
from datalint.dataset.containers.records import Place, Problem, decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.containers.json.places import Member

#: Read of a file to find out what it is.
SNIFF = 1 << 14

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]{1,300}\.?[0-9]{0,300}|nan|inf)\s*", re.IGNORECASE)


class Part(NamedTuple):
    """An item of a list."""

    pointer: str
    at: int
    """Its offset in bytes."""
    end: int
    line: int
    value: Any
    """None where it is broken, which is a problem already."""
    broken: bool = False


def as_text(first: bytes) -> bytes:
    """The beginning of a file in UTF-8, without a byte order mark and the spaces before the first value."""
    if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
        first = first.decode("utf-16", "replace").encode()
    return first.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")


class Document:
    """A JSON file, of which the parts are read that are asked for; what is wrong comes to be in `problems`."""

    def __init__(self, data: bytes, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        try:
            data.decode("utf-8")
            bare = data
        except UnicodeDecodeError:
            bare = b""
        if (data and not bare) or data.startswith(b"\xef\xbb\xbf"):
            text, self.problems = decode(data, file)
            bare = text.encode("utf-8", "replace")
        self.data = bare
        self._places = Places(bare)
        self._counted, self._line = 0, 1
        self._returns = b"\r" in bare

    def line(self, at: int) -> int:
        """1-based line of an offset."""
        if self._returns:
            return self._places.at(at)[0]
        # Parts are asked for in their order, nearly: counting on is quicker than searching.
        if at < self._counted:
            self._counted, self._line = 0, 1
        self._line += self.data.count(b"\n", self._counted, at)
        self._counted = at
        return self._line

    def fault(self, error: BrokenJSONError, pointer: str, expected: str, more: str = "") -> None:
        """Tell where the text is broken."""
        line, column = self._places.at(min(error.at, max(len(self.data) - 1, 0)))
        self.problems.append(
            Problem("syntax", Place(self.file, line, column, pointer), f"{error.reason}{more}", expected)
        )

    def members(self, at: int, pointer: str, expected: str) -> dict[str, int]:
        """Offset of each value of the object at `at`; a key that stands twice is a problem, and the last one counts."""
        found: dict[str, int] = {}
        for member in self._members(at, pointer, expected):
            if member.key in found:
                line, column = self._places.at(member.key_at)
                reason = f"the key {member.key[:80]!r} stands twice; the last one counts"
                where = f"{pointer}/{escaped(member.key)}"
                self.problems.append(Problem("syntax", Place(self.file, line, column, where), reason, "each key once"))
            found[member.key] = member.at
        return found

    def check_keys(self, part: Part, keys: Sequence[str], expected: str) -> None:
        """Tell if an object has a key twice; only one in which one of `keys` stands twice is looked at."""
        if isinstance(part.value, dict) and any(
            self.data.count(b'"%s"' % key.encode(), part.at, part.end) > 1 for key in keys
        ):
            self.members(part.at, part.pointer, expected)

    def check_end(self) -> None:
        """Tell if there is more behind the outermost value."""
        try:
            end = json_place.space(self.data, json_place.end(self.data, self.root()))
        except BrokenJSONError:
            return  # told where it is read
        if end < len(self.data):
            self.fault(BrokenJSONError(end, "more text behind the end"), "", "one JSON value")

    def _members(self, at: int, pointer: str, expected: str) -> Iterator[Member]:

        try:
            yield from json_place.members(self.data, at)
        except BrokenJSONError as error:
            self.fault(error, pointer, expected)

    def root(self) -> int:
        """Offset of the outermost value."""
        return json_place.start(self.data)

    def find(self, pointer: str, base: int = 0) -> int | None:
        """Offset of the value that `pointer` leads to from the value at `base`."""
        return json_place.find(self.data, pointer, base)

    def value(self, at: int | None) -> Any:
        """The value at `at`; None if there is none that can be read."""
        if at is None:
            return None

        try:
            return parse(self.data, at, json_place.end(self.data, at))
        except BrokenJSONError:
            return None

    def items(self, at: int, pointer: str, expected: str) -> Iterator[Part]:
        """The items of the list at `at`, up to the place where it is broken; a broken item costs itself only."""
        number = 0
        try:
            for first, stop in json_place.items(self.data, at):
                where = f"{pointer}/{number}"
                number += 1
                try:
                    yield Part(where, first, stop, self.line(first), parse(self.data, first, stop))
                except BrokenJSONError as error:
                    self.fault(error, where, expected)
                    yield Part(where, first, stop, self.line(first), None, True)
        except BrokenJSONError as error:
            more = f"; the {number:,} records before it were read" if number else ""
            self.fault(error, f"{pointer}/{number}", expected, more)


def escaped(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def a_number(value: Any) -> float | None:
    """A JSON number, or a text that is one, as a float; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return None


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return kinds.get(type(value), "null")


__all__ = ["SNIFF", "Document", "Part", "a_number", "as_text", "escaped", "kind_of"]
