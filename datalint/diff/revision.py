# ruff: noqa: PTH103, PTH108, PTH113, PTH118, PTH120, PTH123, PTH211 -- names are bytes, which pathlib does not take
"""A dataset as it was in a Git revision, written to a folder of its own.

`git checkout`, `git worktree` and `git archive` run the filters that a repository's configuration names. Blobs are read
instead, and nothing of the repository is run or changed. A Git LFS pointer is replaced by its content where the
repository has it (`.git/lfs/objects`); nothing is fetched.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from datalint import git
from datalint.config.settings import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTRY = re.compile(rb"(\d{6}) \w+ ([0-9a-f]{40,64})\t(.+)", re.DOTALL)
_POINTER = re.compile(
    rb"version https://(?:git-lfs\.github|hawser)\.com/spec/.*\noid sha256:([0-9a-f]{64})\n", re.DOTALL
)
_POINTER_BYTES = 1024
_LINK, _MODULE = b"120000", b"160000"
_CHUNK = 1 << 20
#: What a file system says to a name that it cannot hold, or holds already (under another case or Unicode form).
_NAME_ERRORS = (errno.EEXIST, errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR)


class Place(NamedTuple):
    """Where a dataset lies in its repository."""

    top: Path
    """The repository's root."""
    below: str
    """The dataset's folder below it, `/` between parts; empty for the root itself."""


@dataclass(slots=True)
class Extraction:
    """What could not be written, counted."""

    unfetched: int = 0
    """Git LFS objects that are not here: their pointers were written."""
    absent: int = 0
    """Blobs that a partial clone left out."""
    modules: list[str] = field(default_factory=list)
    """Submodules without the commit."""
    refused: int = 0
    """Names that this file system cannot hold, or holds under another name already."""

    def notes(self, revision: str) -> tuple[str, ...]:
        """One sentence for each kind of loss."""
        found = []
        if self.unfetched:
            found.append(
                f"{revision}: Git LFS objects that are not here: {self.unfetched:,}; their pointers are compared "
                f"(git lfs fetch origin {revision})."
            )
        if self.absent:
            found.append(f"{revision}: files that are not here, as in a partial clone: {self.absent:,} (git fetch).")
        found += [f"{revision}: the submodule {path} is not here at that commit." for path in self.modules]
        if self.refused:
            found.append(f"{revision}: files left out because their names cannot be written here: {self.refused:,}.")
        return tuple(found)


def locate(folder: Path) -> Place:
    """The repository of a dataset's folder; raises ConfigError where there is none."""
    here = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
    top = git.run(here, "rev-parse", "--show-toplevel") if git.is_checkout(here) else None
    if top is None:
        raise ConfigError(f"{folder} is not in a Git checkout, so only reports and exports can be compared there")
    root = Path(os.path.realpath(os.fsdecode(top.removesuffix(b"\n"))))
    below = os.path.relpath(os.path.realpath(folder), root)
    return Place(root, "" if below == "." else below.replace(os.sep, "/"))


def commit(top: Path, revision: str) -> str:
    """The commit that a revision names; raises ConfigError for none."""
    found = git.commit(top, revision)
    if found is None:
        raise ConfigError(
            f"{revision!r} is not a report, an export, a folder or a commit that Git knows in {top} "
            "(a shallow clone has it after git fetch)"
        )
    return found


def extract(place: Place, name: str, target: Path, written: dict[bytes, bytes]) -> Extraction:
    """Write the dataset's folder as of the commit `name` below `target`, under its path in the repository.

    `written` maps blobs to files that hold them: what two revisions share is written once.
    """
    result = Extraction()
    os.makedirs(os.path.join(os.fsencode(target), os.fsencode(place.below)), exist_ok=True)
    _extract(place.top, name, place.below, os.fsencode(target), written, result)
    return result


def _extract(top: Path, name: str, below: str, target: bytes, written: dict[bytes, bytes], result: Extraction) -> None:
    only = ["--", f":(literal){below}"] if below else []
    listing = git.run(top, "ls-tree", "-r", "-z", "--full-tree", name, *only)
    if listing is None:
        raise ConfigError(f"git cannot list {name} in {top}")
    store = _large_files(top)
    links: list[tuple[bytes, bytes]] = []
    with closing(_Blobs(top, name)) as blobs:
        for mode, blob, path in _entries(listing):
            place = _below(target, path)
            if place is None:
                result.refused += 1
            elif mode == _MODULE:
                _module(top, blob, path, target, written, result)
            elif mode == _LINK:
                links.append((blob, place))
            else:
                _file(blobs, blob, place, store, written, result)
        # The last: no file is ever written through a link.
        for blob, place in links:
            _link(blobs, blob, place, result)


