"""Where the bytes of settings come from: the disk, or a Git revision, and then never the working tree."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from datalint.config.settings import ConfigError, Revision

if TYPE_CHECKING:
    from collections.abc import Iterator


def revision(folder: Path, name: str) -> Revision:
    """The commit that `name` stands for in the repository of `folder`; raises ConfigError with one line."""
    from datalint import git

    if not name:
        raise ConfigError("--settings-from takes a branch, tag or commit, and was given nothing")
    # Not through links: a pull request may have replaced a folder by a link to another repository.
    top = next((above for above in _upwards(folder) if (above / ".git").exists()), None)
    if top is None:
        raise ConfigError(f"{folder} is not in a Git checkout, so it has no settings of {name}")
    if git.run(top, "rev-parse", "--git-dir") is None:
        raise ConfigError(
            f"Git does not answer in {top}: make sure that it is installed and the checkout yours (safe.directory)"
        )
    commit = git.commit(top, name)
    if commit is None:
        raise ConfigError(
            f"--settings-from: Git knows no commit {name!r} in {top}; in a shallow clone, fetch it first (git fetch)"
        )
    return Revision(name, commit, top)


def content(path: Path, of: Revision | None) -> bytes | None:
    """The bytes of a file; None if there is none. Raises OSError, or ConfigError where Git cannot say.

    A file in the repository of the revision `of` is read as it was then. Another is not the repository's to change, and
    is read from the disk.
    """
    within = None if of is None else _within(path, of)
    if of is None or within is None:
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
    from datalint import git

    try:
        return git.committed(of.top, of.commit, within)
    except git.NoAnswerError as error:
        raise ConfigError(str(error)) from None


def is_there(path: Path, of: Revision | None) -> bool:
    """Whether there is a file; raises as `content` does."""
    if of is None or _within(path, of) is None:
        return path.is_file()
    return content(path, of) is not None


def found(path: Path, of: Revision | None, option: str) -> bool:
    """Whether there is a file, which nobody named; raises as `content` does.

    ConfigError too where it is a link out of the repository, or out of its folder where that is none: what lies there
    may be the user's own, and `option` is how the user says that it is meant.
    """
    if not is_there(path, of):
        return False
    if (of is None or _within(path, of) is None) and path.is_symlink():
        top = next((above for above in _upwards(path.parent) if (above / ".git").exists()), path.parent)
        real, whole = Path(os.path.realpath(path)), Path(os.path.realpath(top))
        if not real.is_relative_to(whole) or ".git" in real.relative_to(whole).parts:
            raise ConfigError(f"{path}: not read: a symbolic link leads out of {top}; {option} names the file")
    return True


def upwards(folder: Path, of: Revision | None) -> Iterator[Path]:
    """The folder and those above it, up to the repository's root."""
    for above in _upwards(folder):
        yield above
        if above == of.top if of is not None else (above / ".git").exists():
            return


def _upwards(folder: Path) -> Iterator[Path]:
    start = Path(os.path.abspath(folder))
    yield start
    yield from start.parents


def _within(path: Path, of: Revision) -> str | None:
    """The name of a file in the repository; None if it lies elsewhere."""
    place = Path(os.path.abspath(path))
    return place.relative_to(of.top).as_posix() if place.is_relative_to(of.top) else None
