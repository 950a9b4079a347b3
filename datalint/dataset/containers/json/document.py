"""Parts of a small JSON file one by one, so that what is broken costs only the part that it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.dataset.containers.json import places
from datalint.dataset.containers.json.places import BrokenJSONError
from datalint.dataset.containers.json.text import Text, as_text
from datalint.dataset.containers.json.values import a_number, escaped, kind_of
from datalint.dataset.containers.records import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.containers.json.places import Member

#: Read of a file to find out what it is.
SNIFF = 1 << 14


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


class Document(Text):
    """A JSON file of which only the parts asked for are read; what is wrong is added to `problems`."""

    def __init__(self, data: bytes, file: str) -> None:
        super().__init__(data, file)
        self._counted, self._line = 0, 1
        self._returns = b"\r" in self.data

    def line(self, at: int) -> int:
        """1-based line of an offset."""
        # Parts are asked for in their order, nearly: counting on is quicker than searching.
        if self._returns or at < self._counted:
            return self.places.at(at)[0]
        self._line += self.data.count(b"\n", self._counted, at)
        self._counted = at
        return self._line

    def fault(self, error: BrokenJSONError, pointer: str, expected: str, more: str = "") -> None:
        """Report where the text is broken."""
        at = min(error.at, max(len(self.data) - 1, 0))
        self.report("syntax", at, pointer, f"{error.reason}{more}", expected)

    def members(self, at: int, pointer: str, expected: str) -> dict[str, int]:
        """Offset of each value of the object at `at`; a key that stands twice is a problem, and the last one counts."""
        found: dict[str, int] = {}
        for member in self._members(at, pointer, expected):
            if member.key in found:
                reason = f"the key {quoted(member.key)} occurs twice; the last one counts"
                self.report("syntax", member.key_at, f"{pointer}/{escaped(member.key)}", reason, "each key once")
            found[member.key] = member.at
        return found

    def check_keys(self, part: Part, keys: Sequence[str], expected: str) -> None:
        """Report an object that has a key twice; only one in which one of `keys` stands twice is looked at."""
        if isinstance(part.value, dict) and any(
            self.data.count(b'"%s"' % key.encode(), part.at, part.end) > 1 for key in keys
        ):
            self.members(part.at, part.pointer, expected)

    def check_end(self) -> None:
        """Report what stands behind the outermost value."""
        try:
            end = places.space(self.data, places.end(self.data, self.root()))
        except BrokenJSONError:
            return  # reported where it is read
        if end < len(self.data):
            self.fault(BrokenJSONError(end, "more text after the end"), "", "one JSON value")

    def _members(self, at: int, pointer: str, expected: str) -> Iterator[Member]:
        try:
            yield from places.members(self.data, at)
        except BrokenJSONError as error:
            self.fault(error, pointer, expected)

    def root(self) -> int:
        """Offset of the outermost value."""
        return places.start(self.data)

    def find(self, pointer: str, base: int = 0) -> int | None:
        """Offset of the value that `pointer` leads to from the value at `base`."""
        return places.find(self.data, pointer, base)

    def value(self, at: int | None) -> Any:
        """The value at `at`; None if there is none that can be read."""
        if at is None:
            return None
        try:
            return places.parse(self.data, at, places.end(self.data, at))
        except BrokenJSONError:
            return None

    def items(self, at: int, pointer: str, expected: str) -> Iterator[Part]:
        """The items of the list at `at`, up to the place where it is broken; a broken item costs itself only."""
        number = 0
        try:
            for first, stop in places.items(self.data, at):
                where = f"{pointer}/{number}"
                number += 1
                try:
                    yield Part(where, first, stop, self.line(first), places.parse(self.data, first, stop))
                except BrokenJSONError as error:
                    self.fault(error, where, expected)
                    yield Part(where, first, stop, self.line(first), None, True)
        except BrokenJSONError as error:
            more = f"; the {number:,} records before it were read" if number else ""
            self.fault(error, f"{pointer}/{number}", expected, more)


__all__ = ["SNIFF", "Document", "Part", "a_number", "as_text", "escaped", "kind_of"]
