# ruff: noqa: PTH111, PTH114, PTH115, PTH116, PTH118, PTH120 -- names are bytes here, which pathlib does not take
"""Where symbolic links lead, and whether what lies there belongs to the dataset.

A dataset may be a stranger's, and a link in it may lead anywhere on this machine. What is decoded as an image may lie
anywhere, as no byte of it is quoted. All else is read only where it belongs to the dataset: it lies in the dataset or
its Git repository and is not hidden there, or in the store of a tool that keeps the content of files under its digest
and links to it (git-annex, DVC, the Hugging Face hub). Whoever can name a file in such a store has had it.
"""

from __future__ import annotations

import configparser
import errno
import os
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from datalint.sources import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CANNOT_RESOLVE = 1921  # how Windows says ELOOP
#: File systems whose files are the kernel's answers about this machine: reading them tells of it, or does something.
_KERNEL = (b"/proc", b"/sys")
_MOST_CONFIG = 1 << 16
_SEPARATOR = os.sep.encode()

# A file of git-annex: https://git-annex.branchable.com/internals/key_format. Only keys that are a digest.
_KEY = rb"(?:SHA|SKEIN|BLAKE|MD5|VBLAKE)[0-9A-Z_]*(?:-[sSC]\d+)*--[0-9a-f]{32,128}(?:\.[^/]+)?"
_ANNEXED = re.compile(rb"annex/objects/[^/]+/[^/]+/(%s)/\1" % _KEY)
# https://dvc.org/doc/user-guide/project-structure/internal-files: MD5, its first two digits a folder.
_CACHED = re.compile(rb"(?:files/md5/)?[0-9a-f]{2}/[0-9a-f]{30}")
# https://huggingface.co/docs/hub/local-cache: Git's SHA-1, or SHA-256.
_BLOB = re.compile(rb"(?:[0-9a-f]{40}|[0-9a-f]{64})")
#: The first two, anywhere in a dataset or a repository: submodules and nested datasets have stores of their own.
_NESTED = re.compile(
    rb"(?:.*/)?(?:\.git/(?:modules/.*/)?%s|\.dvc/cache/%s)" % (_ANNEXED.pattern, _CACHED.pattern), re.DOTALL
)
_SNAPSHOT = re.compile(rb"(.*/(?:datasets|models|spaces)--[^/]+)/snapshots/[^/]+(?:/.*)?", re.DOTALL)


class Link(NamedTuple):
    """Where a link leads, or a file below a linked folder."""

    kind: str
    """As in the `images` table: inside, outside, dangling or loop."""
    real: bytes = b""
    """What is there, without links on the way; empty where nothing is."""
    foreign: bool = False
    """Whether that does not belong to the dataset."""
    at: bytes = b""
    """The link: the place itself, or a folder above it."""
    says: bytes = b""
    """What the link itself says of where it leads."""

    @property
    def leads_nowhere(self) -> bool:
        """Whether nothing is there."""
        return self.kind in ("dangling", "loop")

    @property
    def is_kernel(self) -> bool:
        """Whether it leads into one of the kernel's own file systems."""
        return is_kernel(self.real)

    def below(self, name: bytes) -> Link:
        """The same of a file or folder in the linked folder."""
        return self._replace(real=os.path.join(self.real, name))


class LinkedAwayError(OSError):
    """A file that is not read, because a link leads to it and it does not belong to the dataset."""

    def __init__(self) -> None:
        super().__init__(None, "a symbolic link leads out of the dataset")


def is_kernel(real: bytes) -> bool:
    """Whether a real path lies in one of the kernel's own file systems."""
    return any(real == place or real.startswith(place + b"/") for place in _KERNEL)


def kernel_devices() -> frozenset[int]:
    """The devices of these file systems, as `stat` gives them."""
    found = set()
    for place in _KERNEL if os.name == "posix" else ():
        try:
            found.add(os.stat(place).st_dev)
        except OSError:
            continue
    return frozenset(found - {os.stat("/").st_dev} if found else ())


