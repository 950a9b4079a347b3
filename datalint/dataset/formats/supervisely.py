"""Supervisely: a folder `img` of images and a folder `ann` of JSON files, one for each image and named after it.

train/img/a.jpg          train/ann/a.jpg.json          meta.json: the classes of the project
Reference: https://docs.supervisely.com/customization-and-integration/00_ann_format_navi
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
import zlib
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import Document, a_number, as_text, kind_of
from datalint.dataset.containers.json.values import flat_points
from datalint.dataset.containers.records import Kind, Outcome, Place, quoted
from datalint.dataset.files.image_names import Found
from datalint.dataset.formats.label_format import BOXES, IMAGES, LINES, POINTS, Fault, Format, LabelFile, first_split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset.formats.label_format import Labels

_SIZE, _OBJECTS = re.compile(rb'"size"\s*:\s*\{'), re.compile(rb'"objects"\s*:\s*\[')
#: What no other format's files have, one of which each object or file has.
_OWN = re.compile(rb'"(?:classTitle|classId|tags)"\s*:')
_EXPECTED = "an object with classTitle, geometryType and points"
#: Geometry -> the fewest points of its outline, and the most.
_POINTS = {"rectangle": (2, 2), "polygon": (3, None), "line": (2, None), "point": (1, 1)}
#: Characters of a mask that hold the header of its PNG, and bytes of that header up to the size.
_MASK_START, _PNG_START = 256, 24


class Supervisely(Format):
    """One image a file."""

    name, title, extensions = "supervisely", "Supervisely", ("json",)
    counts = (IMAGES, BOXES, LINES, POINTS)
    one_image = True

    def recognise(self, head: bytes) -> bool:
        """The size of an image and a list of objects, with tags and classes as only these files call them."""
        text = as_text(head)
        return text[:1] == b"{" and all(pattern.search(text) is not None for pattern in (_SIZE, _OBJECTS, _OWN))

    def dataset_of(self, file: LabelFile) -> str:
        """The project: the folder above those of its datasets, each of which holds an `ann`."""
        return posixpath.dirname(_above(file.folder))

    def search(self, folder: str, root: str) -> Iterator[str]:
        """`img` beside `ann`, and the folder itself."""
        yield posixpath.join(_above(folder), "img")
        yield folder

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """One image."""
        document = Document(data, file.path)
        known = document.members(document.root(), "", "a JSON object")
        document.check_end()
        _image(document, known, file, out)
        out.problems += document.problems

    def finish(self, out: Labels) -> None:
        """The classes that the project declares."""
        path = posixpath.join(out.root, "meta.json")
        row = out.names.row(path)
        if row is not None:
            try:
                declared = _classes(Document(out.tree.data(row), path))
            except OSError:
                declared = []
            for name in declared:
                out.declare(name, None, path)
            words = counted(len(declared), "class", "classes")
            out.outcomes[path] = Outcome(Kind.READ, "read as Supervisely", words)
        super().finish(out)


def _above(folder: str) -> str:
    return posixpath.dirname(folder) if posixpath.basename(folder) == "ann" else folder


def _classes(document: Document) -> list[str]:
    value = document.value(document.find("/classes"))
    titles = [one.get("title") for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return list(dict.fromkeys(title.strip() for title in titles if isinstance(title, str) and title.strip()))


def _image(document: Document, known: dict[str, int], file: LabelFile, out: Labels) -> None:
    named = file.stem if file.stem.rpartition(".")[2].lower() in out.tree.extensions else None
    place = Place(file.path, document.line(document.root()), None, "")
    found = out.image_of(file, named, place)
    if found is None or found.path is None:
        out.unnamed(found or Found(None, None), place, expected="a file called after its image, as a.jpg.json")
        return
    size = document.value(known.get("size"))
    width, height = (a_number(size.get(side)) if isinstance(size, dict) else None for side in ("width", "height"))
    out.image(found, place, (width, height))
    split = first_split(reversed(posixpath.dirname(file.path).split("/")))
    if split is not None:
        out.split(found, split)
    at = known.get("objects")
    if at is None or document.data[at : at + 1] != b"[":
        where = place if at is None else Place(file.path, document.line(at), None, "/objects")
        out.problem("syntax", where, "there is no list `objects`", "a list of objects", found.path)
        return
    for part in document.items(at, "/objects", _EXPECTED):
        if part.broken:
            continue
        where = Place(file.path, part.line, None, part.pointer)
        fault = _object(part.value, found, where, out)
        if fault is not None:
            out.lost(fault, where, found.path)


def _object(value: Any, found: Found, place: Place, out: Labels) -> Fault | None:
    """The object as a row, or why it cannot be one."""
    if not isinstance(value, dict):
        return Fault("", f"{kind_of(value)} in place of an object", _EXPECTED)
    title, kind = value.get("classTitle"), value.get("geometryType")
    if not isinstance(title, str) or not title.strip():
        return Fault("/classTitle" if "classTitle" in value else "", "the object has no class", "classTitle")
    record = Record(found, title.strip(), None, place)
    if kind == "bitmap":
        fault = _mask(value.get("bitmap"), record, out)
    elif kind == "graph":
        fault = _graph(value.get("nodes"), record, out)
    elif isinstance(kind, str) and kind in _POINTS:
        fault = _outline(kind, value.get("points"), record, out)
    else:
        known = ", ".join([*_POINTS, "bitmap", "graph"])
        fault = Fault("/geometryType", f"the geometry is {quoted(str(kind))}, which is not read", known)
    if fault is None:
        out.classes.add(title.strip())
    return fault


def _outline(kind: str, points: Any, record: Record, out: Labels) -> Fault | None:
    listed = points.get("exterior") if isinstance(points, dict) else None
    flat = flat_points(listed)
    if flat is None:
        return Fault("/points", "`exterior` is not a list of points", "[[x, y], ...]")
    few, most = _POINTS[kind]
    count = len(flat) // 2
    if count < few or (most is not None and count > most):
        wanted = f"{few} points" if most else f"at least {few} points"
        return Fault("/points/exterior", f"the {kind} has {counted(count, 'point')}", wanted)
    if kind == "rectangle":
        across, down = flat[::2], flat[1::2]
        out.box(record, [min(across), min(down), max(across), max(down)], "xyxy-pixels")
    elif kind == "point":
        out.keypoints(record, [*flat, 2.0])
    else:
        out.polygon(record, flat, closed=kind == "polygon")
    return None


def _mask(bitmap: Any, record: Record, out: Labels) -> Fault | None:
    """The box of a mask: a PNG, deflated and in base64, whose place in the image is `origin`."""
    origin = bitmap.get("origin") if isinstance(bitmap, dict) else None
    corner = flat_points([origin])
    text = bitmap.get("data") if isinstance(bitmap, dict) else None
    if corner is None or not isinstance(text, str):
        return Fault("/bitmap", "the mask has no data and origin", "data and origin")
    try:
        deflated = base64.b64decode(text[:_MASK_START], validate=True)
        head = zlib.decompressobj().decompress(deflated, _PNG_START)
    except (binascii.Error, ValueError, zlib.error):
        head = b""
    if len(head) < _PNG_START or head[12:16] != b"IHDR":
        return Fault("/bitmap/data", "the mask is not a PNG, deflated and in base64", "a mask as Supervisely writes it")
    width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    out.box(record, [*corner, float(width), float(height)], "xywh-pixels")
    return None


def _graph(nodes: Any, record: Record, out: Labels) -> Fault | None:
    places = [node.get("loc") if isinstance(node, dict) else None for node in _values(nodes)]
    flat = flat_points(places)
    if not flat:
        return Fault("/nodes", "the graph has no nodes with a place", '{"a": {"loc": [x, y]}, ...}')
    pairs = zip(flat[::2], flat[1::2], strict=True)
    out.keypoints(record, [value for x, y in pairs for value in (x, y, 2.0)])
    return None


def _values(nodes: Any) -> list[Any]:
    if isinstance(nodes, dict):
        return list(nodes.values())
    return nodes if isinstance(nodes, list) else []


FORMATS = (Supervisely,)
