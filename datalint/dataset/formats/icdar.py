"""ICDAR's places of text: `gt_img_1.txt` of `img_1.jpg`, a place a line: the corners in pixels and the text.

Four corners as of ICDAR 2015 and 2017, two as of 2013, or more as of outlines. All places have the class `text`; the
text `###` marks one to be ignored. Reference: https://rrc.cvc.uab.es/?ch=4&com=tasks
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.values import a_number
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.containers.text_lines import beginning, numbered
from datalint.dataset.formats.label_format import (
    BOXES,
    IMAGES,
    LINES,
    Fault,
    Format,
    LabelFile,
    Labels,
    above_splits,
    first_split,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED = re.compile(r"(?:poly_)?gt_(?P<image>.+)", re.IGNORECASE | re.DOTALL)
_CLASS, _IGNORED = "text", "###"
_CORNERS = 8
_EXPECTED = "x and y of four corners, and the text"


class _Line(NamedTuple):
    """The numbers in front of a text."""

    numbers: list[float]
    text: str


class Icdar(Format):
    """The files of a folder are one dataset, with those of other splits."""

    name, title, extensions = "icdar", "ICDAR", ("txt",)
    counts = (IMAGES, BOXES, LINES)
    precision = 1
    one_image = True

    def recognise(self, head: bytes) -> bool:
        """Lines of four corners and a text that is not a number, between commas."""
        lines = beginning(head)
        found = [_taken_apart(line) for line in lines if line.count(",") >= _CORNERS]
        fit = [line for line in found if len(line.numbers) >= _CORNERS and re.search(r"[^\d\s.,+-]", line.text)]
        return 2 * len(fit) > len(lines)

    def is_of(self, file: LabelFile, head: bytes) -> bool:
        """Of a file that is named `gt_` and an image, any line of a place; none at all if the image is there."""
        named = _NAMED.fullmatch(file.stem)
        if named is None:
            return self.recognise(head)
        lines = [_taken_apart(line) for line in beginning(head)]
        if not lines:
            return self.tree.names.by_stem(named["image"], [file.folder]).row is not None
        return 2 * sum(isinstance(_shape(line), _Line) for line in lines) > len(lines)

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above those of splits."""
        return above_splits(file.folder)

    def search(self, folder: str, root: str) -> Iterator[str]:
        """Beside the file, in `images`, or in a folder beside it."""
        above = posixpath.dirname(folder)
        yield folder
        for name in ("images", "Images", "imgs", "img", "image"):
            yield posixpath.join(folder, name)
            yield posixpath.join(above, name)
        yield above

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line a place."""
        named = _NAMED.fullmatch(file.stem)
        found = out.image_of(file._replace(stem=named["image"]) if named else file, None, Place(file.path, 1))
        if found is None:
            return
        out.image(found, Place(file.path, 1))
        if (split := first_split(file.folder.split("/")[::-1])) is not None:
            out.split(found, split)
        out.classes.add(_CLASS)
        for number, text in numbered(data, file.path, out.problems):
            record = Record(found, _CLASS, None, Place(file.path, number))
            line = _shape(_taken_apart(text))
            if isinstance(line, Fault):
                out.lost(line, record.place, found.path)
            else:
                add(line.numbers, line.text, record, out)


def add(numbers: list[float], text: str, record: Record, out: Labels) -> None:
    """A place of text: two, four or more corners."""
    if len(numbers) > _CORNERS:
        out.polygon(record, numbers)
        return
    unit = "xyxy-pixels" if len(numbers) == _CORNERS // 2 else "quad-pixels"
    out.box(record, numbers, unit, crowd=text.strip().strip('"') == _IGNORED or text.strip().endswith(f",{_IGNORED}"))


def _taken_apart(line: str) -> _Line:
    """A line with commas or blanks between its words; numbers after the fourth corner may be the text's own."""
    commas = "," in line.partition('"')[0]
    words = [word.strip() for word in line.split(",")] if commas else line.split()
    values = [a_number(word) for word in words]
    count = next((place for place, value in enumerate(values) if value is None), len(values))
    if count > _CORNERS and (count % 2 or count == len(values)):
        count = _CORNERS
    numbers = [value for value in values[:count] if value is not None]
    return _Line(numbers, ("," if commas else " ").join(words[count:]))


def _shape(line: _Line) -> _Line | Fault:
    """The line, or why it is not a place of text."""
    count = len(line.numbers)
    if count >= _CORNERS or (count == _CORNERS // 2 and line.text):
        return line
    if not count:
        return Fault("", f"{quoted(line.text)} does not begin with a number", _EXPECTED)
    return Fault("", f"{counted(count, 'number')} in front of the text {quoted(line.text)}", _EXPECTED)


FORMATS = (Icdar,)