class Links:
    """The links of one dataset."""

    def __init__(self, root: bytes, starts: Sequence[bytes], *, follow: bool = False, listed: bool = False) -> None:
        """`starts` are the paths that the user named: a link among them is the user's word, and what it leads to is the
        dataset. Not where a file has `listed` them, which may be a stranger's. With `follow` all is the dataset's."""
        self.root = root
        self._real_root = os.path.realpath(root)
        self._follow = follow
        self._starts = () if listed else tuple(os.path.realpath(start) for start in starts)

    def to(self, place: bytes) -> Link:
        """Where the link at `place` (absolute) leads."""
        try:
            os.stat(place)
        except OSError as error:
            is_loop = error.errno == errno.ELOOP or getattr(error, "winerror", None) == _CANNOT_RESOLVE
            return Link("loop" if is_loop else "dangling", at=place)
        real = os.path.realpath(place)
        kind = "outside" if _within(real, self._real_root) is None else "inside"
        try:
            says = os.readlink(place)
        except OSError:  # the link is a folder above it
            says = real
        return Link(kind, real, not self._follow and not self._is_own(real), place, says)

    def of_start(self, start: bytes) -> Link | None:
        """Where one of the paths that were named leads; None if it is the folder or file itself."""
        real = os.path.realpath(start)
        plain = os.path.join(self._real_root, os.path.relpath(start, self.root))
        return None if real == os.path.normpath(plain) else self.to(start)

    def in_root(self, name: bytes) -> bytes:
        """What to open, with no link on the way, for the file `name` in the root; raises OSError."""
        place = os.path.join(self.root, name)
        if not os.path.islink(place):
            return place
        link = self.to(place)
        if link.foreign or link.leads_nowhere or link.is_kernel:
            raise LinkedAwayError
        return link.real

    def _is_own(self, real: bytes) -> bool:
        """Whether a real path belongs to the dataset."""
        for folder in self._folders:
            relative = _within(real, folder)
            if relative is not None and not _is_hidden(relative):
                return True
        for folder, names in self._stores:
            relative = _within(real, folder)
            if relative is not None and names.fullmatch(relative):
                return True
        return False

    @cached_property
    def _folders(self) -> tuple[bytes, ...]:
        """Folders (or files) of which everything that is not hidden belongs to the dataset."""
        repository = _nearest(self._real_root, b".git")
        shared = [self._real_root] if repository is None else [self._real_root, repository]
        # The parent of paths that are far apart is not a dataset, nor is a home folder under version control.
        own = [folder for folder in shared if folder in self._starts or not _holds_home(folder)]
        return (*own, *self._starts)

    @cached_property
    def _stores(self) -> tuple[tuple[bytes, re.Pattern[bytes]], ...]:
        """Folders with files under their digests, and what their paths in there look like."""
        found = [(folder, _NESTED) for folder in self._folders]
        if (repository := _nearest(self._real_root, b".git")) is not None:
            found.append((os.path.realpath(os.path.join(repository, b".git")), _ANNEXED))
        if (project := _nearest(self._real_root, b".dvc")) is not None:
            found += [(cache, _CACHED) for cache in _dvc_caches(os.path.join(project, b".dvc"))]
        if snapshot := _SNAPSHOT.fullmatch(self._real_root.replace(_SEPARATOR, b"/")):
            found.append((os.path.normpath(os.path.join(snapshot[1], b"blobs")), _BLOB))
        return tuple(found)


class Unlinked:
    """What has no links, and whose files are all known by `names`, relative to the root."""

    def __init__(self, names: frozenset[bytes]) -> None:
        self._names = names

    def in_root(self, name: bytes) -> bytes | None:
        """See `Links`; raises FileNotFoundError."""
        if name not in self._names:
            raise FileNotFoundError(None, "there is no such file")
        return None


def _within(real: bytes, folder: bytes) -> bytes | None:
    """A real path relative to a folder, with `/` between parts; None if it does not lie there."""
    if real == folder:
        return b""
    start = os.path.join(folder, b"")
    return real[len(start) :].replace(_SEPARATOR, b"/") if real.startswith(start) else None


def _is_hidden(relative: bytes) -> bool:
    return relative.startswith(b".") or b"/." in relative


def _nearest(folder: bytes, name: bytes) -> bytes | None:
    """The folder that has `name` in it, from `folder` upwards."""
    while not os.path.lexists(os.path.join(folder, name)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _holds_home(folder: bytes) -> bool:
    home = os.path.expanduser(b"~")
    return home != b"~" and _within(os.path.realpath(home), folder) is not None


def _dvc_caches(settings: bytes) -> Iterator[bytes]:
    """The folders in which DVC keeps content, by the project's `.dvc` folder."""
    yield os.path.realpath(os.path.join(settings, b"cache"))
    for name in (b"config", b"config.local"):
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            content = Folder(settings).item(name, follow=False).read(_MOST_CONFIG)
            parser.read_string(content.decode("utf-8", "surrogateescape"))
        except (OSError, ValueError, configparser.Error):
            continue
        if folder := parser.get("cache", "dir", fallback="").strip("\"' "):
            yield os.path.realpath(os.path.join(settings, os.fsencode(folder)))
