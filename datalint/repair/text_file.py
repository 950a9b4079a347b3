"""Text with a record a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datalint.repair.edits import Edit, FixError
from datalint.repair.label_file import LabelFile, Spot

if TYPE_CHECKING:
    from collections.abc import Hashable

_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Lines:
    """Offsets of the lines of a text."""

    def __init__(self, data: bytes) -> None:
        ends = [(found.start(), found.end()) for found in _END.finditer(data)]
        self._starts = [len(_BOM) if data.startswith(_BOM) else 0, *(after for _, after in ends)]
        self._stops = [*(before for before, _ in ends), len(data)]

    def span(self, line: int | None) -> tuple[int, int]:
        """First byte of a line (from 1), and the one behind its text."""
        if line is None or not 1 <= line <= len(self._starts):
            raise FixError("no line of it is known to be the record")
        return self._starts[line - 1], self._stops[line - 1]

    def after(self, stop: int) -> int:
        """Where the line begins that follows one whose text ends at `stop`; the end of the text if none does."""
        from bisect import bisect_right

        number = bisect_right(self._starts, stop)
        return self._starts[number] if number < len(self._starts) else self._stops[-1]


class TextFile(LabelFile):
    """A line is dropped with its end. Where fields have quotes, a record goes on until they are closed."""

    def __init__(self, data: bytes, *, quotes: bool = False) -> None:
        super().__init__(data)
        self._lines = Lines(data)
        self._quotes = quotes

    def span(self, spot: Spot) -> tuple[int, int]:
        """The line, or lines."""
        start, stop = self._lines.span(spot.line)
        line = spot.line or 1
        while self._quotes and self.data.count(b'"', start, stop) % 2:
            line += 1
            stop = self._lines.span(line)[1]
        return start, stop

    def dropping(self, spot: Spot) -> list[Hashable]:
        """The lines."""
        start, stop = self.span(spot)
        return [Edit(start, self._lines.after(stop))]

    def drop(self, target: Hashable) -> None:
        """Take the lines out."""
        assert isinstance(target, Edit)
        self.replace(target)
