"""CreateML: one JSON list of images, each with its boxes, measured from their centres.

Reference: https://developer.apple.com/documentation/createml/building-an-object-detector-data-source
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.dataset.assembly.collector import Collector, Record
from datalint.dataset.containers.json import document as json_parts
from datalint.dataset.containers.json.document import (
    Document,
    Part,
    a_number,
    kind_of,
)
from datalint.dataset.containers.records import Kind, Outcome, Place, unreadable
from datalint.dataset.files.image_names import Found, ImageNames
from datalint.dataset.files.splits import canonical
from datalint.dataset.files.walk import LABEL_EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree

NAME = "createml"

_BEGINS = re.compile(rb'\[\s*\{\s*"(?:image|imagefilename|annotations?)"\s*:')
_IMAGE = re.compile(rb'"(?:image|imagefilename)"\s*:\s*"')
_OBJECT = re.compile(rb'"coordinates"\s*:\s*\{')
_NOTHING = re.compile(rb'"annotations?"\s*:\s*\[\s*\]')
_IMAGE_KEYS = ("image", "imagefilename", "imageFilename", "filename")
_OBJECT_KEYS = ("annotations", "annotation")
_SIDES = ("x", "y", "width", "height")
_IMAGE_EXPECTED = 'an object with "image" and "annotations"'
_OBJECT_EXPECTED = 'an object with "label" and "coordinates"'


class _File(NamedTuple):
    path: str
    row: int
    folder: str
    stem: str


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every dataset of this format under the root: files that differ in the split's folder only are one."""
    rows = tree.usable("json").select("path", "file_row", "folder", "stem")
    groups: dict[str, list[_File]] = {}
    for row in rows.iter_rows():
        file = _File(*row)
        try:
            if _is_own(json_parts.as_text(tree.head(file.row)[: json_parts.SNIFF])):
                groups.setdefault(_root_of(file.folder), []).append(file)
        except OSError:
            continue  # nobody knows what it is
    names = tree.names if groups else None
    return [_Reader(tree, names, root, files).read() for root, files in sorted(groups.items()) if names is not None]


def _is_own(text: bytes) -> bool:
    if not _BEGINS.match(text):
        return False
    return bool(_OBJECT.search(text)) or bool(_NOTHING.search(text) and _IMAGE.search(text) and b'"bbox"' not in text)


def _root_of(folder: str) -> str:
    parts = folder.split("/")
    while parts and canonical(parts[-1]):
        parts.pop()
    return "/".join(parts)


