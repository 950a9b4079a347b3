"""What a finding about labels lets a person compare: two classes, and images of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Comparison(NamedTuple):
    """Two classes side by side: as labelled and as suggested, or two that are taken for each other."""

    classes: tuple[str, str]
    chances: tuple[float | None, float | None]
    """How likely each is, 0 to 1; None where that is not known."""
    beside: tuple[list[str], list[str]]
    """Paths of images that are labelled so, the most telling first."""


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
            return Comparison((first, second), (_chance(rest[0]), _chance(rest[1])), (_paths(rest[2]), _paths(rest[3])))
    return None


def _chance(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def _paths(value: Any) -> list[str]:
    return [path for path in value if isinstance(path, str)] if isinstance(value, list) else []
