"""Records of a label file, whatever its syntax: text columns, the line of each record, and what could not be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import polars as pl

#: Between the items of a list in one cell. No text file holds it by accident.
ITEM = "\x1f"

#: Characters that a message shows of a word of a label file, and of a name: of a file, a class, a step of a pointer.
LONGEST_WORD, LONGEST_NAME = 60, 200


class Kind(StrEnum):
    """What became of a file that may hold labels."""

    READ = "read"
    NOT_LABELS = "not-labels"
    """Looked into: it does not hold labels of this dataset."""
    OTHER = "other"
    """A file of another kind, such as settings. It is not reported."""
    KNOWN_FORMAT = "known-format"
    """Labels of a format that is known and not read."""
    UNREADABLE = "unreadable"
    UNUSED = "unused"
    """Labels that another file leads, or of images that are not there."""


class Outcome(NamedTuple):
    """What became of a file: the kind for code, the words for people."""

    kind: Kind
    words: str
    """The same of all files that came to the same."""
    detail: str = ""
    """What to add for this file."""

    def __str__(self) -> str:
        return f"{self.words}: {self.detail}" if self.detail else self.words


def unreadable(error: OSError) -> Outcome:
    """Of a file that cannot be read."""
    return Outcome(Kind.UNREADABLE, f"cannot be read: {error.strerror or error}")


def refused(reason: object) -> Outcome:
    """Of a file that holds no labels, for this reason."""
    return Outcome(Kind.NOT_LABELS, f"not read as labels: {reason}")


class Place(NamedTuple):
    """A place in a label file."""

    file: str
    """Relative to the root."""
    line: int | None = None
    """1-based, like `column`."""
    column: int | None = None
    pointer: str | None = None
    """Of the JSON value (RFC 6901)."""


class Problem(NamedTuple):
    """A record that could not be used, or what else is wrong in a label file: a row of the `problems` table."""

    kind: str
    """One of PROBLEM_KINDS."""
    place: Place
    reason: str
    expected: str
    path: str | None = None
    """The image that it is about."""

    @property
    def file(self) -> str:
        """Of the place."""
        return self.place.file

    @property
    def line(self) -> int | None:
        """Of the place."""
        return self.place.line

    @property
    def column(self) -> int | None:
        """Of the place."""
        return self.place.column

    @property
    def pointer(self) -> str | None:
        """Of the place."""
        return self.place.pointer

    def row(self) -> tuple[str | int | None, ...]:
        """In the order of the table's columns."""
        return self.kind, *self.place, self.reason, self.expected, self.path


class NotRecordsError(ValueError):
    """A file that holds no records that can be read: the reason, in words."""


class NotUsableError(ValueError):
    """Records that are not labels of this dataset: the reason, in words."""


@dataclass
class Records:
    """What a label file holds. Records in the file = rows of `frame` + problems of kind `syntax`."""

    frame: pl.DataFrame
    """One record a row; every column is text, null where the record has no value."""
    lines: pl.Series
    """1-based line of each record (UInt32)."""
    pointers: pl.Series | None = None
    """JSON pointer of each record."""
    problems: list[Problem] = field(default_factory=list)
    header: bool = True
    """Whether the columns have names; else they are column_1, column_2, ..."""


def decode(data: bytes, file: str) -> tuple[str, list[Problem]]:
    """The text of a label file, and what is odd about its encoding.

    UTF-8 is expected; a byte order mark is dropped, UTF-16 is read by its mark, all else as Windows-1252 or Latin-1.
    """

    def odd(line: int, column: int, reason: str) -> list[Problem]:
        return [Problem("encoding", Place(file, line, column), reason, "UTF-8 without a byte order mark")]

    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), odd(1, 1, "the file is UTF-16")
    if data.startswith(b"\xef\xbb\xbf"):
        text, problems = decode(data[3:], file)
        return text, [*odd(1, 1, "the file starts with a byte order mark"), *problems]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = len(re.findall(rb"\r\n|\n|\r", before)) + 1
        column = error.start - max(before.rfind(b"\n"), before.rfind(b"\r"))
        byte = data[error.start]
    for name in ("cp1252", "latin-1"):
        try:
            return data.decode(name), odd(line, column, f"byte 0x{byte:02X} is not UTF-8; the file was read as {name}")
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 decodes every byte")


def shortened(text: str, most: int = LONGEST_WORD) -> str:
    """The first characters of a text, as a message shows it."""
    return text if len(text) <= most else text[:most] + "…"


def quoted(value: object, most: int = LONGEST_WORD) -> str:
    """A word of a label file in quotes, as a message shows it: no more than its beginning, control characters escaped.

    What a message says of a file's content goes through this, `shortened` or `cited`, without exception.
    """
    return repr(shortened(value, most)) if isinstance(value, str) else shortened(repr(value), most)


def cited(message: str) -> str:
    """What another program says of a label file, on one line: words of the file may be among it, so all are cut."""
    return shortened(" ".join(map(shortened, message.split())), LONGEST_NAME)
