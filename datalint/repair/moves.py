"""Where a file goes that gets another class or split, in datasets whose folders say it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from datalint.repair.edits import FixError

if TYPE_CHECKING:
    from datalint.repair.facts import Facts


def to_class(path: str, name: str, facts: Facts) -> str:
    """The path in the folder of another class, below the same split. FixError where there is none."""
    own = facts.class_folder(path)
    if own is None:
        raise FixError("it lies in no class folder")
    beside = str(PurePosixPath(own).parent)
    same = [
        folder
        for folder, (role, of) in facts.folders.items()
        if role == "class" and str(PurePosixPath(folder).parent) == beside and name in (of, PurePosixPath(folder).name)
    ]
    if len(same) != 1 or same == [own]:
        raise FixError(
            "it is in that folder already" if same == [own] else f"there is no folder of the class {name} beside {own}"
        )
    return str(PurePosixPath(same[0]) / PurePosixPath(path).relative_to(own))


def to_split(path: str, files: list[str], split: str, facts: Facts) -> dict[str, str]:
    """Old path -> new path of an image in the folder of a split, and of its own files. FixError where there is none."""
    splits = {folder: of for folder, (role, of) in facts.folders.items() if role == "split"}
    own = next((above for above in _above(path) if above in splits), None)
    if own is None:
        raise FixError("it lies in no folder of a split, and no list names it")
    if splits[own] == split:
        raise FixError(f"it is in {split} already")
    parent = PurePosixPath(own).parent
    same = [folder for folder, of in splits.items() if of == split and PurePosixPath(folder).parent == parent]
    if len(same) != 1:
        raise FixError(f"there is no folder of the split {split} beside {own}")
    old, new = PurePosixPath(own).name, PurePosixPath(same[0]).name
    return {file: _with(file, old, new) for file in [path, *files]}


def _with(file: str, old: str, new: str) -> str:
    """A path with the name of the split's folder exchanged: `labels/train/a.txt`, `train/labels/a.txt`."""
    parts = list(PurePosixPath(file).parts)
    places = [place for place, part in enumerate(parts[:-1]) if part == old]
    if len(places) != 1:
        raise FixError(f"{file} lies in {len(places) or 'no'} folders named {old}: where it goes is not certain")
    parts[places[0]] = new
    return str(PurePosixPath(*parts))


def _above(path: str) -> list[str]:
    """The folders that a file lies in, the outermost first."""
    return [str(parent) for parent in reversed(PurePosixPath(path).parents)]
