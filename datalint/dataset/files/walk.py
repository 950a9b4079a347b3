# ruff: noqa: PTH112, PTH116, PTH118 -- names are bytes here, which pathlib does not take
"""Walk the folders of a dataset: every file once, with the reason where it is not an image.

Nothing is opened. Names are bytes, as the file system has them; only this module turns them into text.
"""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.cache.tag import is_cache
from datalint.dataset.files.archives import Archives, skips
from datalint.dataset.files.extensions import DECLARING_EXTENSIONS
from datalint.dataset.files.found import COLUMNS, extension_of, in_order, text
from datalint.dataset.files.globs import Globs, prefix
from datalint.dataset.files.links import Links, kernel_devices
from datalint.dataset.files.tree import Skip, Tree
from datalint.sources import Folder, Refused, archive, tables
from datalint.sources.mounted import Mounted
from datalint.sources.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config
    from datalint.dataset.files.links import Link
    from datalint.sources.mounted import Held

#: How often one folder may be reached through links: enough for splits that share a folder, and no explosion.
_MOST_VISITS = 4

_SYSTEM_FILES = frozenset(
    {b"thumbs.db", b"ehthumbs.db", b"desktop.ini", b"icon\r", b".ds_store", b".localized", b".directory"}
)
_SYSTEM_FOLDERS = frozenset(
    {
        b"__macosx",
        b"__pycache__",
        b"@eadir",
        b"$recycle.bin",
        b"system volume information",
        b"lost+found",
        b"node_modules",
    }
)

#: Kind and reason of what is not entered or opened.
_KERNEL = ("special", "it lies in /proc or /sys, where files are the system's answers; never opened")
_HAS_FOLDER = "a compressed archive beside a folder of its name, which is read instead"
_HOLD_OTHERS = (*archive.ENDINGS, *tables.ENDINGS)
_NOWHERE = {
    "loop": ("link-loop", "a symbolic link that leads to itself"),
    "dangling": ("special", "a symbolic link to nothing"),
}


def walk(
    root: bytes, starts: Sequence[bytes], config: Config, refused: Refused | None = None, spool: Spool | None = None
) -> Tree:
    """Everything under `starts` (folders or files under `root`, absolute).

    Symbolic links are followed; loops end at the link. Archives are folders, but for those that are `refused`; what has
    to be unpacked lies in `spool`. Raises OSError when a start cannot be listed.
    """
    links = Links(root, starts, follow=config.follow_links, listed=config.listed)
    return _Walk(Folder(root, refused), links, config, spool or Spool()).run(starts)


class _Ancestor(NamedTuple):
    """A folder on the way to the current one, as a linked list: two folders share their beginnings."""

    key: tuple[int, int]
    parent: _Ancestor | None

    def holds(self, key: tuple[int, int]) -> bool:
        node: _Ancestor | None = self
        while node is not None:
            if node.key == key:
                return True
            node = node.parent
        return False


#: A file: its columns of `Tree.files` in the order of `COLUMNS`.
_Row = tuple[bytes, int, int | None, int | None, int | None, str | None, bytes | None, str | None, str | None]


class _Pictures(NamedTuple):
    """A table with pictures, and the folder and times of its file."""

    path: bytes
    folder: int
    mtime_ns: int
    ctime_ns: int
    rows: tables.Rows


def _of_table(one: _Pictures, columns: pl.Schema) -> pl.DataFrame:
    """A row each, as of files."""
    rows = range(one.rows.sizes.len())
    known = {
        "os_path": pl.Series([b"%s#%d" % (one.path, row) for row in rows], dtype=pl.Binary),
        "bytes": one.rows.sizes,
    }
    same = {"number": one.folder, "mtime_ns": one.mtime_ns, "ctime_ns": one.ctime_ns, "cell": True}
    return pl.DataFrame(known).select(
        (pl.col(name) if name in known else pl.lit(same.get(name))).cast(kind).alias(name)
        for name, kind in columns.items()
    )


