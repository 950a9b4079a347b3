"""What one result of an annotation says, and the rows that it becomes. Coordinates are percent of the image's size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import a_number, kind_of
from datalint.dataset.formats.label_format import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalint.dataset.containers.records import Place
    from datalint.dataset.files.image_names import Found
    from datalint.dataset.formats.label_format import Labels

Size = tuple[float | None, float | None]
"""Width and height of an image in pixels."""

_EXPECTED = "an object with the numbers of a shape, in percent"
#: Keys of answers that are about a shape, and are none.
_ANSWERS = ("text", "choices", "taxonomy", "rating", "number", "datetime")


class Region(NamedTuple):
    """A result."""

    place: Place
    value: Any
    kind: str | None
    """Its type, such as rectanglelabels; None where the export does not say it."""
    id: str | None
    size: Size
    step: str
    """Where its value is, from its place on."""


def shape_of(region: Region) -> str | None:
    """box, polygon, ellipse, point, choices; brush and video, which are not read; None of all other answers."""
    value, kind = region.value, region.kind
    if not isinstance(value, dict):
        return "box" if kind is None or kind.startswith("rectangle") else None
    if "rle" in value or (kind or "").startswith(("brush", "bitmask")):
        return "brush"
    if "sequence" in value or (kind or "").startswith(("video", "timeline")):
        return "video"
    drawn = "points" in value or "x" in value
    if kind == "choices" or (kind is None and "choices" in value):
        return None if drawn else "choices"
    if kind is None and any(key in value for key in _ANSWERS):
        return None
    for begin, shape in (("rect", "box"), ("poly", "polygon"), ("ellipse", "ellipse"), ("keypoint", "point")):
        if (kind or "").startswith(begin):
            return shape
    if kind not in (None, "labels") or not drawn:
        return None
    if "points" in value:
        return "polygon"
    return "ellipse" if "radiusX" in value else "box" if "height" in value else "point"


def choices(value: Any) -> list[str] | Fault:
    """The classes that a choice gives an image."""
    listed = value.get("choices") if isinstance(value, dict) else value
    listed = [listed] if isinstance(listed, str) else listed
    step = "/choices" if isinstance(value, dict) and "choices" in value else ""
    if not isinstance(listed, list) or not all(isinstance(name, str) and name.strip() for name in listed):
        return Fault(step, f"{kind_of(listed)} in place of choices", "a list of classes")
    return [name.strip() for name in listed]


def put(region: Region, shape: str, found: Found, out: Labels) -> Fault | None:
    """The region as rows, one for each of its classes; or why it cannot be used."""
    if not isinstance(region.value, dict):
        return Fault(region.step, f"{kind_of(region.value)} in place of a region", _EXPECTED)
    names = _names(region)
    if isinstance(names, Fault):
        return names
    draw = _SHAPES[shape](region)
    if isinstance(draw, Fault):
        return draw
    for name in names or (None,):
        if name is not None:
            out.classes.add(name)
        draw(Record(found, name, None, region.place), out)
    return None


def _names(region: Region) -> list[str] | Fault:
    """The classes of a region; of one that is drawn without classes there are none."""
    value, kind = region.value, region.kind
    key = kind if kind in value else next((key for key in value if key.endswith("labels")), None)
    if key is None:
        if kind is not None and kind.endswith("labels"):
            return Fault(region.step, f"the region has no `{kind}`", "a list of classes")
        return []
    names = value[key]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        return Fault(f"{region.step}/{key}", f"`{key}` is {kind_of(names)}, not a list of classes", "a list of classes")
    return [name.strip() for name in names]


def _shares(region: Region, keys: tuple[str, ...]) -> list[float] | Fault:
    found: list[float] = []
    for key in keys:
        number = a_number(region.value.get(key))
        if number is None:
            if key not in region.value:
                return Fault(region.step, f"the region has no `{key}`", "a number of percent")
            reason = f"`{key}` is {kind_of(region.value[key])}"
            return Fault(f"{region.step}/{key}", reason, "a number of percent")
        found.append(number / 100)
    return found


def _turned(region: Region) -> tuple[float, float, float] | Fault | None:
    """Angle in radians, and width and height of the image; None of what is upright."""
    degrees = a_number(region.value.get("rotation", 0))
    if degrees is None:
        return Fault(f"{region.step}/rotation", f"`rotation` is {kind_of(region.value['rotation'])}", "degrees")
    width, height = region.size
    if not math.isfinite(degrees) or degrees % 360 == 0:
        return None
    if not width or not height:
        return Fault("", "the region is turned, and the size of the image is not said", "original_width and _height")
    return math.radians(degrees), width, height


def _box(region: Region) -> Callable[[Record, Labels], object] | Fault:
    sides = _shares(region, ("x", "y", "width", "height"))
    turned = _turned(region) if isinstance(sides, list) else None
    if isinstance(sides, Fault):
        return sides
    if isinstance(turned, Fault):
        return turned
    if turned is None:
        return lambda record, out: out.box(record, sides, "xywh-share", id=region.id)
    corners = _corners(sides, *turned)
    return lambda record, out: out.box(record, corners, "quad-share", id=region.id)


def _corners(sides: list[float], angle: float, width: float, height: float) -> list[float]:
    """The corners of a box that is turned about its upper left one, clockwise, as shares."""
    left, top, across, down = sides[0] * width, sides[1] * height, sides[2] * width, sides[3] * height
    cos, sin = math.cos(angle), math.sin(angle)
    corners: list[float] = []
    for x, y in ((0.0, 0.0), (across, 0.0), (across, down), (0.0, down)):
        corners += [(left + x * cos - y * sin) / width, (top + x * sin + y * cos) / height]
    return corners


def _ellipse(region: Region) -> Callable[[Record, Labels], object] | Fault:
    sides = _shares(region, ("x", "y", "radiusX", "radiusY"))
    turned = _turned(region) if isinstance(sides, list) else None
    if isinstance(sides, Fault):
        return sides
    if isinstance(turned, Fault):
        return turned
    x, y, across, down = sides
    if turned is not None:
        angle, width, height = turned
        cos, sin = math.cos(angle), math.sin(angle)
        across, down = (
            math.hypot(across * width * cos, down * height * sin) / width,
            math.hypot(across * width * sin, down * height * cos) / height,
        )
    return lambda record, out: out.box(record, [x, y, 2 * across, 2 * down], "cxcywh-share", id=region.id)


def _point(region: Region) -> Callable[[Record, Labels], object] | Fault:
    place = _shares(region, ("x", "y"))
    if isinstance(place, Fault):
        return place
    return lambda record, out: out.keypoints(record, [*place, 2.0], "share")


def _polygon(region: Region) -> Callable[[Record, Labels], object] | Fault:
    listed = region.value.get("points")
    if not isinstance(listed, list) or not listed:
        at = f"{region.step}/points" if "points" in region.value else region.step
        return Fault(at, "the polygon has no points", "a list of x and y, in percent")
    points: list[float] = []
    for number, pair in enumerate(listed):
        read = [a_number(one) for one in pair] if isinstance(pair, list) else []
        if len(read) != 2 or read[0] is None or read[1] is None:
            return Fault(
                f"{region.step}/points/{number}", f"{kind_of(pair)} that is not a point", "x and y, in percent"
            )
        points += [read[0] / 100, read[1] / 100]
    return lambda record, out: out.polygon(record, points, "share")


_SHAPES = {"box": _box, "ellipse": _ellipse, "point": _point, "polygon": _polygon}
