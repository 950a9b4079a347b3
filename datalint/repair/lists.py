"""Lists of images, as YOLO's `train.txt` and Pascal VOC's `ImageSets`: no table holds their lines."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from datalint.repair.names import meant

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

#: A larger text file is no list, and a list names images in most of its lines.
_LARGEST, _MOST = 64 << 20, 0.5


class Entry(NamedTuple):
    """A line of a list, and the image that it names."""

    file: str
    line: int
    path: str


def entries(root: Path, images: Iterable[str], known: Container[str]) -> Iterator[Entry]:
    """The lines of all lists below `root`, but for files that are `known` to be labels."""
    paths: dict[str, list[str]] = defaultdict(list)
    for path in images:
        pure = PurePosixPath(path)
        for name in {pure.name, pure.stem}:
            paths[name].append(path)
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(files):
            place = Path(folder, name)
            file = place.relative_to(root).as_posix()
            if name.lower().endswith(".txt") and file not in known and not place.is_symlink():
                yield from _of(place, file, paths)


def _of(place: Path, file: str, paths: dict[str, list[str]]) -> Iterator[Entry]:
    try:
        data = place.read_bytes() if place.stat().st_size <= _LARGEST else b""
    except OSError:
        return
    lines = re.split(r"\r\n|\n|\r", data.decode("utf-8-sig", "replace"))
    # VOC's lists of one class have a number behind the name: `000005 -1`.
    named = [(number, _one(line, paths)) for number, line in enumerate(lines, 1) if line.strip()]
    found = [Entry(file, number, path) for number, path in named if path is not None]
    if len(found) > _MOST * len(named):
        yield from found


def _one(line: str, paths: dict[str, list[str]]) -> str | None:
    return meant(line, paths) or meant(re.sub(r"\s+[-+]?\d+\s*$", "", line), paths)