class _Walk:
    def __init__(self, source: Folder, links: Links, config: Config, spool: Spool) -> None:
        self.walked_ns = time.time_ns()
        self.source = source
        self.root = root = source.root
        self.links = links
        self.below_root = len(os.path.join(root, b""))
        self.kernel = kernel_devices()
        self.unwanted = Unwanted(root, config)
        self.extensions = frozenset(config.image_extensions)
        self.found: list[_Row] = []
        self.folders: list[bytes] = []
        self.numbers: dict[bytes, int] = {}  # of the folders of single files
        self.skipped: list[Skip] = []
        self.visits: dict[tuple[int, int], int] = {}
        self.pending: list[tuple[bytes, Link | None, _Ancestor | None]] = []
        self.archives = Archives(self._unwanted, self._is_candidate, _may_be_labels, spool)
        self.held: dict[bytes, Held] = {}
        self.tables: list[_Pictures] = []
        self.unopened: dict[str, str] = {}
        self.faults: dict[str, str] = {}
        self.lost: dict[str, str] = {}  # tables that may have held pictures

    def run(self, starts: Sequence[bytes]) -> Tree:
        self.starts = frozenset(starts)
        for start in starts:
            link = self.links.of_start(start)
            if link is not None and link.is_kernel:
                self._skip_link(self._relative(start), link, *_KERNEL)
            elif os.path.isdir(start):
                with os.scandir(start):
                    pass  # an unreadable start is refused, not skipped
                self.pending.append((self._relative(start), link, None))
            else:
                self._start_file(start, link)
        while self.pending:
            self._folder(*self.pending.pop())
        return self._tree()

    def _relative(self, path: bytes) -> bytes:
        return b"" if path == self.root else os.path.relpath(path, self.root)

    def _start_file(self, path: bytes, link: Link | None) -> None:
        folder, name = os.path.split(self._relative(path))
        if (number := self.numbers.get(folder)) is None:
            number = self.numbers[folder] = len(self.folders)
            self.folders.append(folder)
        if link is not None and link.leads_nowhere:
            self._keep(os.path.join(folder, name), number, None, link)
        else:
            self._file(os.stat(path), os.path.join(folder, name), number, link)

    def _folder(self, folder: bytes, link: Link | None, above: _Ancestor | None) -> None:
        place = os.path.join(self.root, folder) if folder else self.root
        try:
            status = os.stat(place)
            if status.st_dev in self.kernel:
                self._skip(folder, *_KERNEL)
                return
            with os.scandir(place) as listing:
                entries = list(listing)
        except OSError as error:
            self._skip(folder, "unreadable-folder", f"the folder cannot be listed: {error.strerror or error}")
            return
        node = _Ancestor((status.st_dev, status.st_ino), above)
        number = len(self.folders)
        self.folders.append(folder)
        prefix = os.path.join(folder, b"")
        for entry in entries:
            self._entry(entry, prefix + entry.name, number, link, node)

    def _entry(self, entry: os.DirEntry[bytes], path: bytes, number: int, above: Link | None, node: _Ancestor) -> None:
        try:
            if entry.is_symlink():
                link: Link | None = self.links.to(entry.path)
            else:
                link = above and above.below(entry.name)
            nowhere = link is not None and link.leads_nowhere
            folder = not nowhere and entry.is_dir()
            if folder and is_cache(entry.path):
                return  # datalint's own, and not there the first time
            if skip := self._unwanted(entry.name, path, folder):
                self._skip(path, *skip)
            elif link is not None and link.is_kernel:
                self._skip_link(path, link, *_KERNEL)
            elif link is not None and nowhere and not self._is_candidate(entry.name):
                self._skip(path, *_NOWHERE[link.kind])
            elif nowhere:
                self._keep(path, number, None, link)
            elif folder:
                self._enter(entry, path, link, node)
            else:
                self._file(entry.stat(), path, number, link)
        except OSError as error:
            self._skip(path, "special", f"cannot be examined: {error.strerror or error}")

    def _file(self, status: os.stat_result, path: bytes, number: int, link: Link | None) -> None:
        if not stat.S_ISREG(status.st_mode):
            self._skip(path, "special", "a pipe, socket or device; never opened")
        elif status.st_dev in self.kernel:
            self._skip(path, *_KERNEL)
        elif not path.lower().endswith(_HOLD_OTHERS):
            self._keep(path, number, status, link)
        elif not self._is_opened(path, status, link):
            self._keep(path, number, status, link)
            self._look_for_pictures(path, number, status, link)

    def _look_for_pictures(self, path: bytes, number: int, status: os.stat_result, link: Link | None) -> None:
        """Add the rows of a table that holds pictures."""
        if not tables.is_table(path) or (link is not None and link.foreign):
            return
        item = self.source.item(path, status.st_size, follow=False, real=link and link.real)
        try:
            rows = None if item.refusal is not None else tables.opened(item)
        except OSError as error:
            self.lost[text(path)] = error.strerror or str(error)
            return
        if rows is None:
            return
        self.held[path] = rows
        self.tables.append(_Pictures(path, number, status.st_mtime_ns, status.st_ctime_ns, rows))
        if rows.fault:
            self.faults[text(path)] = f"the table was not read to its end: {rows.fault}"

    def _is_opened(self, path: bytes, status: os.stat_result, link: Link | None) -> bool:
        """Whether the file is an archive that is a folder from here on."""
        if not archive.is_archive(path) or (link is not None and link.foreign):
            return False
        item = self.source.item(path, status.st_size, follow=False, real=link and link.real)
        if item.refusal is not None:
            return False
        if (
            archive.is_unpacked(path)
            and item.place not in self.starts
            and os.path.isdir(archive.unpacked_name(item.place))
        ):
            self.unopened[text(path)] = _HAS_FOLDER
            return False
        try:
            inside = self.archives.enter(path, item, asked=item.place in self.starts)
        except OSError as error:
            self.faults[text(path)] = error.strerror or str(error)
            return False
        if isinstance(inside, str):
            self.unopened[text(path)] = inside
            return False
        self.held[path] = inside.held
        if inside.fault:
            self.faults[text(path)] = f"the archive was not read to its end: {inside.fault}"
        self.skipped.extend(skips(inside, text))
        self.unopened |= {text(name): reason for name, reason in inside.unopened}
        numbers = {folder: len(self.folders) + at for at, folder in enumerate(inside.folders)}
        self.folders += inside.folders
        times = (status.st_mtime_ns, status.st_ctime_ns)
        for name, folder, size in inside.files:
            self.found.append((name, numbers[folder], size, *times, None, None, None, None))
        return True

    def _enter(self, entry: os.DirEntry[bytes], path: bytes, link: Link | None, node: _Ancestor) -> None:
        if link is not None:
            status = entry.stat()
            key = (status.st_dev, status.st_ino)
            if node.holds(key):
                self._skip(path, "link-loop", "a symbolic link to a folder above it")
                return
            self.visits[key] = self.visits.get(key, 0) + 1
            if self.visits[key] > _MOST_VISITS:
                self._skip(path, "link-loop", f"the folder was already reached {_MOST_VISITS} times through links")
                return
        self.pending.append((path, link, node))

    def _unwanted(self, name: bytes, path: bytes, folder: bool) -> tuple[str, str] | None:
        """Kind and reason if the name alone rules the entry out."""
        return self.unwanted.why(name, path, folder)

    def _is_candidate(self, name: bytes) -> bool:
        return extension_of(name) in self.extensions

    def _skip(self, path: bytes, kind: str, reason: str) -> None:
        self.skipped.append(Skip(text(path) or ".", kind, reason))

    def _skip_link(self, path: bytes, link: Link, kind: str, reason: str) -> None:
        self.skipped.append(Skip(text(path) or ".", kind, reason, *self._words(link)))

    def _keep(self, path: bytes, folder: int, status: os.stat_result | None, link: Link | None) -> None:
        if status is None:
            self.found.append((path, folder, None, None, None, link and link.kind, None, None, None))
            return
        times = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if link is None:
            self.found.append((path, folder, *times, None, None, None, None))
        else:
            foreign = self._words(link) if link.foreign else (None, None)
            self.found.append((path, folder, *times, link.kind, link.real, *foreign))

    def _words(self, link: Link) -> tuple[str, str]:
        """Which link it is, and what that says."""
        return text(link.at[self.below_root :]) or ".", text(link.says)

    def _tree(self) -> Tree:
        columns = zip(*self.found, strict=True) if self.found else [()] * len(COLUMNS)
        values = dict(zip(COLUMNS, map(list, columns), strict=True))
        found = pl.DataFrame(values, schema=COLUMNS)
        names = [text(folder) for folder in self.folders]
        if self.tables:
            found = found.with_columns(cell=pl.lit(value=False))
            found = pl.concat([found, *(_of_table(one, found.schema) for one in self.tables)])
        files = in_order(found, names, self.extensions)
        # A Parquet file alone may be a table of labels, where it is told what is wrong with it.
        self.faults |= {path: why for path, why in self.lost.items() if self.tables or not path.endswith(".parquet")}
        source = Folder(self.root)
        return Tree(
            Mounted(source, self.held) if self.held else source,
            self.links,
            self.walked_ns,
            files,
            tuple(sorted(names)),
            self.extensions,
            self.skipped,
            archives=frozenset(map(text, self.held)).difference(text(one.path) for one in self.tables),
            tables={text(one.path): one.rows.table for one in self.tables},
            unopened=self.unopened,
            faults=self.faults,
        )


