"""From what a user names (a report, an export, a folder, a revision) to the two states to compare."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from datalint import engine
from datalint.cache import store as cache
from datalint.diff import revision, snapshot
from datalint.diff.workplace import workplace
from datalint.judge import baseline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config
    from datalint.diff.snapshot import Snapshot
    from datalint.judge.run import Progress


def states(names: Sequence[str], dataset: Path, settings: Config, progress: Progress | None = None) -> list[Snapshot]:
    """The state that each name stands for; raises ConfigError with one line for a name that stands for none.

    A file is a JSON report; a folder is an export, else it is scanned; anything else is a Git revision of the folder
    `dataset`, which is scanned with the same settings, and with the cache of `dataset`.
    """
    commits = {}
    for name in names:  # all are understood before the first is scanned
        if not os.path.lexists(name):
            commits[name] = revision.commit(revision.locate(dataset).top, name)
    with workplace() as temporary:
        written: dict[bytes, bytes] = {}
        found: list[Snapshot] = []
        for number, name in enumerate(names):
            path = Path(name)
            if name in commits:
                target = temporary / str(number)
                found.append(_revision(name, commits[name], dataset, target, written, settings, progress))
            elif path.is_dir() and not snapshot.is_export(path):
                found.append(snapshot.of_report(engine.scan(path, config=settings, progress=progress), name))
            else:
                found.append(snapshot.read(path))
    return found


def _revision(
    name: str,
    commit: str,
    dataset: Path,
    target: Path,
    written: dict[bytes, bytes],
    settings: Config,
    progress: Progress | None,
) -> Snapshot:
    place = revision.locate(dataset)
    try:
        notes = revision.extract(place, commit, target, written).notes(name)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        hint = f"{error.strerror}: the files of {name} are written there; TMPDIR may name another folder"
        raise OSError(error.errno, hint, tempfile.gettempdir()) from None
    report = engine.scan(target / place.below, config=_there(settings, dataset, place, target), progress=progress)
    return snapshot.of_report(report, name, notes)


def _there(settings: Config, dataset: Path, place: revision.Place, target: Path) -> Config:
    """The settings of the dataset, for a copy of it below `target`: with its baseline and its cache."""
    if settings.folder is not None:
        with suppress(ValueError):  # outside of the repository, its globs are relative to the dataset, as ever
            inside = Path(os.path.realpath(settings.folder)).relative_to(place.top)
            settings = replace(settings, base=target / inside)
    with suppress(RuntimeError):  # no home folder, no cache
        settings = replace(settings, cache_dir=cache.folder_of(dataset, settings.cache_dir))
    return replace(settings, baseline=_baseline_there(settings, dataset, place, target))


def _baseline_there(settings: Config, dataset: Path, place: revision.Place, target: Path) -> Path | Literal[False]:
    """A copy of the dataset's baseline, as far from the copied dataset as the baseline is from the dataset."""
    found = baseline.find(settings, dataset.absolute())
    if found is None:
        return False
    with suppress(ValueError, OSError):  # outside of the repository, or not to be read: told when it is
        copy = target / found.resolve().relative_to(place.top)
        copy.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(found, copy))
    return found
