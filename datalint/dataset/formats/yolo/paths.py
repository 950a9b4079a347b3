"""Paths as data files and lists write them: relative, absolute on another machine, or with too many parts in front."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: What a path on some machine begins with.
ABSOLUTE = re.compile(r"/|[A-Za-z]:|\\\\|~|file:")


def parts_of(text: str) -> list[str]:
    """The parts of a path that name something."""
    return [part for part in text.replace("\\", "/").split("/") if part not in ("", ".", "..")]


def upwards(folder: str, end: str = "") -> Iterator[str]:
    """`folder` and those above it, as far as `end`."""
    while True:
        yield folder
        if folder in ("", end):
            return
        folder = posixpath.dirname(folder)


def by_last_parts(text: str, known: Iterable[str]) -> str | None:
    """The only one of `known` paths that ends in the most of the last parts of `text`."""
    parts = parts_of(posixpath.normpath(text.replace("\\", "/")))
    if not parts:
        return None
    ends = [path for path in known if path.rpartition("/")[2] == parts[-1]]
    for start in range(len(parts)):
        tail = "/" + "/".join(parts[start:])
        some = [path for path in ends if f"/{path}".endswith(tail)]
        if some:
            return some[0] if len(some) == 1 else None
    return None


def common(folders: Iterable[str]) -> str:
    """The deepest folder that holds all of `folders`."""
    return posixpath.commonpath([f"/{folder}" for folder in folders]).strip("/")


__all__ = ["ABSOLUTE", "by_last_parts", "common", "parts_of", "upwards"]
