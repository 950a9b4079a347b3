"""Names of an image in a label file."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from datalint.repair.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What may stand around a path in a label file, and how long one may be.
_AROUND, _LONGEST = b"\"'<>|,;= \t\r\n", 4096
_SEPARATORS = re.compile(rb"[/\\]+")


def renamed(data: bytes, span: tuple[int, int], path: str, name: str) -> Iterator[Edit]:
    """The edits that give the image at `path` another name, wherever it is named between two offsets.

    A mention is the name alone, or behind the name of the image's folder: `masks/a.png` is not `images/a.png`.
    """
    own = path.encode().split(b"/")
    old, (at, end) = own[-1], span
    while (at := data.find(old, at, end)) >= 0:
        stop = at + len(old)
        if stop == end or data[stop] in _AROUND:
            begin = next((n for n in range(at, max(span[0], at - _LONGEST), -1) if data[n - 1] in _AROUND), span[0])
            said = [part for part in _SEPARATORS.split(data[begin:stop]) if part not in (b"", b".", b"..")]
            most = min(len(said), len(own), 2)
            if said[-most:] == own[-most:]:
                yield Edit(at, stop, name.encode())
        at = stop


def meant(said: str, paths: dict[str, list[str]]) -> str | None:
    """The one image that a line of a list names, by its path or without extension; None for none or several.

    Of several with the name that one is meant whose folders are most like those in the line, seen from the image.
    `paths` are those of all images by their name, and by their name without extension.
    """
    parts = [part for part in re.split(r"[/\\]+", said.strip()) if part not in ("", ".", "..")]
    if not parts:
        return None
    alike = [(_alike(PurePosixPath(path).parent.parts, parts[:-1]), path) for path in paths.get(parts[-1], ())]
    most = max((count for count, _ in alike), default=0)
    found = [path for count, path in alike if count == most and (count or len(parts) == 1 or "/" not in path)]
    return found[0] if len(found) == 1 else None


def _alike(own: tuple[str, ...], said: list[str]) -> int:
    """How many folders are the same, from the last one upwards."""
    pairs = zip(reversed(own), reversed(said), strict=False)
    return next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(own), len(said)))
