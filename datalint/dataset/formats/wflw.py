"""WFLW: a face a line, 98 points, the box around it, 6 attributes and the image at the end; test lists have no box.

Reference: https://wywu.github.io/projects/LAB/WFLW.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.containers.text_lines import beginning, numbered
from datalint.dataset.containers.xml import number as a_number
from datalint.dataset.formats.label_format import BOXES, IMAGES, POINTS, LabelFile, Labels
from datalint.dataset.formats.split_files import Rows, SplitFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

_POINTS = 196
#: Numbers in front of the image: points alone, or with a box and attributes.
_COUNTS = (_POINTS, _POINTS + 10)
_CLASS = "face"
_EXPECTED = "98 points, a box and 6 attributes, and the image"


class Wflw(SplitFiles):
    """A list a split."""

    name, title, extensions = "wflw", "WFLW", ("txt",)
    counts = (IMAGES, BOXES, POINTS)
    precision = 1

    def recognise(self, head: bytes) -> bool:
        """Lines of so many words; none but the last is not a number."""
        words = _words((beginning(head) or [""])[0])
        if len(words) - 1 not in _COUNTS or a_number(words[-1]) is not None:
            return False
        return sum(a_number(word) is None for word in words) == 1

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line a face."""
        images = Rows(file, out)
        for number, text in numbered(data, file.path, out.problems):
            place, words = Place(file.path, number), _words(text)
            if len(words) - 1 not in _COUNTS:
                out.problem("syntax", place, f"{counted(len(words), 'word')} in the line", _EXPECTED)
                continue
            numbers = [value for word in words[:-1] if (value := a_number(word)) is not None]
            if len(numbers) != len(words) - 1:
                bad = next(word for word in words[:-1] if a_number(word) is None)
                out.problem("syntax", place, f"{quoted(bad)} is not a number", _EXPECTED)
                continue
            found = images.image(words[-1], place, lost="a face")
            if found is None:
                continue
            out.classes.add(_CLASS)
            record = Record(found, _CLASS, None, place)
            box = out.box(record, numbers[_POINTS : _POINTS + 4], "xyxy-pixels") if len(numbers) > _POINTS else None
            out.keypoints(record, list(_visible(numbers[:_POINTS])), box=box)


def _words(text: str) -> list[str]:
    """The numbers of a line, and the image, whose name may have blanks."""
    words = text.rstrip().split(None, _COUNTS[1])
    return words if len(words) > _COUNTS[1] else text.rstrip().split(None, _POINTS)


def _visible(points: list[float]) -> Iterator[float]:
    for x, y in zip(points[::2], points[1::2], strict=True):
        yield from (x, y, 2.0)


FORMATS = (Wflw,)
