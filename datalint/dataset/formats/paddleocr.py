"""PaddleOCR: `Label.txt` with an image and the JSON of its places of text a line, and lists of images and their texts.

Lists: `rec_gt.txt` with a tab between image and text, and ICDAR's `gt.txt` with a comma; the images are read from them,
for a text is not a class. Reference: https://paddlepaddle.github.io/PaddleOCR/main/en/datasets/ocr_datasets.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.places import BrokenJSONError, parse
from datalint.dataset.containers.json.values import flat_points, kind_of
from datalint.dataset.containers.records import Place
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
)
from datalint.dataset.formats.split_files import folders_near, put_in_split

if TYPE_CHECKING:
    from datalint.dataset.files.image_names import Found

_PLACES = re.compile(r"[^\t]+\t\s*\[\s*(?:\]|\{.*)")
_TEXTS = re.compile(r"[^\t,]+\.\w{2,5}\s*(?:\t[^\t]*|,\s*\".*\"\s*)")
_LISTS = re.compile(r"(?:\w*rec\w*_gt\w*|rec_gt\w*|gt)", re.IGNORECASE)
_CLASS, _IGNORED = "text", ("###", "*")
_IMAGE = "an image, a tab and its places of text"
_OBJECT = 'an object with "transcription" and "points"'


class _Lines(Format):
    """What both kinds of files share."""

    name, extensions = "paddleocr", ("txt",)
    precision = 1
    pattern: re.Pattern[str]
    """Of a line."""

    def recognise(self, head: bytes) -> bool:
        """Most of the first lines are of the kind."""
        lines = beginning(head)
        return 2 * sum(self.pattern.fullmatch(line.strip()) is not None for line in lines) > len(lines)

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above those of splits."""
        return above_splits(file.folder)

    def image(self, name: str, file: LabelFile, place: Place, out: Labels, more: str = "") -> Found | None:
        """The image that a line names, beside the file or below the folder above it."""
        found = out.image_named(name.strip(), folders_near(file.folder), place, place, more)
        if found is not None:
            put_in_split(found, file, out)
        return found


class Places(_Lines):
    """Files for detection."""

    title = "PaddleOCR"
    counts = (IMAGES, BOXES, LINES)
    pattern = _PLACES

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line an image."""
        out.classes.add(_CLASS)
        for number, line in numbered(data, file.path, out.problems):
            name, tab, text = line.partition("\t")
            place = Place(file.path, number)
            if not tab:
                out.problem("syntax", place, "there is no tab in the line", _IMAGE)
                continue
            try:
                listed, fault = parse(text.encode(), 0, len(text.encode())), None
            except BrokenJSONError as error:
                listed, fault = None, f"what follows the image is {error.reason}"
            lost = counted(len(listed), "place", "places") if isinstance(listed, list) and listed else ""
            found = self.image(name, file, place, out, lost)
            if found is None:
                continue
            if not isinstance(listed, list):
                out.problem("syntax", place, fault or f"{kind_of(listed)} in place of a list", _IMAGE, found.path)
                continue
            for nth, value in enumerate(listed, 1):
                lack = _place(value, Record(found, _CLASS, None, place), out)
                if lack is not None:
                    out.problem("syntax", place, f"place {nth:,}: {lack.reason}", lack.expected, found.path)


class Texts(_Lines):
    """Files for recognition."""

    title = "PaddleOCR's texts"
    counts = (IMAGES,)
    pattern = _TEXTS

    def is_of(self, file: LabelFile, head: bytes) -> bool:
        """Lists of images and classes look the same: the file's name tells."""
        return _LISTS.fullmatch(file.stem) is not None and self.recognise(head)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line an image."""
        for number, line in numbered(data, file.path, out.problems):
            name, between, text = line.partition("\t" if "\t" in line else ",")
            place = Place(file.path, number)
            if not between or not text.strip():
                out.problem("syntax", place, "there is no text after the image", "an image, a tab and its text")
                continue
            self.image(name, file, place, out)


def _place(value: Any, record: Record, out: Labels) -> Fault | None:
    """A place of text as a row, or why it cannot be one."""
    if not isinstance(value, dict):
        return Fault("", f"{kind_of(value)} in place of an object", _OBJECT)
    text, points = value.get("transcription"), flat_points(value.get("points"))
    if not isinstance(text, str):
        return Fault("", "there is no transcription", _OBJECT)
    if points is None or len(points) < 6:
        return Fault("", "`points` is not a list of at least 3 points", "[[x, y], ...]")
    if len(points) == 8:
        out.box(record, points, "quad-pixels", crowd=text in _IGNORED)
    else:
        out.polygon(record, points)
    return None


FORMATS = (Places, Texts)
