"""A corrected copy of a dataset: built beside its place, which it takes when it is whole."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from datalint.repair.edits import FixError
from datalint.repair.files import new_content, put, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.repair.plan import Plan


def copy(plan: Plan, to: Path, *, link: bool = False) -> None:
    """Write the dataset as it is after the plan to the folder `to`, which is new or empty.

    With `link`, unchanged files are hard links where both lie on one file system: to write into one then changes both.
    """
    root = Path(os.path.realpath(plan.root))
    with built(root, to) as building:
        _fill(plan, root, building, link=link)


@contextmanager
def built(root: Path, to: Path) -> Iterator[Path]:
    """A folder to be filled, which takes the place of `to` at the end; nothing is there where that fails.

    FixError unless `to` is new or empty, and neither in the dataset `root` nor around it.
    """
    root, to = Path(os.path.realpath(root)), Path(os.path.abspath(to))
    real = Path(os.path.realpath(to))
    if real == root or root in real.parents or real in root.parents:
        raise FixError(f"{to} and the dataset {root} lie in each other: choose another folder")
    if os.path.lexists(to) and (to.is_symlink() or not to.is_dir() or any(to.iterdir())):
        raise FixError(f"{to} is there and not an empty folder: choose a new one")
    if not to.parent.is_dir():
        raise FixError(f"{to.parent} is not a folder")
    building = Path(tempfile.mkdtemp(prefix=f".{to.name[:40]}.", dir=to.parent))
    try:
        yield building
        building.replace(to)  # over an empty folder too
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def placed(place: Path, target: Path, *, link: bool) -> None:
    """Copy a file, or make a hard link where that is wanted and possible."""
    if not link or not _linked(place, target):
        shutil.copy2(place, target)


def _fill(plan: Plan, root: Path, to: Path, *, link: bool) -> None:
    folders = [root]
    for place in walk(root):
        name = place.relative_to(root).as_posix()
        target = to / plan.renamed.get(name, name)
        status = place.lstat()
        if name in plan.removed:
            continue
        if name in plan.renamed:
            target.parent.mkdir(parents=True, exist_ok=True)  # of a folder that comes later
        if stat.S_ISLNK(status.st_mode):
            target.symlink_to(_target(place, root, to))
        elif stat.S_ISDIR(status.st_mode):
            target.mkdir(exist_ok=True)
            folders.append(place)
        elif not stat.S_ISREG(status.st_mode):
            raise FixError(f"{place} is neither a file nor a folder: it cannot be copied")
        elif name in plan.edited:
            put(target, new_content(place, plan.edited[name]), stat.S_IMODE(status.st_mode))
        else:
            placed(place, target, link=link)
    for place in reversed(folders):  # last, as what is put into a folder changes its time
        shutil.copystat(place, to / place.relative_to(root))


def _linked(place: Path, target: Path) -> bool:
    try:
        os.link(place, target)
    except OSError:
        return False
    return True


def _target(place: Path, root: Path, to: Path) -> str:
    """Where a copied link leads: to the same thing in the copy, or outside."""
    said = str(place.readlink())
    leads = os.path.normpath(place.parent / said)
    inside = os.path.realpath(leads) == leads and Path(leads).is_relative_to(root)
    if inside and not Path(said).is_absolute():
        return said
    return os.path.relpath(leads, place.parent) if inside else leads
