"""LabelMe: one JSON file an image, as the desktop program writes it, and the XML of the older web tool.

References: https://github.com/wkentaro/labelme (labelme/_label_file.py) and, for the XML,
http://labelme.csail.mit.edu/Release3.0/browserTools/php/matlab_toolbox.php
"""

from __future__ import annotations

import math
import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from datalint.dataset.assembly.collector import Collector, Record
from datalint.dataset.containers import xml as xml_file
from datalint.dataset.containers.json import document as json_parts
from datalint.dataset.containers.json.document import (
    Document,
    Part,
    a_number,
    kind_of,
)
from datalint.dataset.containers.records import Kind, Outcome, Place, unreadable
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.files.image_names import Found, ImageNames
from datalint.dataset.files.splits import canonical
from datalint.dataset.files.walk import LABEL_EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree

NAME = "labelme"

#: The keys of the desktop program's file; `shapes` may come behind a long `imageData`.
_SHAPES = re.compile(rb'"shapes"\s*:\s*\[')
_OWN = ("imagePath", "imageData", "imageHeight", "imageWidth")
_KEYS = re.compile(rb'"(?:%s)"\s*:' % "|".join(_OWN).encode())
#: What a file that ends in the middle may have in their place.
_SHAPE = re.compile(rb'"(?:shape_type|group_id|line_color)"\s*:')
_WEB = re.compile(rb"<(?:pt|imagesize|segm|sourceAnnotation|submittedBy)[\s/>]")
_VOC = re.compile(rb"<bndbox[\s/>]")
#: Folders beside the label files' that may hold the images.
_IMAGES = ("images", "Images", "imgs", "img", "JPEGImages", "image")
#: Folders of the web tool's masks: labels, and no images.
_MASKS = ("masks", "scribbles")
_EXPECTED = "an object with label, points and shape_type"

#: Shape type -> how many points it takes.
_POINTS: dict[str, Callable[[int], bool]] = {
    "rectangle": lambda count: count in (2, 4),
    "circle": lambda count: count == 2,
    "line": lambda count: count == 2,
    "point": lambda count: count == 1,
    "mask": lambda count: count == 2,
    "rotation": lambda count: count == 4,
    "polygon": lambda count: count > 0,
    "linestrip": lambda count: count > 0,
    "points": lambda count: count > 0,
}
_WANTED = {
    "rectangle": "2 points: opposite corners",
    "circle": "2 points: the centre and one of the circle",
    "line": "2 points",
    "point": "1 point",
    "mask": "2 points: opposite corners",
    "rotation": "4 points: the corners",
}


class _File(NamedTuple):
    path: str
    row: int
    folder: str
    stem: str


def read(tree: Tree, config: Config) -> list[Annotations]:
    """The label files of the desktop program as one dataset, those of the web tool as another."""
    found: list[Annotations] = []
    names: ImageNames | None = None
    for extension, reader in (("json", _Desktop), ("xml", _Web)):
        rows = tree.usable(extension)
        files = [_File(*row) for row in rows.select("path", "file_row", "folder", "stem").iter_rows()]
        own = reader.sniff(tree, files)
        if own:
            names = names or tree.names
            found.append(reader(tree, names, own).read())
    return [annotations for annotations in found if annotations.outcomes]


