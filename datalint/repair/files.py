"""Files on disk that are written so that they are old or new, never half; and what they hold, to compare."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from datalint.repair.edits import FixError, applied, digest
from datalint.repair.orientation import turned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.repair.edits import Edited

_BLOCK = 1 << 20


def replace(place: Path, data: bytes, mode: int, temporary: Path) -> None:
    """Write `data` beside `place`, to disk, and let it take its place."""
    put(temporary, data, mode)
    if place.exists():
        own(temporary, (place.stat().st_uid, place.stat().st_gid))
    temporary.replace(place)
    sync(place.parent)


def put(place: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file, to disk."""
    place.unlink(missing_ok=True)
    with place.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    place.chmod(mode)


def own(place: Path, owner: tuple[int, int]) -> None:
    """Give a file to a user and a group, where this process may."""
    with suppress(OSError, AttributeError):  # Windows has no owners
        os.chown(place, *owner, follow_symlinks=False)


def sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    if os.name == "nt":  # where a folder is not opened
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def new_content(place: Path, edited: Edited) -> bytes:
    """A file's bytes after its edits; FixError if it is no longer the file that was read."""
    data = place.read_bytes()
    if digest(data) != edited.sha256:
        raise FixError(f"{place} has changed since it was read: nothing was done")
    return applied(turned(data, edited.turn), edited.edits)


def walk(root: Path) -> Iterator[Path]:
    """All folders, files and links below `root`, but for Git's own."""
    for folder, folders, files in os.walk(root, onerror=_refuse):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in [*folders, *sorted(name for name in files if name != ".git")]:
            yield Path(folder, name)


def contents(root: Path) -> dict[str, str]:
    """Path -> SHA-256 of all files below `root`; links only by name, as those of a copy may be written otherwise."""
    found = {}
    for place in walk(root):
        kind = place.lstat().st_mode
        name = place.relative_to(root).as_posix()
        if stat.S_ISLNK(kind):
            found[name] = "a symbolic link"
        elif stat.S_ISREG(kind):
            found[name] = file_digest(place)
    return found


def file_digest(place: Path) -> str:
    """SHA-256 of a file of any size."""
    made = hashlib.sha256()
    with place.open("rb") as file:
        while block := file.read(_BLOCK):
            made.update(block)
    return made.hexdigest()


def _refuse(error: OSError) -> None:
    raise FixError(f"{error.filename}: {error.strerror}")
