"""WIDER FACE: one text file a split; an image, the number of its faces, and a line of 10 numbers a face.

Left, top, width and height in pixels, then blur, expression, illumination, invalid, occlusion, pose. An image without a
face has the number 0 and a line of zeros. Reference: http://shuoyang1213.me/WIDERFACE/
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.values import a_number
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.containers.text_lines import beginning, numbered
from datalint.dataset.formats.split_files import SplitFiles, split_of

if TYPE_CHECKING:
    from datalint.dataset.files.image_names import Found
    from datalint.dataset.formats.label_format import LabelFile, Labels

_CLASS = "face"
#: Numbers of a face, and where the mark of those stands that are not to be counted.
_COUNTS, _INVALID = (4, 10), 7
_IMAGE = re.compile(r".+\.[A-Za-z]{3,4}")
_EXPECTED = "the name of an image, the number of its faces, and 10 numbers a face"


class WiderFace(SplitFiles):
    """A file a split."""

    name, title, extensions = "wider-face", "WIDER FACE", ("txt",)
    precision = 1

    def recognise(self, head: bytes) -> bool:
        """An image, a number, and a face or the next image."""
        lines = [line.strip() for line in beginning(head)[:3]]
        if len(lines) < 2 or not _IMAGE.fullmatch(lines[0]) or not re.fullmatch(r"\d{1,9}", lines[1]):
            return False
        return lines[2:] == [] or _face(lines[2]) is not None or _IMAGE.fullmatch(lines[2]) is not None

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """Image by image."""
        _File(file, out).read(data)


class _File:
    def __init__(self, file: LabelFile, out: Labels) -> None:
        self._file = file
        self._out = out
        self._split = split_of(file)
        above = posixpath.dirname(file.folder)
        near = ("images", "", *(f"WIDER_{split}/images" for split in (self._split, "train", "val") if split))
        self._folders = [posixpath.join(folder, name) for folder in (above, file.folder) for name in near]
        self._found: Found | None = None
        self._said: tuple[int, int] | None = None
        """How many faces the image is said to have, and the line of that."""
        self._lines = 0
        """Faces since then."""

    def read(self, data: bytes) -> None:
        """All lines: what each is shows in itself, so that a wrong number of faces costs no other image."""
        for number, text in numbered(data, self._file.path, self._out.problems):
            place, line = Place(self._file.path, number), text.strip()
            if line.isascii() and line.isdigit() and len(line) < 10 and self._said is None:
                self._said = int(line), number
            elif (numbers := _face(line)) is not None:
                self._face(numbers, place)
            elif _IMAGE.fullmatch(line):
                self._check()
                self._image(line, place)
            else:
                path = self._found.path if self._found else None
                self._out.problem("syntax", place, f"{quoted(line)} is not a face", _EXPECTED, path)
                self._lines += 1
        self._check()

    def _image(self, name: str, place: Place) -> None:
        self._said, self._lines = None, 0
        self._found = self._out.image_named(name, self._folders, place, place)
        if self._found is not None and self._split is not None:
            self._out.split(self._found, self._split)

    def _face(self, numbers: list[float], place: Place) -> None:
        self._lines += 1
        if self._found is None:
            self._out.problem("syntax", place, "there is no image in front of this face", _EXPECTED)
        elif self._said is None:
            reason = "the number of faces is missing between the image and this face"
            self._out.problem("syntax", place, reason, _EXPECTED, self._found.path)
        elif self._said[0] == 0 and not any(numbers):
            self._lines -= 1
        else:
            self._out.classes.add(_CLASS)
            is_ignored = len(numbers) > _INVALID and numbers[_INVALID] == 1
            record = Record(self._found, _CLASS, None, place)
            self._out.box(record, numbers[:4], "xywh-pixels", crowd=is_ignored)

    def _check(self) -> None:
        """Report that the image so far has another number of faces than it is said to have."""
        if self._found is None or self._said is None or self._said[0] == self._lines:
            return
        said, line = self._said
        reason = f"{counted(said, 'face is', 'faces are')} announced, and {counted(self._lines, 'follows', 'follow')}"
        self._out.problem("syntax", Place(self._file.path, line), reason, "the number of lines", self._found.path)


def _face(line: str) -> list[float] | None:
    words = line.split()
    numbers = [value for word in words if (value := a_number(word)) is not None]
    return numbers if len(words) in _COUNTS and len(numbers) == len(words) else None


FORMATS = (WiderFace,)