class _Reader:
    """Label files of one kind."""

    words = "LabelMe"

    def __init__(self, tree: Tree, names: ImageNames, files: Sequence[_File]) -> None:
        self._tree = tree
        self._names = names
        self._files = files
        self._root = posixpath.commonpath([f"/{file.folder}" for file in files]).strip("/")
        self._out = Collector(NAME, self._root if len(files) > 1 else files[0].path)
        self._search: dict[str, list[str]] = {}
        self._classes: set[str] = set()
        self._renamed: list[tuple[str, str]] = []

    def read(self) -> Annotations:
        """Everything in them."""
        for file in self._files:
            before = {table: self._out.count(table) for table in ("named", *_TABLES)}
            data = self._data(file)
            if data is not None:
                if not self._file(file, data):
                    continue
                counted = {table: self._out.count(table) - count for table, count in before.items()}
                said = _words(counted) if counted["named"] else "nothing"
                self._out.outcomes.setdefault(file.path, Outcome(Kind.READ, f"read as {self.words}", said))
        self._summarise()
        return self._out.annotations()

    def _data(self, file: _File) -> bytes | None:
        raise NotImplementedError

    def _file(self, file: _File, data: bytes) -> bool:
        """Read one; whether it is of this format at all."""
        raise NotImplementedError

    def _image(self, file: _File, said: str | None, line: int, pointer: str | None) -> Found | None:
        """The image that a label file names, else the one of its own name; None if it can be neither."""
        folders = self._search_in(file.folder)
        named = self._names.find(said, folders) if said else Found(None, None)
        if named.row is not None and _is_label(self._names.path(named.row)):
            named = Found(None, None)
        own = self._names.by_stem(file.stem, [file.folder, *folders])
        if said and named.fault:
            self._out.problem(
                "path", Place(file.path, line, None, pointer), named.fault, "a path from the label file", named.path
            )
        if named.row is not None:
            if own.row not in (None, named.row) and _stem(self._names.path(named.row)) != file.stem:
                reason = f"the file is named after {own.path}, and names {named.path}; the latter was taken"
                self._out.problem("path", Place(file.path, line, None, pointer), reason, "one image", named.path)
            return named
        if own.row is not None:
            if said:
                self._renamed.append((file.path, said))
            return own
        return named if named.path is not None else own if own.path is not None else None

    def _search_in(self, folder: str) -> list[str]:
        known = self._search.get(folder)
        if known is None:
            parts = folder.split("/") if folder else []
            wanted = [folder]
            for depth in range(1, min(len(parts), 2) + 1):
                above, below = parts[: len(parts) - depth], parts[len(parts) - depth + 1 :]
                wanted += ["/".join([*above, name, *below]) for name in _IMAGES] + ["/".join([*above, *below])]
            wanted += [posixpath.join(folder, name) for name in _IMAGES]
            there = frozenset(self._tree.folders)
            known = [one for one in dict.fromkeys(wanted) if one in there] or [folder]
            self._search[folder] = known
        return known

    def _split(self, file: _File, found: Found) -> None:
        if split := next((split for part in file.folder.split("/") if (split := canonical(part))), None):
            self._out.split(found, split)

    def _summarise(self) -> None:
        out = self._out
        counted = {table: out.count(table) for table in ("named", *_TABLES)}
        place = self._root if len(self._files) > 1 else self._files[0].path
        files = _counted(len(self._files), "label file", "label files")
        said = f"{files}, {_words(counted)}, {_counted(len(self._classes), 'class', 'classes')}"
        summary = [f"{self.words}: {place or 'the root'}, {said}."]
        if self._renamed:
            path, name = self._renamed[0]
            summary.append(
                f"{_counted(len(self._renamed), 'label file names', 'label files name')} an image that is not there "
                f"({path}: {name[:80]}); the image of the label file's own name was taken."
            )
        out.evidence[:0] = summary


