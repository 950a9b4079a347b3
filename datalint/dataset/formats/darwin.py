"""V7's Darwin JSON 2.0: one file an image, with boxes, polygons, lines, points, ellipses and tags in pixels.

Reference: https://docs.v7labs.com/reference/darwin-json
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import as_text
from datalint.dataset.formats import json_fields
from datalint.dataset.formats.label_format import BOXES, IMAGES, LINES, POINTS, Counted, Fault, LabelFile, Labels
from datalint.dataset.formats.one_image import About, OneImage, sized

if TYPE_CHECKING:
    from datalint.dataset.containers.records import Place
    from datalint.dataset.files.image_names import Found

_SCHEMA = re.compile(rb'"schema_ref"\s*:\s*"[^"]*darwin')
_ITEM, _SLOTS = re.compile(rb'"item"\s*:\s*\{'), re.compile(rb'"slots"\s*:\s*\[')
_SIDES = ("x", "y", "w", "h")
#: What annotations may hold that is not read -> what that is.
_UNREAD = {
    "mask": "mask",
    "raster_layer": "layer of masks",
    "frames": "annotation of a video",
    "cuboid": "cuboid",
    "string": "string of annotations",
    "graph": "graph of annotations",
    "text": "text",
    "table": "table",
    "link": "link between annotations",
    "eye": "eye",
    "simple_table": "table",
}


class Darwin(OneImage):
    """Files below the folders of splits are one dataset."""

    name, title = "darwin", "V7 Darwin"
    counts = (IMAGES, BOXES, LINES, POINTS, Counted("labels", "tag", "tags"))
    objects, keys = "annotations", ("name", "bounding_box", "polygon")
    expected = 'an object with "name" and "bounding_box", "polygon" or another shape'

    def recognise(self, head: bytes) -> bool:
        """An item with slots, or the schema's address."""
        text = as_text(head)
        return text[:1] == b"{" and bool(_SCHEMA.search(text) or (_ITEM.search(text) and _SLOTS.search(text)))

    def about(self, value: dict[str, Any], file: LabelFile) -> About:
        """The name of the item below its path."""
        item = value.get("item")
        if not isinstance(item, dict):
            return About(None, "")
        slots = item.get("slots")
        size = sized(slots[0]) if isinstance(slots, list) and slots else (None, None)
        name, above = item.get("name"), item.get("path")
        if not isinstance(name, str) or not name.strip():
            return About(None, "/item", *size)
        folder = above.strip("/") if isinstance(above, str) else ""
        return About(f"{folder}/{name}" if folder else name, "/item/name", *size)

    def put(self, value: dict[str, Any], found: Found, place: Place, out: Labels) -> Fault | None:
        """One annotation; a polygon may come with its box."""
        name = json_fields.class_name(value, "name", "annotation")
        if isinstance(name, Fault):
            return name
        record = Record(found, name, None, place)
        left = next((what for key, what in _UNREAD.items() if key in value), None)
        if "polygon" in value:
            fault = _polygon(value, record, out)
        elif "bounding_box" in value:
            fault = _box(value["bounding_box"], record, out)
        elif "tag" in value:
            fault = None
            out.label(record)
        elif "ellipse" in value:
            fault = _ellipse(value["ellipse"], record, out)
        elif "line" in value:
            fault = _line(value["line"], record, out)
        elif "keypoint" in value or "skeleton" in value:
            fault = _points(value, record, out)
        elif left is not None:
            self.leave(out, left)
            return None
        else:
            return Fault("", "the annotation is not drawn", self.expected)
        if fault is None:
            out.classes.add(name)
        return fault


def _box(sides: Any, record: Record, out: Labels) -> Fault | None:
    numbers = json_fields.numbers(sides, _SIDES, "/bounding_box")
    if isinstance(numbers, Fault):
        return numbers
    out.box(record, numbers, "xywh-pixels")
    return None


def _polygon(value: dict[str, Any], record: Record, out: Labels) -> Fault | None:
    drawn = value["polygon"]
    if not isinstance(drawn, dict):
        return json_fields.other(drawn, '{"paths": [[{"x": 1, "y": 2}, ...]]}', "/polygon")
    listed = drawn.get("paths")
    if "paths" not in drawn:  # as files of older releases have it
        further = drawn.get("additional_paths")
        listed = [drawn.get("path"), *(further if isinstance(further, list) else [])]
    if not isinstance(listed, list) or not listed:
        return json_fields.other(listed, "a list of paths", "/polygon/paths")
    paths: list[list[float]] = []
    for number, path in enumerate(listed):
        points = json_fields.points(path, f"/polygon/paths/{number}")
        if isinstance(points, Fault):
            return points
        paths.append(points)
    box: int | None = None
    if "bounding_box" in value:
        numbers = json_fields.numbers(value["bounding_box"], _SIDES, "/bounding_box")
        if isinstance(numbers, Fault):
            return numbers
        box = out.box(record, numbers, "xywh-pixels")
    for part, points in enumerate(paths):
        out.polygon(record, points, box=box, part=part)
    return None


def _ellipse(value: Any, record: Record, out: Labels) -> Fault | None:
    """The box around it."""
    drawn = value if isinstance(value, dict) else {}
    centre = json_fields.numbers(drawn.get("center"), "xy", "/ellipse/center", "centre")
    if isinstance(centre, Fault):
        return centre
    radius = json_fields.numbers(drawn.get("radius"), "xy", "/ellipse/radius", "radius")
    if isinstance(radius, Fault):
        return radius
    angle = json_fields.numbers({"angle": 0, **drawn}, ("angle",), "/ellipse", "ellipse")
    if isinstance(angle, Fault):
        return angle
    out.box(record, [*centre, *json_fields.around(radius[0], radius[1], angle[0])], "cxcywh-pixels")
    return None


def _line(value: Any, record: Record, out: Labels) -> Fault | None:
    points = json_fields.points(value.get("path") if isinstance(value, dict) else value, "/line/path", 2)
    if isinstance(points, Fault):
        return points
    out.polygon(record, points, closed=False)
    return None


def _points(value: dict[str, Any], record: Record, out: Labels) -> Fault | None:
    if "keypoint" in value:
        points = json_fields.numbers(value["keypoint"], "xy", "/keypoint", "keypoint")
    else:
        drawn = value["skeleton"]
        points = json_fields.points(drawn.get("nodes") if isinstance(drawn, dict) else drawn, "/skeleton/nodes")
    if isinstance(points, Fault):
        return points
    out.keypoints(record, json_fields.visible(points))
    return None


FORMATS = (Darwin,)
