"""`labels.json` of FiftyOneImageDetectionDataset and FiftyOneImageClassificationDataset."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import Document, as_text, escaped, kind_of
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.formats import exports, json_fields, split_files
from datalint.dataset.formats.label_format import BOXES, IMAGES, Counted, Fault, LabelFile, Labels, above_splits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.files.image_names import Found

_OWN = re.compile(rb'\{\s*"classes"\s*:\s*(?:\[[^\[\]]*\]|null)\s*,\s*"labels"\s*:\s*\{')
_DETECTION = 'an object with "label" and "bounding_box"'


class Simple(exports.Export):
    """Files below the folders of splits are one dataset."""

    name, title, extensions = "fiftyone", "FiftyOne", ("json",)
    counts = (IMAGES, BOXES, Counted("labels", "label", "labels"))

    def recognise(self, head: bytes) -> bool:
        """Classes, then labels by the names of images."""
        return bool(_OWN.match(as_text(head)))

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above those of splits."""
        return above_splits(file.folder)

    def search(self, folder: str, root: str) -> Iterator[str]:
        """`data` beside the file, and the file's own folder."""
        yield posixpath.join(folder, "data")
        yield folder

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """An image a key."""
        document = Document(data, file.path)
        known = document.members(document.root(), "", "an object with classes and labels")
        document.check_end()
        listed = document.value(known.get("classes"))
        classes = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
        for name in classes:
            out.declare_once(name, file.path)
        labels = json_fields.begun(document, known, "labels")
        for name, at in document.members(labels, "/labels", "an object").items() if labels is not None else ():
            place = Place(file.path, document.line(at), None, f"/labels/{escaped(name)}")
            value = document.value(at)
            if value is None and document.data[at : at + 4] == b"null":
                self.leave(out, "image without a label")
                continue
            found = _image(name, place, file, out)
            if found is None:
                continue
            if (split := split_files.split_of(file)) is not None:
                out.split(found, split)
            _labels(document, at, value, classes, found, place, out)
        out.problems += document.problems


def _image(name: str, place: Place, file: LabelFile, out: Labels) -> Found | None:
    """The image of a key, which has no extension."""
    folders = out.folders_of(file.folder)
    found = out.names.by_stem(name, folders)
    said, where = (out.names.path(found.row), [""]) if found.row is not None else (name, folders)
    return out.image_named(said, where, place, place)


def _labels(
    document: Document, at: int, value: Any, classes: Sequence[str], found: Found, place: Place, out: Labels
) -> None:
    """The objects of an image, or its class, or a list of classes."""

    def put(one: Any, where: Place) -> Fault | None:
        if isinstance(one, dict) and "bounding_box" in one:
            return _box(one, classes, found, where, out)
        return _class(one, classes, found, where, out)

    if isinstance(value, list):
        json_fields.each(
            document, (at, place.pointer or ""), _DETECTION, out, put, ("label", "bounding_box"), found.path
        )
    elif (fault := put(value, place)) is not None:
        out.lost(fault, place, found.path)


def _box(one: dict[str, Any], classes: Sequence[str], found: Found, place: Place, out: Labels) -> Fault | None:
    name = _named(one.get("label"), classes, found, place, out)
    if isinstance(name, Fault):
        return name._replace(step=f"/label{name.step}" if "label" in one else "")
    sides = json_fields.listed_numbers(one["bounding_box"], 4, "/bounding_box", "left, top, width, height, as shares")
    if isinstance(sides, Fault):
        return sides
    out.box(Record(found, name, None, place), sides, "xywh-share")
    out.classes.add(name)
    return None


def _class(one: Any, classes: Sequence[str], found: Found, place: Place, out: Labels) -> Fault | None:
    given = one.get("label") if isinstance(one, dict) else one
    name = _named(given, classes, found, place, out)
    if isinstance(name, Fault):
        return name._replace(step="/label") if isinstance(one, dict) and "label" in one else name
    out.label(Record(found, name, None, place))
    out.classes.add(name)
    return None


def _named(given: Any, classes: Sequence[str], found: Found, place: Place, out: Labels) -> str | Fault:
    """The class, given by name or by its place in the list; one that is not declared stands for itself."""
    if isinstance(given, bool) or not isinstance(given, int | str) or not str(given).strip():
        return Fault("", f"{kind_of(given)} in place of a class", "the name of a class, or its number")
    if isinstance(given, int) and 0 <= given < len(classes):
        return classes[given]
    if classes and given not in classes:
        expected = f"one of the {counted(len(classes), 'declared class', 'declared classes')}"
        out.problem("unknown-category", place, f"the class {quoted(given)} is not declared", expected, found.path)
    return str(given).strip()