class _Reader:
    """The files of one dataset."""

    def __init__(self, tree: Tree, names: ImageNames, root: str, files: Sequence[_File]) -> None:
        self._tree = tree
        self._names = names
        self._files = files
        self._place = files[0].path if len(files) == 1 else root
        self._out = Collector(NAME, self._place)
        self._classes: set[str] = set()
        self._first: dict[tuple[str, str], str] = {}

    def read(self) -> Annotations:
        """Everything in them."""
        out = self._out
        for file in self._files:
            before = out.count("named"), out.count("boxes"), out.count("labels")
            try:
                data = self._tree.data(file.row)
            except OSError as error:
                out.outcomes[file.path] = unreadable(error)
                continue
            document = Document(data, file.path)
            for part in document.items(document.root(), "", _IMAGE_EXPECTED):
                if not part.broken:
                    self._image(document, part, file)
            document.check_end()
            out.problems += document.problems
            counts = (
                out.count(table) - count for table, count in zip(("named", "boxes", "labels"), before, strict=True)
            )
            out.outcomes[file.path] = Outcome(Kind.READ, "read as CreateML", f"{_words(*counts)}")
        said = _words(out.count("named"), out.count("boxes"), out.count("labels"))
        classes = _counted(len(self._classes), "class", "classes")
        out.evidence.insert(0, f"CreateML: {self._place or 'the root'}, {said}, {classes}.")
        return out.annotations()

    def _image(self, document: Document, part: Part, file: _File) -> None:
        out, image = self._out, part.value
        if not isinstance(image, dict):
            reason = f"{kind_of(image)} in place of an image"
            out.problem("syntax", Place(file.path, part.line, None, part.pointer), reason, _IMAGE_EXPECTED)
            return
        known = document.members(part.at, part.pointer, _IMAGE_EXPECTED)
        key = next((key for key in _IMAGE_KEYS if key in known), None)
        objects = next((key for key in _OBJECT_KEYS if key in known), None)
        listed = image[objects] if objects is not None else None
        name = image[key] if key is not None else None
        where = f"{part.pointer}/{key}" if key is not None else part.pointer
        found = self._find(file, name) if isinstance(name, str) else Found(None, None, "no image is named")
        if found.path is None:
            more = f", with {_counted(len(listed), 'object', 'objects')}" if isinstance(listed, list) else ""
            reason = f"{found.fault or 'no image is named'}{more}"
            out.problem("syntax", Place(file.path, part.line, None, where), reason, "the name of an image")
            return
        if found.fault:
            out.problem(
                "path", Place(file.path, part.line, None, where), found.fault, "the name of an image", found.path
            )
        first = self._first.setdefault((file.path, found.path), part.pointer)
        if first != part.pointer:
            reason = f"the image {str(name)[:200]!r} stands here again, after {first}"
            out.problem(
                "repeated-id", Place(file.path, part.line, None, part.pointer), reason, "each image once", found.path
            )
        out.image(found, Place(file.path, part.line, None, part.pointer))
        split = next((split for one in (*file.folder.split("/")[::-1], file.stem) if (split := canonical(one))), None)
        if split is not None:
            out.split(found, split)
        if objects is None:
            reason = "the image has no `annotations`"
            out.problem(
                "syntax", Place(file.path, part.line, None, part.pointer), reason, "a list, empty if nothing is in it"
            )
        if objects is None or listed is None:
            return
        pointer = f"{part.pointer}/{objects}"
        if isinstance(listed, str):
            out.label(Record(found, listed, None, Place(file.path, part.line, None, pointer)))
            self._classes.add(listed)
        elif not isinstance(listed, list):
            line = document.line(known[objects])
            reason = f"{kind_of(listed)} in place of a list of objects"
            out.problem("syntax", Place(file.path, line, None, pointer), reason, "a list", found.path)
        else:
            for one in document.items(known[objects], pointer, _OBJECT_EXPECTED):
                if one.broken:
                    continue
                document.check_keys(one, ("label", "coordinates"), _OBJECT_EXPECTED)
                fault = self._object(one, found, file)
                if fault is not None:
                    place, reason, expected = fault
                    where = f"{one.pointer}{place}"
                    out.problem("syntax", Place(file.path, one.line, None, where), reason, expected, found.path)

    def _find(self, file: _File, name: str) -> Found:
        folder = f"{file.folder}/" if file.folder else ""
        found = self._names.find(name, [file.folder, f"{folder}images"])
        if found.row is not None and self._names.path(found.row).rpartition(".")[2].lower() in LABEL_EXTENSIONS:
            return Found(None, None, f"{name[:200]!r} is no image")
        return found

    def _object(self, part: Part, found: Found, file: _File) -> tuple[str, str, str] | None:
        """The object as a row; or where in it the fault is, what it is, and what was expected."""
        record: Any = part.value
        if not isinstance(record, dict):
            return "", f"{kind_of(record)} in place of an object", _OBJECT_EXPECTED
        label = record.get("label")
        if isinstance(label, int) and not isinstance(label, bool):
            label = str(label)
        if not isinstance(label, str) or not label.strip():
            return ("/label" if "label" in record else ""), "the object has no label", "the name of a class"
        sides = record.get("coordinates")
        if not isinstance(sides, dict):
            where = "/coordinates" if "coordinates" in record else ""
            return where, "the object has no coordinates", "x, y, width and height"
        raw: list[float] = []
        for side in _SIDES:
            value = a_number(sides.get(side))
            if value is None:
                if side not in sides:
                    return "/coordinates", f"the box has no `{side}`", "4 numbers: x, y, width, height"
                return f"/coordinates/{side}", f"`{side}` is {kind_of(sides[side])}", "a number of pixels"
            raw.append(value)
        self._classes.add(label.strip())
        place = Place(file.path, part.line, None, part.pointer)
        self._out.box(Record(found, label.strip(), None, place), raw, "cxcywh-pixels")
        return None


def _words(images: int, boxes: int, labels: int) -> str:
    said = [_counted(images, "image", "images"), _counted(boxes, "box", "boxes")]
    return ", ".join(said + ([_counted(labels, "label", "labels")] if labels else []))


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


__all__ = ["NAME", "read"]
