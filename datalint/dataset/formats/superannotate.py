"""SuperAnnotate: one JSON file an image, with its instances: boxes, polygons, lines, points and tags in pixels.

a.jpg          a.jpg.json or a.jpg___objects.json          classes/classes.json: the classes of the project
Reference: https://doc.superannotate.com/docs/vector-json
"""

from __future__ import annotations

import math
import posixpath
import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import Document, as_text
from datalint.dataset.containers.records import Kind, Outcome, Place, quoted
from datalint.dataset.formats import json_fields
from datalint.dataset.formats.label_format import BOXES, IMAGES, LINES, POINTS, Counted, Fault, LabelFile, Labels
from datalint.dataset.formats.one_image import About, OneImage, sized

if TYPE_CHECKING:
    from datalint.dataset.files.image_names import Found
    from datalint.dataset.files.tree import Tree

_INSTANCES = re.compile(rb'"instances"\s*:\s*\[')
_OWN = re.compile(
    rb'"(?:annotatorEmail|qaEmail|isPredicted|lastAction|pointLabels)"\s*:'
    rb'|"instances"\s*:\s*\[\s*\{[^{}]*"class(?:Id|Name)"'
)
_CLASSES = "classes/classes.json"
_BOX = ("x1", "y1", "x2", "y2")
_CORNERS = ("x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4")
_FEWEST = {"polygon": 3, "polyline": 2}
_UNREAD = {"cuboid": "cuboid", "mask": "mask", "comment": "comment"}


class SuperAnnotate(OneImage):
    """Files below the folders of splits are one dataset."""

    name, title = "superannotate", "SuperAnnotate"
    counts = (IMAGES, BOXES, LINES, POINTS, Counted("labels", "tag", "tags"))
    objects, keys = "instances", ("type", "className", "points")
    expected = 'an instance with "type", "className" and "points"'

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._declared: dict[str, dict[Any, str]] = {}

    def recognise(self, head: bytes) -> bool:
        """Instances, and keys as only these files call them."""
        text = as_text(head)
        return text[:1] == b"{" and bool(_INSTANCES.search(text) and _OWN.search(text))

    def about(self, value: dict[str, Any], file: LabelFile) -> About:
        """The name in the metadata, or else that of the file: `a.jpg.json`, `a.jpg___objects.json`."""
        metadata = value.get("metadata")
        size = sized(metadata)
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(name, str) and name.strip():
            return About(name, "/metadata/name", *size)
        return About(re.sub(r"___(?:objects|pixel)$", "", file.stem), "", *size)

    def put(self, value: dict[str, Any], found: Found, place: Place, out: Labels) -> Fault | None:
        """One instance."""
        kind = value.get("type")
        left = "mask" if "parts" in value else "object of a video" if "parameters" in value else _UNREAD.get(str(kind))
        if left is not None:
            self.leave(out, left)
            return None
        number = value.get("classId")
        known = self._names(out).get(number) if isinstance(number, int) else None
        key = "className" if value.get("className") is not None or "classId" not in value else "classId"
        name = known if key == "classId" and known else json_fields.class_name(value, key, "instance")
        if isinstance(name, Fault):
            return name
        fault = _shape(kind, value, Record(found, name, None, place), out)
        if fault is None:
            out.classes.add(name)
        return fault

    def finish(self, out: Labels) -> None:
        """The classes that the project declares."""
        path = posixpath.join(out.root, _CLASSES)
        names = self._names(out)
        if out.names.row(path) is not None:
            for name in names.values():
                out.declare_once(name, path)
            words = counted(len(names), "class", "classes")
            out.outcomes[path] = Outcome(Kind.READ, "read as SuperAnnotate", words)
        super().finish(out)

    def _names(self, out: Labels) -> dict[Any, str]:
        """Number of each class of the project -> its name."""
        if out.root not in self._declared:
            found = self._declared[out.root] = {}
            path = posixpath.join(out.root, _CLASSES)
            if (row := out.names.row(path)) is not None:
                try:
                    document = Document(out.tree.data(row), path)
                    listed = document.value(document.root())
                except OSError:
                    listed = None
                for number, one in enumerate(listed if isinstance(listed, list) else ()):
                    if isinstance(one, dict) and isinstance(name := one.get("name"), str) and name.strip():
                        identity = one.get("id")
                        found[identity if isinstance(identity, int) else f"at {number}"] = name.strip()
        return self._declared[out.root]


def _shape(kind: Any, value: dict[str, Any], record: Record, out: Labels) -> Fault | None:
    """The shape of an instance as a row, or why it cannot be one."""
    points = value.get("points")
    if kind == "tag":
        out.label(record)
    elif kind in ("bbox", "rbbox"):
        numbers = json_fields.numbers(points, _BOX if kind == "bbox" else _CORNERS, "/points")
        if isinstance(numbers, Fault):
            return numbers
        out.box(record, numbers, "xyxy-pixels" if kind == "bbox" else "quad-pixels")
    elif kind in ("polygon", "polyline"):
        flat = json_fields.flat_points(points, "/points", _FEWEST[kind])
        if isinstance(flat, Fault):
            return flat
        out.polygon(record, flat, closed=kind == "polygon")
    elif kind == "point":
        flat = json_fields.numbers(value, "xy", "", "point")
        if isinstance(flat, Fault):
            return flat
        out.keypoints(record, json_fields.visible(flat))
    elif kind == "template":
        flat = json_fields.points(points, "/points")
        if isinstance(flat, Fault):
            return flat
        out.keypoints(record, json_fields.visible(flat))
    elif kind == "ellipse":
        numbers = json_fields.numbers({"angle": 0, **value}, ("cx", "cy", "rx", "ry", "angle"), "", "ellipse")
        if isinstance(numbers, Fault):
            return numbers
        cx, cy, across, down, degrees = numbers
        out.box(record, [cx, cy, *json_fields.around(across, down, math.radians(degrees))], "cxcywh-pixels")
    else:
        known = ", ".join(("bbox", "rbbox", *_FEWEST, "point", "template", "ellipse", "tag"))
        return Fault("/type" if "type" in value else "", f"the type is {quoted(kind)}, which is not read", known)
    return None


FORMATS = (SuperAnnotate,)
