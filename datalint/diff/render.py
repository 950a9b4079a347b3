"""A difference in one of the formats."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalint.diff import Difference

FORMATS = ("text", "markdown", "json")


def render(difference: Difference, format: str, limit: int = 10) -> str:
    """The difference in one of FORMATS; `limit` entries a list in the text (0 = all of them)."""
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; one of {', '.join(FORMATS)}")
    module = import_module(f"datalint.diff.{format}")
    rendered: str = module.render(difference, limit) if format == "text" else module.render(difference)
    return rendered
