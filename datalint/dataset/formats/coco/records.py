"""Records of a COCO file: the fields of images, categories, annotations and segments, and how each is checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from datalint.dataset.containers.json.blocks import Careful, Decoder, Fault, FaultError
from datalint.dataset.containers.json.values import as_float, is_number, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Id = int | str | float | None


class Image(msgspec.Struct, gc=False):
    """An entry of `images`."""

    id: Id = None
    file_name: str | None = None
    coco_url: str | None = None
    width: float | None = None
    height: float | None = None


class Category(msgspec.Struct, gc=False):
    """An entry of `categories`."""

    id: Id = None
    name: str | None = None
    supercategory: str | None = None
    keypoints: list[str] | None = None
    skeleton: Any = None
    """Read where it is a list of pairs of numbers."""


class Annotation(msgspec.Struct, gc=False):
    """An entry of `annotations`."""

    id: Id = None
    image_id: Id = None
    category_id: Id = None
    bbox: list[float] | None = None
    area: float | None = None
    iscrowd: float | bool | None = None
    segmentation: msgspec.Raw = msgspec.Raw()
    keypoints: list[float] | None = None
    num_keypoints: Any = None
    """Counts where it is a number."""
    caption: str | None = None
    file_name: str | None = None
    segments_info: msgspec.Raw = msgspec.Raw()


class Segment(msgspec.Struct, gc=False):
    """An entry of `segments_info`."""

    id: Id = None
    category_id: Id = None
    bbox: list[float] | None = None
    area: float | None = None
    iscrowd: float | bool | None = None


def plain(value: Id) -> str | None:
    """An id as text: 7, 7.0 and "7" are the same."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def _image(value: dict[str, Any]) -> Careful[Image]:
    fields = _checked(value, ("id", "file_name", "coco_url"))
    fault: Fault | None = None
    for name in ("width", "height"):
        side = value.get(name)
        if is_number(side):
            fields[name] = as_float(side)
        elif side is not None:
            fault = Fault(f"/{name}", f"a {type_of(side)} as a {name}: the size is not used", "a number")
    return Careful(Image(**fields), fault=fault)


def _category(value: dict[str, Any]) -> Careful[Category]:
    fields = _checked(value, ("id", "name", "supercategory"))
    points = value.get("keypoints")
    names = [str(point) for point in points] if isinstance(points, list) else None
    return Careful(Category(**fields, keypoints=names, skeleton=value.get("skeleton")))


def _annotation(value: dict[str, Any]) -> Careful[Annotation]:
    """The segmentation is the rest."""
    fields = _checked(value, [name for name in Annotation.__struct_fields__ if name not in _LATER])
    segments = value.get("segments_info")
    if segments is not None:
        fields["segments_info"] = msgspec.Raw(_segments(segments))
    return Careful(Annotation(**fields), value.get("segmentation"))


def _segments(value: Any) -> bytes:
    """Segments again as JSON, once they are known to be good."""
    if not isinstance(value, list):
        raise FaultError("/segments_info", f"a {type_of(value)} in place of a list", "a list of segments")
    names = Segment.__struct_fields__
    for place, item in enumerate(value):
        here = f"/segments_info/{place}"
        if not isinstance(item, dict):
            raise FaultError(here, f"a {type_of(item)} in place of an object", "a segment")
        _checked(item, names, here)
        if any(not math.isfinite(number) for number in item.get("bbox") or ()):
            raise FaultError(f"{here}/bbox", "numbers that are not finite", "4 finite numbers")
    return msgspec.json.encode([{name: item[name] for name in names if name in item} for item in value])


def _checked(value: dict[str, Any], names: Iterable[str], pointer: str = "") -> dict[str, Any]:
    """Those fields of a record that it has, each of its type; FaultError at the first one that is not."""
    found: dict[str, Any] = {}
    for name in names:
        check = _CHECKS.get(name)
        item = value.get(name)
        if item is not None:
            found[name] = (check or _text)(f"{pointer}/{name}", item)
    return found


def _id(pointer: str, value: Any) -> Id:
    if isinstance(value, str) or (is_number(value) and math.isfinite(value)):
        return value
    raise FaultError(pointer, f"a {type_of(value)} as an id", "a number")


def _text(pointer: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise FaultError(pointer, f"a {type_of(value)} in place of a text", "a text")


def _number(pointer: str, value: Any) -> float:
    if is_number(value):
        return as_float(value)
    raise FaultError(pointer, f"a {type_of(value)} in place of a number", "a number")


def _any(pointer: str, value: Any) -> Any:
    return value


def _flag(pointer: str, value: Any) -> float | bool:
    return value if isinstance(value, bool) else _number(pointer, value)


def _numbers(pointer: str, value: Any) -> list[float]:
    if not isinstance(value, list):
        raise FaultError(pointer, f"a {type_of(value)} in place of a list", "a list of numbers")
    return [_number(f"{pointer}/{place}", item) for place, item in enumerate(value)]


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "id": _id,
    "image_id": _id,
    "category_id": _id,
    "bbox": _numbers,
    "keypoints": _numbers,
    "num_keypoints": _any,
    "area": _number,
    "iscrowd": _flag,
}
#: Fields that stay JSON until they are needed.
_LATER = ("segmentation", "segments_info")

IMAGES = Decoder(Image, _image)
CATEGORIES = Decoder(Category, _category)
ANNOTATIONS = Decoder(Annotation, _annotation)
SEGMENTS = msgspec.json.Decoder(list[Segment])

__all__ = [
    "ANNOTATIONS",
    "CATEGORIES",
    "IMAGES",
    "SEGMENTS",
    "Annotation",
    "Category",
    "Id",
    "Image",
    "Segment",
    "plain",
]
