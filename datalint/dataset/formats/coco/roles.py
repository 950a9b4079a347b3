"""What the paths of COCO files say: which files are one dataset, of which split and task each of them is."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from datalint.dataset.files import splits

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Tasks as COCO's own file names have them, the one that leads first.
TASKS = ("instances", "lvis", "person_keypoints", "keypoints", "stuff", "panoptic", "labels", "captions", "image_info")
_TASK = re.compile(rf"({'|'.join(TASKS)})(?:[_\-.]+|$)", re.IGNORECASE)


class Role(NamedTuple):
    """What a file's path says of it."""

    group: tuple[str, ...]
    """The same for files that are one dataset."""
    split: str | None
    task: str
    """One of TASKS, or ''."""


class _Path(NamedTuple):
    """A file's path, taken apart."""

    file: str
    task: str
    rest: str
    """Of the stem, without the task."""
    ways: tuple[tuple[tuple[str, ...], str], ...]
    """What the path is without a word that names a split, and which split that word names; the likeliest first."""


def looks_like(path: str) -> bool:
    """Whether a path is one that a COCO file may have."""
    return "coco" in path.lower() or bool(_TASK.match(posixpath.basename(path)))


def roles(files: Sequence[str]) -> dict[str, Role]:
    """The role of each file among these."""
    paths = [_taken_apart(file) for file in files]
    kinds: dict[tuple[str, ...], set[str]] = {}
    for path in paths:
        for group, split in path.ways:
            kinds.setdefault(group, set()).add(split)
    several = {group for group, found in kinds.items() if len(found) > 1}
    return {path.file: _role(path, several) for path in paths}


def _taken_apart(file: str) -> _Path:
    *folders, name = file.split("/")
    stem = name.rpartition(".")[0]
    task = _TASK.match(stem)
    rest = stem[task.end() :] if task else stem
    ways: list[tuple[tuple[str, ...], str]] = []
    said = splits.read(_plain(rest))
    if said is not None:
        ways.append(((*folders, "*", *(word for word in said.rest if not word.isdigit())), said.split))
    ways += [
        ((*folders[:place], "*", *folders[place + 1 :], rest), split)
        for place in reversed(range(len(folders)))
        if (split := splits.canonical(folders[place]))
    ]
    return _Path(file, task[1].lower() if task else "", rest, tuple(ways))


def _plain(rest: str) -> str:
    """test-dev is a part of test."""
    return rest.replace("test-dev", "test")


def _role(path: _Path, several: set[tuple[str, ...]]) -> Role:
    """Of one file; `several` are the groups whose files are of several splits."""
    sibling = next((way for way in path.ways if way[0] in several), None)
    if sibling is not None:
        return Role(*sibling, path.task)
    said = splits.canonical(_plain(path.rest))
    if said:
        return Role(path.ways[0][0], said, path.task)
    folder = posixpath.dirname(path.file)
    parts = folder.split("/")
    said = splits.canonical(parts[-1])
    if path.ways and said:
        group = next(group for group, _ in path.ways if group[: len(parts)] == (*parts[:-1], "*"))
        return Role(group, said, path.task)
    # Without a task in its name a file stands alone.
    return Role((folder, path.rest) if path.task else (path.file,), None, path.task)


__all__ = ["TASKS", "Role", "looks_like", "roles"]
