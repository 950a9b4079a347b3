"""CreateML: one JSON list of images, each with its boxes, measured from their centres.

Reference: https://developer.apple.com/documentation/createml/building-an-object-detector-data-source
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import SNIFF, Document, Part, a_number, as_text, kind_of
from datalint.dataset.containers.records import Place
from datalint.dataset.formats.label_format import (
    BOXES,
    IMAGES,
    Counted,
    Fault,
    Format,
    LabelFile,
    Labels,
    above_splits,
    first_split,
)

if TYPE_CHECKING:
    from datalint.dataset.files.image_names import Found

_BEGINS = re.compile(rb'\[\s*\{\s*"(?:image|imagefilename|annotations?)"\s*:')
_IMAGE = re.compile(rb'"(?:image|imagefilename)"\s*:\s*"')
_OBJECT = re.compile(rb'"coordinates"\s*:\s*\{')
_NOTHING = re.compile(rb'"annotations?"\s*:\s*\[\s*\]')
_IMAGE_KEYS = ("image", "imagefilename", "imageFilename", "filename")
_OBJECT_KEYS = ("annotations", "annotation")
_SIDES = ("x", "y", "width", "height")
_IMAGE_EXPECTED = 'an object with "image" and "annotations"'
_OBJECT_EXPECTED = 'an object with "label" and "coordinates"'


class CreateML(Format):
    """Files that differ in the split's folder only are one dataset."""

    name, title, extensions = "createml", "CreateML", ("json",)
    counts = (IMAGES, BOXES, Counted("labels", "label", "labels"))

    def recognise(self, head: bytes) -> bool:
        """A list of images with coordinates, or with nothing in them."""
        text = as_text(head[:SNIFF])
        if not _BEGINS.match(text):
            return False
        empty = bool(_NOTHING.search(text) and _IMAGE.search(text)) and b'"bbox"' not in text
        return bool(_OBJECT.search(text)) or empty

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above those of splits."""
        return above_splits(file.folder)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A list of images."""
        document = Document(data, file.path)
        for part in document.items(document.root(), "", _IMAGE_EXPECTED):
            if not part.broken:
                _image(document, part, file, out)
        document.check_end()
        out.problems += document.problems


def _image(document: Document, part: Part, file: LabelFile, out: Labels) -> None:
    image = part.value
    place = Place(file.path, part.line, None, part.pointer)
    if not isinstance(image, dict):
        out.problem("syntax", place, f"{kind_of(image)} in place of an image", _IMAGE_EXPECTED)
        return
    known = document.members(part.at, part.pointer, _IMAGE_EXPECTED)
    key = next((key for key in _IMAGE_KEYS if key in known), None)
    objects = next((key for key in _OBJECT_KEYS if key in known), None)
    listed = image[objects] if objects is not None else None
    name = image[key] if key is not None else None
    named = place._replace(pointer=f"{part.pointer}/{key}") if key is not None else place
    folder = f"{file.folder}/" if file.folder else ""
    lost = counted(len(listed), "object") if isinstance(listed, list) else ""
    found = out.image_named(name, [file.folder, f"{folder}images"], place, named, lost)
    if found is None:
        return
    if (split := first_split((*file.folder.split("/")[::-1], file.stem))) is not None:
        out.split(found, split)
    if objects is None:
        out.problem("syntax", place, "the image has no `annotations`", "a list, empty if nothing is in it")
    elif listed is not None:
        _objects(document, known[objects], place._replace(pointer=f"{part.pointer}/{objects}"), listed, found, out)


def _objects(document: Document, at: int, place: Place, listed: Any, found: Found, out: Labels) -> None:
    if isinstance(listed, str):
        out.label(Record(found, listed, None, place))
        out.classes.add(listed)
        return
    if not isinstance(listed, list):
        where = place._replace(line=document.line(at))
        out.problem("syntax", where, f"{kind_of(listed)} in place of a list of objects", "a list", found.path)
        return
    for one in document.items(at, place.pointer or "", _OBJECT_EXPECTED):
        if one.broken:
            continue
        document.check_keys(one, ("label", "coordinates"), _OBJECT_EXPECTED)
        where = Place(place.file, one.line, None, one.pointer)
        fault = _object(one.value, found, where, out)
        if fault is not None:
            out.lost(fault, where, found.path)


def _object(record: Any, found: Found, place: Place, out: Labels) -> Fault | None:
    """The object as a row, or why it cannot be one."""
    if not isinstance(record, dict):
        return Fault("", f"{kind_of(record)} in place of an object", _OBJECT_EXPECTED)
    label = record.get("label")
    if isinstance(label, int) and not isinstance(label, bool):
        label = str(label)
    if not isinstance(label, str) or not label.strip():
        return Fault("/label" if "label" in record else "", "the object has no label", "the name of a class")
    sides = record.get("coordinates")
    if not isinstance(sides, dict):
        where = "/coordinates" if "coordinates" in record else ""
        return Fault(where, "the object has no coordinates", "x, y, width and height")
    raw: list[float] = []
    for side in _SIDES:
        value = a_number(sides.get(side))
        if value is None:
            if side not in sides:
                return Fault("/coordinates", f"the box has no `{side}`", "4 numbers: x, y, width, height")
            return Fault(f"/coordinates/{side}", f"`{side}` is {kind_of(sides[side])}", "a number of pixels")
        raw.append(value)
    out.classes.add(label.strip())
    out.box(Record(found, label.strip(), None, place), raw, "cxcywh-pixels")
    return None


FORMATS = (CreateML,)
