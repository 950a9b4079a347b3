"""The JSON files of LabelMe's desktop program, and of X-AnyLabeling, which has more shapes."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import SNIFF, Document, a_number, as_text, escaped, kind_of
from datalint.dataset.containers.json.values import flat_points
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.formats import json_fields
from datalint.dataset.formats.label_format import Fault
from datalint.dataset.formats.labelme import images

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalint.dataset.files.image_names import Found
    from datalint.dataset.formats.label_format import LabelFile, Labels

#: The keys of a file; `shapes` may come behind a long `imageData`.
_SHAPES = re.compile(rb'"shapes"\s*:\s*\[')
_OWN = ("imagePath", "imageData", "imageHeight", "imageWidth")
_KEYS = re.compile(rb'"(?:%s)"\s*:' % "|".join(_OWN).encode())
#: What a file that ends in the middle may have in their place.
_SHAPE = re.compile(rb'"(?:shape_type|group_id|line_color)"\s*:')
_EXPECTED = "an object with label, points and shape_type"

#: Shape type -> how many points it takes.
_POINTS: dict[str, Callable[[int], bool]] = {
    "rectangle": lambda count: count in (2, 4),
    "circle": lambda count: count == 2,
    "line": lambda count: count == 2,
    "point": lambda count: count == 1,
    "mask": lambda count: count == 2,
    "rotation": lambda count: count == 4,
    "quadrilateral": lambda count: count == 4,
    "cuboid": lambda count: count == 8,
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
    "quadrilateral": "4 points: the corners",
    "cuboid": "8 points: the corners of the front and of the back",
}


class Desktop(images.LabelMe):
    """One image a file."""

    title, extensions = "LabelMe", ("json",)

    def recognise(self, head: bytes) -> bool | None:
        """Shapes and a key of their own, either of which may lie behind the other: long outlines, or the picture itself
        as text.
        """
        text = as_text(head[:SNIFF])
        if text[:1] != b"{" or not (_SHAPES.search(text) or _KEYS.search(text)):
            return False
        return _is_own(text) or None

    def confirm(self, data: bytes) -> bool:
        """Both."""
        return _is_own(as_text(data))

    def read(self, file: LabelFile, data: bytes, out: Labels) -> bool:
        """One image."""
        document = Document(data, file.path)
        known = document.members(document.root(), "", "a JSON object")
        document.check_end()
        cut = "shapes" not in known
        json_fields.begun(document, known, "shapes")
        broken = [one for one in document.problems if one.pointer == ""]
        if "shapes" not in known or not (cut or broken or any(key in known for key in _OWN)):
            # A break before its shapes is reported; a file without shapes is of another format.
            out.problems += broken
            return bool(broken)
        _image(document, known, file, out)
        out.problems += document.problems
        return True


def _image(document: Document, known: dict[str, int], file: LabelFile, out: Labels) -> None:
    name = document.value(known.get("imagePath"))
    line = document.line(known.get("imagePath", document.root()))
    place = Place(file.path, line, None, "/imagePath" if "imagePath" in known else "")
    found = out.image_of(file, name if isinstance(name, str) else None, place)
    if found is None:
        out.problem("syntax", place, "no image is named", "imagePath")
        return
    width, height = (_size(document, known, key, out) for key in ("imageWidth", "imageHeight"))
    out.image(found, place, (width, height))
    images.split(file, found, out)
    _flags(document, known, found, out)
    at = known["shapes"]
    if document.data[at : at + 1] != b"[":
        out.problem("syntax", Place(file.path, document.line(at), None, "/shapes"), "`shapes` is not a list", "a list")
        return
    for part in document.items(at, "/shapes", _EXPECTED):
        if part.broken:
            continue
        document.check_keys(part, ("label", "points", "shape_type"), _EXPECTED)
        where = Place(file.path, part.line, None, part.pointer)
        fault = _shape(part.value, found, where, out)
        if fault is not None:
            out.lost(fault, where, found.path)


def _size(document: Document, known: dict[str, int], key: str, out: Labels) -> float | None:
    if key not in known:
        return None
    value = document.value(known[key])
    size = a_number(value)
    if size is None and value is not None:
        place = Place(document.file, document.line(known[key]), None, f"/{key}")
        out.problem("syntax", place, f"{key} is {kind_of(value)}", "a number of pixels")
    return size


def _flags(document: Document, known: dict[str, int], found: Found, out: Labels) -> None:
    """Classes of the whole image: the flags that are set."""
    flags = document.value(known.get("flags"))
    for flag, is_set in flags.items() if isinstance(flags, dict) else ():
        if is_set is True:
            place = Place(document.file, document.line(known["flags"]), None, f"/flags/{escaped(flag)}")
            out.label(Record(found, flag, None, place))
            out.classes.add(flag)


def _shape(shape: Any, found: Found, place: Place, out: Labels) -> Fault | None:
    """The shape as a row, or why it cannot be one."""
    if not isinstance(shape, dict):
        return Fault("", f"{kind_of(shape)} in place of a shape", _EXPECTED)
    label = shape.get("label")
    if isinstance(label, int) and not isinstance(label, bool):
        label = str(label)
    if not isinstance(label, str) or not label.strip():
        return Fault("/label" if "label" in shape else "", "the shape has no label", "the name of a class")
    kind = shape.get("shape_type") or "polygon"
    if not isinstance(kind, str) or kind not in _POINTS:
        return Fault("/shape_type", f"the shape type is {quoted(str(kind))}", ", ".join(_POINTS))
    listed = shape.get("points")
    points = flat_points(listed)
    if points is None:
        if not isinstance(listed, list):
            return Fault("/points" if "points" in shape else "", "the shape has no points", "[[x, y], ...]")
        number = next((at for at, point in enumerate(listed) if flat_points([point]) is None), 0)
        return Fault(f"/points/{number}", "the point is not a pair of numbers", "[x, y]")
    if not _POINTS[kind](len(points) // 2):
        reason = f"the {kind} has {counted(len(points) // 2, 'point')}"
        return Fault("/points", reason, _WANTED.get(kind, "at least 1 point"))
    out.classes.add(label.strip())
    _add(kind, points, Record(found, label.strip(), None, place), out)
    return None


def _add(kind: str, points: list[float], record: Record, out: Labels) -> None:
    """A shape with the points that its type takes."""
    across, down = points[::2], points[1::2]
    if kind in ("rectangle", "mask"):
        # Two opposite corners, in the order in which they were clicked.
        out.box(record, [min(across), min(down), max(across), max(down)], "xyxy-pixels")
    elif kind == "circle":
        side = 2 * math.hypot(points[2] - points[0], points[3] - points[1])
        out.box(record, [points[0], points[1], side, side], "cxcywh-pixels")
    elif kind == "rotation":
        out.box(record, points, "quad-pixels")
    elif kind in ("point", "points"):
        out.keypoints(record, [value for x, y in zip(across, down, strict=True) for value in (x, y, 2.0)])
    elif kind == "cuboid":
        for part, face in enumerate((points[:8], points[8:])):
            out.polygon(record, face, part=part)
    else:
        out.polygon(record, points, closed=kind in ("polygon", "quadrilateral"))


def _is_own(text: bytes) -> bool:
    return bool(_SHAPES.search(text)) and bool(_KEYS.search(text) or _SHAPE.search(text))