class _Desktop(_Reader):
    """JSON files of the desktop program."""

    @staticmethod
    def sniff(tree: Tree, files: Sequence[_File]) -> list[_File]:
        """Those of `files` that are of this format, as far as their beginnings tell."""
        own: list[_File] = []
        for file in files:
            try:
                text = json_parts.as_text(tree.head(file.row)[: json_parts.SNIFF])
                if text[:1] != b"{" or not (_SHAPES.search(text) or _KEYS.search(text)):
                    continue
                # Either may lie behind the other: long outlines, or the picture itself as text.
                if not _is_own(text):
                    text = json_parts.as_text(tree.data(file.row))
                    if not _is_own(text):
                        continue
            except OSError:
                continue
            own.append(file)
        return own

    def _data(self, file: _File) -> bytes | None:
        try:
            return self._tree.data(file.row)
        except OSError as error:
            self._out.outcomes[file.path] = unreadable(error)
            return None

    def _file(self, file: _File, data: bytes) -> bool:
        out, document = self._out, Document(data, file.path)
        known = document.members(document.root(), "", "a JSON object")
        document.check_end()
        cut = "shapes" not in known
        if cut and (at := document.find("/shapes")) is not None:
            known["shapes"] = at  # it does not end
            document.problems = [one for one in document.problems if one.pointer != ""]
        broken = [one for one in document.problems if one.pointer == ""]
        if "shapes" not in known or not (cut or broken or any(key in known for key in _OWN)):
            # What is broken before its shapes is told; what has none of its own is another format.
            out.problems += broken
            return bool(broken)
        name = document.value(known.get("imagePath"))
        said = name if isinstance(name, str) else None
        line = document.line(known.get("imagePath", document.root()))
        pointer = "/imagePath" if "imagePath" in known else ""
        found = self._image(file, said, line, pointer)
        if found is None:
            out.problem("syntax", Place(file.path, line, None, pointer), "no image is named", "imagePath")
            out.problems += document.problems
            return True
        width, height = (self._size(document, known, key) for key in ("imageWidth", "imageHeight"))
        out.image(found, Place(file.path, line, None, pointer), (width, height))
        self._split(file, found)
        self._flags(document, known, found, file)
        at = known["shapes"]
        if document.data[at : at + 1] == b"[":
            for part in document.items(at, "/shapes", _EXPECTED):
                if not part.broken:
                    document.check_keys(part, ("label", "points", "shape_type"), _EXPECTED)
                    self._shape(part, found, file)
        else:
            out.problem("syntax", Place(file.path, document.line(at), None, "/shapes"), "`shapes` is no list", "a list")
        out.problems += document.problems
        return True

    def _size(self, document: Document, known: dict[str, int], key: str) -> float | None:
        if key not in known:
            return None
        value = document.value(known[key])
        size = a_number(value)
        if size is None and value is not None:
            line = document.line(known[key])
            reason = f"{key} is {kind_of(value)}"
            self._out.problem("syntax", Place(document.file, line, None, f"/{key}"), reason, "a number of pixels")
        return size

    def _flags(self, document: Document, known: dict[str, int], found: Found, file: _File) -> None:
        """Classes of the whole image: the flags that are set."""
        flags = document.value(known.get("flags"))
        for flag, is_set in flags.items() if isinstance(flags, dict) else ():
            if is_set is True:
                pointer = f"/flags/{json_parts.escaped(flag)}"
                place = Place(file.path, document.line(known["flags"]), None, pointer)
                self._out.label(Record(found, flag, None, place))
                self._classes.add(flag)

    def _shape(self, part: Part, found: Found, file: _File) -> None:
        fault = self._add(part, found, file)
        if fault is not None:
            where, reason, expected = fault
            self._out.problem(
                "syntax", Place(file.path, part.line, None, f"{part.pointer}{where}"), reason, expected, found.path
            )

    def _add(self, part: Part, found: Found, file: _File) -> tuple[str, str, str] | None:
        """The shape as a row; or where in it the fault is, what it is, and what was expected."""
        shape = part.value
        if not isinstance(shape, dict):
            return "", f"{kind_of(shape)} in place of a shape", _EXPECTED
        label = shape.get("label")
        if isinstance(label, int) and not isinstance(label, bool):
            label = str(label)
        if not isinstance(label, str) or not label.strip():
            return ("/label" if "label" in shape else ""), "the shape has no label", "the name of a class"
        kind = shape.get("shape_type") or "polygon"
        if not isinstance(kind, str) or kind not in _POINTS:
            return "/shape_type", f"the shape type is {str(kind)[:80]!r}", ", ".join(_POINTS)
        listed = shape.get("points")
        points = _flat(listed)
        if points is None:
            if not isinstance(listed, list):
                return ("/points" if "points" in shape else ""), "the shape has no points", "[[x, y], ...]"
            place = next((at for at, point in enumerate(listed) if _flat([point]) is None), 0)
            return f"/points/{place}", "the point is no pair of numbers", "[x, y]"
        if not _POINTS[kind](len(points) // 2):
            reason = f"the {kind} has {_counted(len(points) // 2, 'point', 'points')}"
            return "/points", reason, _WANTED.get(kind, "at least 1 point")
        self._classes.add(label.strip())
        record = Record(found, label.strip(), None, Place(file.path, part.line, None, part.pointer))
        if kind in ("rectangle", "mask"):
            # Two opposite corners, in the order in which they were clicked.
            across, down = points[::2], points[1::2]
            self._out.box(record, [min(across), min(down), max(across), max(down)], "xyxy-pixels")
        elif kind == "circle":
            side = 2 * math.hypot(points[2] - points[0], points[3] - points[1])
            self._out.box(record, [points[0], points[1], side, side], "cxcywh-pixels")
        elif kind == "rotation":
            self._out.box(record, points, "quad-pixels")
        elif kind in ("point", "points"):
            seen = [value for x, y in zip(points[::2], points[1::2], strict=True) for value in (x, y, 2.0)]
            self._out.keypoints(record, seen)
        else:
            self._out.polygon(record, points, closed=kind == "polygon")
        return None


class _Web(_Reader):
    """XML files of the web tool."""

    words = "LabelMe's web XML"

    @staticmethod
    def sniff(tree: Tree, files: Sequence[_File]) -> list[_File]:
        """Those of `files` that are of this format, as far as their beginnings tell."""
        own: list[_File] = []
        for file in files:
            try:
                start = xml_file.as_text(tree.head(file.row))
            except OSError:
                continue
            if xml_file.root_name(start) == "annotation" and _WEB.search(start) and not _VOC.search(start):
                own.append(file)
        return own

    def _data(self, file: _File) -> bytes | None:
        try:
            data = self._tree.data(file.row)
        except OSError as error:
            self._out.outcomes[file.path] = unreadable(error)
            return None
        if len(data) > xml_file.LARGEST:
            self._out.problem("syntax", Place(file.path, 1), "larger than 64 MB", "a label file of one image")
            return None
        return data

    def _file(self, file: _File, data: bytes) -> bool:
        out, document = self._out, xml_file.parse(data, file.path)
        out.problems += document.problems
        root = document.root
        if root is None:
            return True
        name = root.find("filename")
        line = root.sourceline if name is None else name.sourceline
        said = text_of(name)
        found = self._image(file, said, line, None)
        if found is None:
            out.problem("syntax", Place(file.path, line), "no image is named", "<filename>")
            return True
        size = [number(text_of(root.find(f"imagesize/{side}"))) for side in ("ncols", "nrows")]
        out.image(found, Place(file.path, line), (size[0], size[1]))
        self._split(file, found)
        objects = list(root.iter("object"))
        for element in objects:
            if text_of(element.find("deleted")) == "1":
                continue
            fault = self._object(element, found, file)
            if fault is not None and not (document.cut and element is objects[-1]):
                out.problem("syntax", Place(file.path, element.sourceline), *fault, path=found.path)
        self._masks(file)
        return True

    def _object(self, element: Element, found: Found, file: _File) -> tuple[str, str] | None:
        name = text_of(element.find("name"))
        if name is None:
            return "the object has no name", "<name> with the class"
        record = Record(found, name, None, Place(file.path, element.sourceline))
        box = element.find("segm/box")
        if box is not None:
            raw = [number(text_of(box.find(corner))) for corner in ("xmin", "ymin", "xmax", "ymax")]
            corners = [value for value in raw if value is not None]
            if len(corners) != 4:
                return "the box is not four numbers", "<xmin>, <ymin>, <xmax>, <ymax>"
            self._out.box(record, corners, "xyxy-pixels")
            self._classes.add(name)
            return None
        polygon = element.find("polygon")
        if polygon is None:
            return f"the object {name[:80]!r} has no outline", "<polygon> or <segm>"
        pairs = [number(text_of(point.find(axis))) for point in polygon.iter("pt") for axis in ("x", "y")]
        points = [value for value in pairs if value is not None]
        if not points or len(points) != len(pairs):
            return "the outline's points are no pairs of numbers", "<pt><x>1</x><y>2</y></pt>"
        self._classes.add(name)
        across, down = points[::2], points[1::2]
        upright = len(points) == 8 and len(set(across)) == 2 == len(set(down))
        if text_of(element.find("type")) == "bounding_box" and upright:
            self._out.box(record, [min(across), min(down), max(across), max(down)], "xyxy-pixels")
        else:
            self._out.polygon(record, points)
        return None

    def _masks(self, file: _File) -> None:
        """Pictures in `Masks` and `Scribbles` beside `Annotations` belong to objects."""
        if file.folder in self._seen_folders:
            return
        self._seen_folders.add(file.folder)
        parts = file.folder.split("/")
        homes = [
            "/".join([*parts[:place], other, *parts[place + 1 :]])
            for place, part in enumerate(parts)
            if part.lower() == "annotations"
            for other in (word for mask in _MASKS for word in (mask, mask.capitalize()))
        ]
        files = self._tree.files.rename({"file_row": "row"})
        self._out.masks.update(files.filter(pl.col("candidate") & pl.col("folder").is_in(homes))["row"].to_list())

    def __init__(self, tree: Tree, names: ImageNames, files: Sequence[_File]) -> None:
        super().__init__(tree, names, files)
        self._seen_folders: set[str] = set()


_TABLES = ("boxes", "polygons", "keypoints", "labels")


def _is_own(text: bytes) -> bool:
    return bool(_SHAPES.search(text)) and bool(_KEYS.search(text) or _SHAPE.search(text))


def _flat(points: Any) -> list[float] | None:
    """x, y, x, y, ... of a list of pairs; None if it is none."""
    if not isinstance(points, list):
        return None
    try:
        flat = [value for x, y in points for value in (x, y)]
    except (TypeError, ValueError):
        return None
    if not all(type(value) in (int, float) for value in flat):
        return None
    return [float(value) for value in flat]


def _is_label(path: str) -> bool:
    return path.rpartition(".")[2].lower() in LABEL_EXTENSIONS


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _words(counted: dict[str, int]) -> str:
    words = [_counted(counted["named"], "image", "images")]
    for table, one, several in (
        ("boxes", "box", "boxes"),
        ("polygons", "polygon or line", "polygons and lines"),
        ("keypoints", "set of points", "sets of points"),
        ("labels", "flag", "flags"),
    ):
        if counted[table]:
            words.append(_counted(counted[table], one, several))
    return ", ".join(words)


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


__all__ = ["NAME", "read"]
