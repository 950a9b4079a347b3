"""The text of a JSON file, and what is wrong in it, each with its place."""

from __future__ import annotations

import codecs

from datalint.dataset.containers.json.places import Places
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Place, Problem, decode

#: Bytes that are checked for UTF-8 at a time: the text of a large file is never there as a whole.
_STEP = 1 << 20


class Text:
    """A JSON file in UTF-8, without a byte order mark; what is wrong with it comes to be in `problems`."""

    def __init__(self, data: bytes, file: str) -> None:
        self.file = file
        self.problems = Problems()
        if data.startswith(b"\xef\xbb\xbf") or not _is_utf8(data):
            text, odd = decode(data, file)
            self.problems += odd
            data = text.encode("utf-8", "replace")
        self.data = data
        self.places = Places(data)

    def place(self, at: int, pointer: str | None = None) -> Place:
        """The place of an offset in bytes."""
        return self.places.place(self.file, at, pointer)

    def problem(self, kind: str, at: int, pointer: str | None, reason: str, expected: str) -> Problem:
        """What is wrong at an offset."""
        return Problem(kind, self.place(at, pointer), reason, expected)

    def report(self, kind: str, at: int, pointer: str | None, reason: str, expected: str) -> None:
        """Keep what is wrong at an offset as one of `problems`."""
        self.problems.append(self.problem(kind, at, pointer, reason, expected))


def as_text(first: bytes) -> bytes:
    """The beginning of a file in UTF-8, without a byte order mark and the spaces before the first value."""
    if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
        first = first.decode("utf-16", "replace").encode()
    return first.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for first in range(0, len(data), _STEP):
            decoder.decode(data[first : first + _STEP])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


__all__ = ["Text", "as_text"]
