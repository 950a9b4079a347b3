"""What a finding about labels lets a person compare: two classes, and images of both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Part(NamedTuple):
    """A part of an image: an object in it."""

    path: str
    box: tuple[float, float, float, float]
    """x, y, width, height in pixels of the stored orientation."""

    @property
    def name(self) -> str:
        """What it is called where images are called by their paths."""
        x, y, width, height = self.box
        return f"{self.path} ({width:.0f}x{height:.0f} at {x:.0f}, {y:.0f})"


class Comparison(NamedTuple):
    """Two classes side by side: as labelled and as suggested, or two that are taken for each other."""

    classes: tuple[str, str]
    chances: tuple[float | None, float | None]
    """How likely each is, 0 to 1; None where that is not known."""
    beside: tuple[list[str], list[str]]
    """Paths of images that are labelled so, or names of parts of images, the most telling first."""


#: Where a finding's data name two classes, the chances of both, and images of both.
_FIELDS = (
    ("given", "suggested", "p_given", "p_suggested", "near_given", "near_suggested"),
    ("a", "b", "p_a", "p_b", "taken_for_b", "taken_for_a"),
)


def of(data: Mapping[str, Any]) -> Comparison | None:
    """The comparison in a finding's `data`; None if it holds none."""
    for fields in _FIELDS:
        first, second, *rest = (data.get(field) for field in fields)
        if isinstance(first, str) and first and isinstance(second, str) and second:
            beside = tuple(_named(data, field) for field in fields[4:])
            return Comparison((first, second), (_chance(rest[0]), _chance(rest[1])), (beside[0], beside[1]))
    return None


def own(path: str | None, data: Mapping[str, Any]) -> Part | None:
    """The object that a finding compares, where it is about one in the image at `path`."""
    box = _box([data.get(side) for side in ("x", "y", "w", "h")])
    return None if path is None or box is None or of(data) is None else Part(path, box)


def parts(path: str | None, data: Mapping[str, Any]) -> dict[str, Part]:
    """Name -> part: the object that a finding compares, and those that are beside it."""
    itself = own(path, data)
    found = [] if itself is None else [itself]
    for fields in _FIELDS:
        for field in fields[4:]:
            found += [part for part in _parts(data, field) if part is not None]
    return {part.name: part for part in found}


def _named(data: Mapping[str, Any], field: str) -> list[str]:
    """What lies beside: the names of parts where their boxes are given too, else paths."""
    return [
        path if part is None else part.name
        for path, part in zip(_paths(data.get(field)), _parts(data, field), strict=True)
    ]


def _parts(data: Mapping[str, Any], field: str) -> list[Part | None]:
    """For each of the paths of a field the part that is meant; None where it is the whole image."""
    paths, boxes = _paths(data.get(field)), data.get(f"{field}_boxes")
    if not isinstance(boxes, list) or len(boxes) != len(paths):
        return [None] * len(paths)
    placed = ((path, _box(values)) for path, values in zip(paths, boxes, strict=True))
    return [None if box is None else Part(path, box) for path, box in placed]


def _box(values: Any) -> tuple[float, float, float, float] | None:
    if not isinstance(values, list) or len(values) != 4:
        return None
    x, y, width, height = (float(value) if isinstance(value, int | float) else math.nan for value in values)
    box = x, y, width, height
    return box if all(math.isfinite(side) for side in box) and width > 0 and height > 0 else None


def _chance(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def _paths(value: Any) -> list[str]:
    return [path for path in value if isinstance(path, str)] if isinstance(value, list) else []
