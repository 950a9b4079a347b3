"""Which images of the dataset a file mentions, whatever its format, and whether it does so as label records do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Words of a file: names of images may hold spaces and brackets, or stand between them.
_WORDS = (re.compile(rb"[\s\"',;|<>()\[\]{}=:*`/\\\0]+"), re.compile(rb'["\r\n\t,;|<>/\\\0]+'))
#: Bytes that are taken apart at once; no name is longer than what the parts share.
_PART, _SHARED = 1 << 20, 1 << 10
#: A name without its extension is told from any other word by a digit in it, and from a number by its zeros or length.
_STEM = re.compile(r"(?=.*\d)(?:0\d{4,}|\d{8,}|(?=.*[^\d.eE+-]).{5,})", re.DOTALL)
_BRACKETS = (b"{", b"[")
_CHECKSUM = re.compile(rb"[0-9a-fA-F]{32,128}\s")
_SPLIT = re.compile(rb':\s*"(?:train|training|val|valid|validation|test)"')
#: A file that is not text: nothing is known of its records.
_BINARY = b"\0"


class ImageNames:
    """The names of the images of a dataset; those of one name in several folders are one."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        self._numbers: dict[bytes, int] = {}
        for number, name in enumerate(self.names):
            stem = name.rpartition(".")[0]
            if _STEM.fullmatch(stem):
                self._numbers.setdefault(stem.encode(), number)
        self._numbers |= {name.encode(): number for number, name in enumerate(self.names)}

    def mentioned(self, data: bytes) -> set[int]:
        """The numbers of the names that stand in a file."""
        found: set[int] = set()
        for part in _parts(data):
            for word in _WORDS:
                found |= self._among({text.strip() for text in word.split(part)})
        return found

    def _among(self, words: set[bytes]) -> set[int]:
        words |= {unquote_to_bytes(word) for word in words if b"%" in word}
        return {self._numbers[word] for word in words & self._numbers.keys()}

    def are_records(self, data: bytes) -> bool:
        """Whether a file that begins with `data` says something of the images that it mentions, one by one.

        A list of images says nothing of them, and a text that comes to speak of some has other lines too.
        """
        if _BINARY in data:
            return True
        begin = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if begin in _BRACKETS:
            return 0 < len(self.mentioned(data)) <= data.count(b":") - len(_SPLIT.findall(data))
        if begin == b"<":
            return True
        lines = [line for line in data.splitlines() if line.strip()]
        said = sum(map(self._says_something, lines))
        return 2 * said >= len(lines) > 0

    def _says_something(self, line: bytes) -> bool:
        """Whether a line has more than the name of an image and what is in front of it in a path."""
        text = line.strip().strip(b"\"'-").strip()
        if _CHECKSUM.match(text) or not self.mentioned(text):
            return False
        last = text.replace(b"\\", b"/").rpartition(b"/")
        return not (last[2] in self._numbers and not re.search(rb"[\s,;|]", last[0]))


def _parts(data: bytes) -> Iterator[bytes]:
    data = data.replace(b"\\/", b"/")
    for begin in range(0, len(data), _PART):
        yield data[max(0, begin - _SHARED) : begin + _PART]


__all__ = ["ImageNames"]
