"""The line of a label file that a finding points to, for people who look at it before they open the file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from datalint.report.place import escaped
from datalint.sources.url import Url

if TYPE_CHECKING:
    from datalint.dataset import Dataset
    from datalint.finding import Finding

#: Bytes that are read of one file, and of all.
OF_FILE, OF_ALL = 1 << 20, 64 << 20
#: Characters of a line that are shown.
WIDE = 120
_EMPTY = re.compile(r"[\W_]*|\s*<[\w.:-]+>\s*")  # a bracket, a tag
_BEFORE = 40  # of them in front of the column that is meant, at least


class SourceLine(NamedTuple):
    """A line, as much of it as is shown."""

    number: int
    text: str
    caret: int | None
    """Where in `text` the fault is, from 0; None where that is not known."""


class SourceLines:
    """Reads them; what cannot be read, lies far away or is not text has none."""

    def __init__(self, data: Dataset, wide: int = WIDE) -> None:
        self._data, self._wide = data, max(2 * _BEFORE, wide)
        self._left = OF_ALL
        self._file: str | None = None
        self._lines: list[str] = []

    def of(self, finding: Finding) -> SourceLine | None:
        """The line that a finding about one record points to."""
        if finding.file is None or finding.line is None or finding.count > 1:
            return None
        if finding.file != self._file:
            self._file, self._lines = finding.file, self._read(finding.file)
        if finding.line > len(self._lines):
            return None
        line, column = self._lines[finding.line - 1], finding.column
        if column is None and (len(line) > self._wide or _EMPTY.fullmatch(line)):
            return None  # the start of a long line, or of a record, says nothing
        caret = None if column is None or column > len(line) + 1 else column - 1
        return self._cut(finding.line, line, caret)

    def _cut(self, number: int, line: str, caret: int | None) -> SourceLine:
        start = 0 if caret is None or len(line) <= self._wide else max(0, caret - _BEFORE)
        shown, indent = line[start : start + self._wide], 0
        if start == 0:
            indent = len(shown) - len(shown.lstrip())
        before = escaped(shown[indent : max(indent, caret - start)]) if caret is not None else ""
        text = ("…" if start else "") + escaped(shown[indent:]) + ("…" if start + self._wide < len(line) else "")
        return SourceLine(number, text.rstrip(), None if caret is None else len(before) + bool(start))

    def _read(self, file: str) -> list[str]:
        root = self._data.root
        if not isinstance(root, Url) and not (root / file).resolve().is_relative_to(root.resolve()):
            return []  # a link that leads out of the dataset
        item = self._data.item(os.fsencode(file))
        if item.far or item.refusal is not None or self._left <= 0:
            return []
        try:
            content = item.read(OF_FILE)
        except OSError:
            return []
        self._left -= len(content)
        if b"\0" in content:
            return []
        lines = re.split("\r\n|\r|\n", content.decode("utf-8-sig", "replace").replace("\t", " "))
        return lines[:-1] if len(content) == OF_FILE else lines  # the last may be cut