class Unwanted:
    """What is left out for its name alone."""

    def __init__(self, root: bytes, config: Config) -> None:
        self._excluded, self._prefix = _exclusions(root, config)

    def why(self, name: bytes, path: bytes, folder: bool) -> tuple[str, str] | None:
        """Kind and reason if the name rules an entry out."""
        lower = name.lower()
        if lower in (_SYSTEM_FOLDERS if folder else _SYSTEM_FILES):
            return "system", "a system folder, not entered" if folder else "a system file"
        if lower == b"datalint-baseline.json" and not folder:
            return "system", "datalint's own baseline"
        if lower.startswith(b"."):
            if lower.startswith(b"._") and not folder:
                return "system", "an AppleDouble file, which macOS writes beside files on other file systems"
            return "hidden", "a hidden folder, not entered" if folder else "a hidden file"
        if self._excluded is not None and self._excluded.names(self._prefix + text(path)):
            return "excluded", "excluded by the config"
        return None


def _may_be_labels(name: bytes) -> bool:
    return extension_of(name) in DECLARING_EXTENSIONS


def _exclusions(root: bytes, config: Config) -> tuple[Globs | None, str]:
    """The patterns of excluded paths, and what to put before a path relative to the root to match it."""
    if not config.exclude:
        return None, ""
    return Globs(config.exclude), text(prefix(root, config.folder))
