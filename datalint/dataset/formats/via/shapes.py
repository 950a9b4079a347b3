"""The shapes of VIA's regions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from datalint.dataset.containers.json.document import a_number, kind_of
from datalint.dataset.containers.records import quoted
from datalint.dataset.formats.label_format import Fault

if TYPE_CHECKING:
    from datalint.dataset.assembly.collector import Collector, Record

#: Shape -> its numbers. An ellipse may also have `theta`, in radians.
_NUMBERS = {
    "rect": ("x", "y", "width", "height"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
    "point": ("cx", "cy"),
}
_AXES = ("all_points_x", "all_points_y")
_KNOWN = "rect, circle, ellipse, polygon, polyline, point"
_AT = "/shape_attributes"


def numbers(shape: Any) -> list[float] | Fault:
    """The numbers of a shape: those that its kind takes, or x, y, x, y, ... of its points."""
    if not shape or not isinstance(shape, dict):
        reason = f"{kind_of(shape)} in place of a shape" if shape else "the region has no shape"
        return Fault("", reason, f"shape_attributes: a name ({_KNOWN}) and numbers")
    kind = shape.get("name")
    if kind in ("polygon", "polyline"):
        return _points(kind, shape)
    if not isinstance(kind, str) or kind not in _NUMBERS:
        return Fault(f"{_AT}/name" if "name" in shape else _AT, f"the shape is {quoted(str(kind))}", _KNOWN)
    keys = _NUMBERS[kind] + (("theta",) if kind == "ellipse" and shape.get("theta") is not None else ())
    found: list[float] = []
    for key in keys:
        number = a_number(shape.get(key))
        if number is None:
            return _no(kind, shape, key, f"{len(keys)} numbers: {', '.join(keys)}")
        found.append(number)
    return found


def put(kind: str, numbers: list[float], record: Record, out: Collector) -> None:
    """A shape as a row."""
    if kind == "rect":
        out.box(record, numbers, "xywh-pixels")
    elif kind == "circle":
        cx, cy, radius = numbers
        out.box(record, [cx, cy, 2 * radius, 2 * radius], "cxcywh-pixels")
    elif kind == "ellipse":
        out.box(record, _around(*numbers), "cxcywh-pixels")
    elif kind == "point":
        out.keypoints(record, [*numbers, 2.0])
    else:
        out.polygon(record, numbers, closed=kind == "polygon")


def _around(cx: float, cy: float, rx: float, ry: float, theta: float = 0.0) -> list[float]:
    """The upright box around an ellipse: a turned one around it would be too large."""
    if theta == 0 or not math.isfinite(theta):
        return [cx, cy, 2 * rx, 2 * ry]
    cos, sin = math.cos(theta), math.sin(theta)
    return [cx, cy, 2 * math.hypot(rx * cos, ry * sin), 2 * math.hypot(rx * sin, ry * cos)]


def _points(kind: str, shape: dict[str, Any]) -> list[float] | Fault:
    sides: list[list[float]] = []
    for key in _AXES:
        listed = shape.get(key)
        if not isinstance(listed, list):
            return _no(kind, shape, key, "a list of numbers")
        if {type(item) for item in listed} <= {int, float}:
            sides.append([float(item) for item in listed])
            continue
        read = [a_number(item) for item in listed]
        if None in read:
            place = read.index(None)
            return Fault(f"{_AT}/{key}/{place}", f"{kind_of(listed[place])} among `{key}`", "numbers")
        sides.append([number for number in read if number is not None])
    across, down = sides
    if len(across) != len(down):
        reason = f"the {kind} has {len(across):,} x and {len(down):,} y"
        return Fault(_AT, reason, f"as many numbers in {_AXES[0]} as in {_AXES[1]}")
    if not across:
        return Fault(_AT, f"the {kind} has no points", "at least 1 point")
    return [number for pair in zip(across, down, strict=True) for number in pair]


def _no(kind: str, shape: dict[str, Any], key: str, expected: str) -> Fault:
    if key not in shape:
        return Fault(_AT, f"the {kind} has no `{key}`", expected)
    return Fault(f"{_AT}/{key}", f"`{key}` is {kind_of(shape[key])}", expected)