def _entries(listing: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    for line in listing.split(b"\0"):
        if found := _ENTRY.fullmatch(line):
            mode, blob, path = found.groups()
            yield mode, blob, path


def _below(target: bytes, path: bytes) -> bytes | None:
    """Where a path of a tree is written; None if it would leave `target`, which only a malicious tree does."""
    parts = path.split(b"/")
    if any(part in (b"", b".", b"..") for part in parts) or (os.sep != "/" and re.search(rb"[\\:]", path)):
        return None
    return os.path.join(target, *parts)


def _module(
    top: Path, name: bytes, path: bytes, target: bytes, written: dict[bytes, bytes], result: Extraction
) -> None:
    inner = top / os.fsdecode(path)
    commit = name.decode()
    if not (inner / ".git").exists() or git.run(inner, "cat-file", "-e", f"{commit}^{{commit}}") is None:
        result.modules.append(path.decode("utf-8", "backslashreplace"))
        return
    _extract(inner, commit, "", os.path.join(target, *path.split(b"/")), written, result)


def _file(
    blobs: _Blobs, blob: bytes, place: bytes, store: bytes | None, written: dict[bytes, bytes], result: Extraction
) -> None:
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if blob in written and _linked(written[blob], place):
            return
        if not blobs.copy(blob, place):
            result.absent += 1
            return
    except OSError as error:
        if error.errno not in _NAME_ERRORS:
            raise
        result.refused += 1
        return
    if (oid := _pointed_at(place)) is not None:
        content = os.path.join(store, oid[:2], oid[2:4], oid) if store is not None else b""
        if not os.path.isfile(content):
            result.unfetched += 1
            return
        os.unlink(place)
        if not _linked(content, place):
            shutil.copyfile(content, place)
    written.setdefault(blob, place)


def _linked(source: bytes, place: bytes) -> bool:
    """Whether `place` could be made another name of the file `source`."""
    try:
        os.link(source, place)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _link(blobs: _Blobs, blob: bytes, place: bytes, result: Extraction) -> None:
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if not blobs.copy(blob, place):
            result.absent += 1
            return
        with open(place, "rb") as file:
            leads_to = file.read()
        os.unlink(place)
        os.symlink(leads_to, place)
    except (OSError, ValueError):
        result.refused += 1


def _pointed_at(place: bytes) -> bytes | None:
    """The SHA-256 of the content, if a file is a Git LFS pointer (its specification: shorter than 1024 bytes)."""
    if os.stat(place).st_size >= _POINTER_BYTES:  # noqa: PTH116
        return None
    with open(place, "rb") as file:
        found = _POINTER.match(file.read())
    return found[1] if found else None


def _large_files(top: Path) -> bytes | None:
    """The folder in which Git LFS keeps contents."""
    common = git.run(top, "rev-parse", "--git-common-dir")
    if common is None:
        return None
    return os.path.join(os.fsencode(top), common.removesuffix(b"\n"), b"lfs", b"objects")


class _Blobs:
    """Reads the blobs of one commit, one after the other."""

    def __init__(self, top: Path, commit: str) -> None:
        self._top, self._commit = top, commit
        self._absent: frozenset[bytes] = frozenset()
        self._git = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.Popen(
            ["git", "-c", "core.fsmonitor=false", "cat-file", "--batch"],
            cwd=self._top,
            env=environment | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def copy(self, blob: bytes, place: bytes) -> bool:
        """Write a blob to a new file; False if the repository does not have it. Raises OSError."""
        if blob in self._absent:
            return False
        assert self._git.stdin is not None
        assert self._git.stdout is not None
        with suppress(BrokenPipeError):
            self._git.stdin.write(blob + b"\n")
            self._git.stdin.flush()
        answer = self._git.stdout.readline()
        head = answer.split()
        if not answer:
            self._revive(blob)
        if len(head) != 3 or head[1] != b"blob":
            return False
        left = int(head[2])
        try:
            target = open(place, "xb")  # noqa: SIM115 - closed below, where the rest of the blob is read anyway
        except OSError:
            self._skip(left + 1)
            raise
        with target:
            while left and (chunk := self._git.stdout.read(min(left, _CHUNK))):
                target.write(chunk)
                left -= len(chunk)
        self._git.stdout.read(1)
        return left == 0

    def _skip(self, size: int) -> None:
        assert self._git.stdout is not None
        while size and (chunk := self._git.stdout.read(min(size, _CHUNK))):
            size -= len(chunk)

    def _revive(self, blob: bytes) -> None:
        """Git ends at a blob that it would have to fetch: start it again, and never ask for any of those."""
        self.close()
        listing = git.run(self._top, "rev-list", "--objects", "--missing=print", "--no-walk", self._commit) or b""
        missing = (line[1:] for line in listing.splitlines() if line.startswith(b"?"))
        self._absent = frozenset((blob, *self._absent, *missing))
        self._git = self._started()

    def close(self) -> None:
        """End Git."""
        for stream in (self._git.stdin, self._git.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        self._git.wait()
