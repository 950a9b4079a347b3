"""The lists of records of a COCO file, read block by block; reading continues after a broken place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.dataset.containers.json.blocks import Block, Decoder, blocks
from datalint.dataset.containers.json.places import BrokenJSONError, end, key_at, parse, space, start, what
from datalint.dataset.containers.json.values import type_of
from datalint.dataset.containers.limits import Effort
from datalint.dataset.containers.records import quoted
from datalint.dataset.formats.coco import records, uniform

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from datalint.dataset.containers.json.text import Text
    from datalint.dataset.formats.coco.uniform import Uniform

_DECODERS: dict[str, Decoder[Any]] = {
    "images": records.IMAGES,
    "annotations": records.ANNOTATIONS,
    "categories": records.CATEGORIES,
}
SECTIONS = tuple(_DECODERS)
#: Where reading goes on after a place that cannot be read: the next record, or the next list of records.
_RESUME = re.compile(
    rb'\}[ \t\r\n]*+,[ \t\r\n]*+(?=\{)|\][ \t\r\n]*+,[ \t\r\n]*+(?="(?:images|annotations|categories)")'
)
_SECTION = re.compile(rb'"(?:images|annotations|categories)"[ \t\r\n]*+:[ \t\r\n]*+\[')


class Chunk(NamedTuple):
    """Consecutive records."""

    section: str
    first: int
    """Number of the first one in its list."""
    block: Block[Any] | Uniform


class Walk:
    """One way through a file. What is broken is reported; what was met is known when the last chunk has been read."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._data = text.data
        self.seen: set[str] = set()
        """Sections that are there, in whatever form."""
        self.counts = dict.fromkeys(SECTIONS, 0)
        """Records of each section, those that cannot be read included."""
        self.lists: set[str] = set()
        """Sections that are lists."""
        self._effort = Effort(len(self._data))
        self.broken = False
        """Whether a part of the file could not be read."""

    def chunks(self) -> Iterator[Chunk]:
        """All records; nothing if the file is not a JSON object."""
        data, at = self._data, start(self._data)
        if not data.startswith(b"{", at):
            return
        at = space(data, at + 1)
        while at < len(data):
            if data.startswith(b"}", at):
                self._check_rest(space(data, at + 1))
                return
            key = key_at(data, at)
            if key is None:
                error = BrokenJSONError(at, what(data, at, "is out of place"))
                at = self._after_break(error, "a key in quotes and a colon")
                continue
            try:
                at = space(data, (yield from self._member(key.name, key.value_at)))
                if at >= len(data) and self.broken:
                    return
                if data.startswith(b",", at):
                    at = space(data, at + 1)
                elif not data.startswith(b"}", at):
                    raise BrokenJSONError(at, what(data, at, "is out of place"))
            except BrokenJSONError as error:
                at = self._after_break(error, "a comma or a closing brace")

    def _check_rest(self, at: int) -> None:
        if at < len(self._data):
            self._text.report("syntax", at, None, "text after the end of the document", "nothing")

    def _after_break(self, error: BrokenJSONError, expected: str) -> int:
        """Report a place that cannot be read; returns where the next list of records begins, or the end."""
        self.broken = True
        at = min(error.at, len(self._data))
        self._text.report("syntax", at, None, f"not valid JSON: {error.reason}", expected)
        follows = _SECTION.search(self._data, error.at)
        return follows.start() if follows else len(self._data)

    def _member(self, name: str, at: int) -> Generator[Chunk, None, int]:
        """The value at `at`, whose key is `name`; returns the offset behind it."""
        if name not in SECTIONS:
            return end(self._data, at)
        if name in self.seen:
            reason = f"the key {quoted(name)} occurs twice; both are read"
            self._text.report("syntax", at, f"/{name}", reason, "each key once")
        self.seen.add(name)
        if self._data.startswith(b"[", at):
            self.lists.add(name)
            return (yield from self._section(name, at))
        stop = end(self._data, at)
        self._text.report("syntax", at, f"/{name}", "not a list of records", "a list of objects")
        return stop

    def _section(self, name: str, at: int) -> Generator[Chunk, None, int]:
        """The list of records at `at`; returns the offset behind it."""
        data = self._data
        at = space(data, at + 1)
        if data.startswith(b"]", at):
            return at + 1
        while True:
            try:
                at = yield from self._row(name, at)
                if data.startswith(b"]", at):
                    return at + 1
                if data.startswith(b",", at):
                    at = space(data, at + 1)
                elif data.startswith(b"{", at):
                    self._report(name, at, "not valid JSON: no comma before it", "a comma between records")
                else:
                    raise BrokenJSONError(at, what(data, at, "is out of place"))
            except BrokenJSONError as error:
                self.broken = True
                wrong = min(error.at, len(data))
                on = wrong if at < wrong < len(data) else at
                # What does not end was looked through to the end of the file.
                follows = _RESUME.search(data, on) if self._effort.spend(wrong - on) else None
                unread = ""
                if follows is None and self._effort.left < 0:
                    unread = f"; the {len(data) - on:,} bytes from there on were not read, after too many such places"
                self._report(name, wrong, f"not valid JSON: {error.reason}{unread}", "the records of a list")
                if not follows:
                    return len(data)
                self.counts[name] += 1
                if data.startswith(b"]", follows.start()):
                    return follows.start() + 1
                at = follows.end()

    def _row(self, name: str, at: int) -> Generator[Chunk, None, int]:
        """The consecutive records of a list from `at` on; returns the offset behind them."""
        if not self._data.startswith(b"{", at):
            stop = end(self._data, at)
            try:
                found = type_of(parse(self._data, at, stop))
            except BrokenJSONError:
                found = "value"
            self._report(name, at, f"a JSON {found} in place of an object", "a JSON object")
            self.counts[name] += 1
            return space(self._data, stop)
        quick = uniform.read if name == "annotations" else None
        for block, stop in blocks(self._data, at, _DECODERS[name], quick):
            yield Chunk(name, self.counts[name], block)
            self.counts[name] += len(block.starts)
            at = stop
        return space(self._data, at)

    def _report(self, name: str, at: int, reason: str, expected: str) -> None:
        """Report what is wrong with the next record of a list."""
        self._text.report("syntax", at, f"/{name}/{self.counts[name]}", reason, expected)


__all__ = ["SECTIONS", "Chunk", "Walk"]
