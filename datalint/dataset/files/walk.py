# ruff: noqa: PTH112, PTH114, PTH116, PTH118 -- names are bytes here, which pathlib does not take
"""Walk the folders of a dataset: every file once, with the reason where it is not an image.

Nothing is opened. Names are bytes, as the file system has them; only this module turns them into text.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.cache.tag import is_cache
from datalint.dataset.files.globs import Globs, prefix
from datalint.dataset.files.tree import Skip, Tree
from datalint.sources import Folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config

_CANNOT_RESOLVE = 1921  # how Windows says ELOOP
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

_REASONS = {
    **dict.fromkeys(("svg", "svgz", "eps", "ai", "wmf", "emf"), "a vector image; raster images are read"),
    **dict.fromkeys(("heic", "heif", "hif"), "a HEIF image; reading it is not built in"),
    **dict.fromkeys(
        ("cr2", "cr3", "nef", "arw", "dng", "orf", "rw2", "raf", "srw", "pef"), "a camera's raw file; convert it first"
    ),
    **dict.fromkeys(("dcm", "dicom", "nii", "nrrd", "mha", "mhd"), "a medical image format that is not read"),
    **dict.fromkeys(
        ("npy", "npz", "mat", "h5", "hdf5", "pt", "pth", "pkl", "pickle"), "an array or object file; not read"
    ),
    **dict.fromkeys(("mp4", "avi", "mov", "mkv", "webm", "mpg", "mpeg", "m4v"), "a video; extract its frames first"),
    **dict.fromkeys(
        ("zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar", "zst"), "an archive; unpack it to have its content read"
    ),
    **dict.fromkeys(("tfrecord", "tfrecords", "arrow", "lmdb", "mdb"), "a record container that is not read"),
    "pdf": "a document, not an image",
}

#: Extensions of files that are known to be no images that are read.
UNREAD = frozenset(_REASONS)

#: Extensions of files that may hold labels.
LABEL_EXTENSIONS = frozenset({"csv", "tsv", "jsonl", "ndjson", "json", "parquet", "txt", "xml", "yaml", "yml"})


def text(path: bytes) -> str:
    r"""`path` as valid UTF-8 with `/` between parts; bytes that are none are written `\xNN`."""
    decoded = path.decode("utf-8", "backslashreplace")
    return decoded if os.sep == "/" else decoded.replace(os.sep, "/")


def reason_for(extension: str) -> str:
    """Why a file with this extension is not a candidate."""
    return _REASONS.get(extension, "not an image")


def walk(root: bytes, starts: Sequence[bytes], config: Config) -> Tree:
    """Everything under `starts` (folders or files under `root`, absolute).

    Symbolic links are followed; loops end at the link. Raises OSError when a start cannot be listed.
    """
    return _Walk(root, config).run(starts)


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


class _Walk:
    def __init__(self, root: bytes, config: Config) -> None:
        self.walked_ns = time.time_ns()
        self.root = root
        self.real_root = os.path.realpath(root)
        self.excluded, self.prefix = _exclusions(root, config)
        self.extensions = frozenset(config.image_extensions)
        self.found: list[tuple[bytes, int, int | None, int | None, int | None, str | None]] = []
        self.folders: list[bytes] = []
        self.numbers: dict[bytes, int] = {}  # of the folders of single files
        self.skipped: list[Skip] = []
        self.visits: dict[tuple[int, int], int] = {}
        self.pending: list[tuple[bytes, str | None, _Ancestor | None]] = []

    def run(self, starts: Sequence[bytes]) -> Tree:
        for start in starts:
            if os.path.isdir(start):
                with os.scandir(start):
                    pass  # an unreadable start is refused, not skipped
                self.pending.append((self._relative(start), None, None))
            else:
                self._start_file(start)
        while self.pending:
            self._folder(*self.pending.pop())
        return self._tree()

    def _relative(self, path: bytes) -> bytes:
        return b"" if path == self.root else os.path.relpath(path, self.root)

    def _start_file(self, path: bytes) -> None:
        folder, name = os.path.split(self._relative(path))
        if (number := self.numbers.get(folder)) is None:
            number = self.numbers[folder] = len(self.folders)
            self.folders.append(folder)
        link = self._link(path) if os.path.islink(path) else None
        self._keep(os.path.join(folder, name), number, None if link in ("dangling", "loop") else os.stat(path), link)

    def _folder(self, folder: bytes, link: str | None, above: _Ancestor | None) -> None:
        place = os.path.join(self.root, folder) if folder else self.root
        try:
            status = os.stat(place)
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

    def _entry(self, entry: os.DirEntry[bytes], path: bytes, number: int, above: str | None, node: _Ancestor) -> None:
        try:
            link = self._link(entry.path) if entry.is_symlink() else above
            folder = link not in ("dangling", "loop") and entry.is_dir()
            if folder and is_cache(entry.path):
                return  # datalint's own, and not there the first time
            if skip := self._unwanted(entry.name, path, folder):
                self._skip(path, *skip)
            elif link == "loop" and not self._is_candidate(entry.name):
                self._skip(path, "link-loop", "a symbolic link that leads to itself")
            elif link == "dangling" and not self._is_candidate(entry.name):
                self._skip(path, "special", "a symbolic link to nothing")
            elif link in ("dangling", "loop"):
                self._keep(path, number, None, link)
            elif folder:
                self._enter(entry, path, link, node)
            else:
                status = entry.stat()
                if stat.S_ISREG(status.st_mode):
                    self._keep(path, number, status, link)
                else:
                    self._skip(path, "special", "a pipe, socket or device; never opened")
        except OSError as error:
            self._skip(path, "special", f"cannot be examined: {error.strerror or error}")

    def _enter(self, entry: os.DirEntry[bytes], path: bytes, link: str | None, node: _Ancestor) -> None:
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

    def _link(self, path: bytes) -> str:
        try:
            os.stat(path)
        except OSError as error:
            is_loop = error.errno == errno.ELOOP or getattr(error, "winerror", None) == _CANNOT_RESOLVE
            return "loop" if is_loop else "dangling"
        real = os.path.realpath(path)
        inside = real == self.real_root or real.startswith(os.path.join(self.real_root, b""))
        return "inside" if inside else "outside"

    def _unwanted(self, name: bytes, path: bytes, folder: bool) -> tuple[str, str] | None:
        """Kind and reason if the name alone rules the entry out."""
        lower = name.lower()
        if lower in (_SYSTEM_FOLDERS if folder else _SYSTEM_FILES):
            return "system", "a system folder, not entered" if folder else "a system file"
        if lower == b"datalint-baseline.json" and not folder:
            return "system", "datalint's own baseline"
        if lower.startswith(b"."):
            if lower.startswith(b"._") and not folder:
                return "system", "an AppleDouble file, which macOS writes beside files on other file systems"
            return "hidden", "a hidden folder, not entered" if folder else "a hidden file"
        if self.excluded is not None and self.excluded.names(self.prefix + text(path)):
            return "excluded", "excluded by the config"
        return None

    def _is_candidate(self, name: bytes) -> bool:
        return _extension(name) in self.extensions

    def _skip(self, path: bytes, kind: str, reason: str) -> None:
        self.skipped.append(Skip(text(path) or ".", kind, reason))

    def _keep(self, path: bytes, folder: int, status: os.stat_result | None, link: str | None) -> None:
        if status is None:
            self.found.append((path, folder, None, None, None, link))
        else:
            self.found.append((path, folder, status.st_size, status.st_mtime_ns, status.st_ctime_ns, link))

    def _tree(self) -> Tree:
        names = [text(folder) for folder in self.folders]
        columns = zip(*self.found, strict=True) if self.found else [()] * 6
        os_paths, numbers, sizes, times, changes, links = map(list, columns)
        files = pl.DataFrame(
            {
                "path": [text(path) for path in os_paths],
                "os_path": os_paths,
                "number": numbers,
                "bytes": sizes,
                "mtime_ns": times,
                "ctime_ns": changes,
                "link": links,
            },
            schema={
                "path": pl.String,
                "os_path": pl.Binary,
                "number": pl.UInt32,
                "bytes": pl.UInt64,
                "mtime_ns": pl.Int64,
                "ctime_ns": pl.Int64,
                "link": pl.String,
            },
        )
        folders = pl.DataFrame({"folder": names}, schema={"folder": pl.String}).with_row_index("number")
        name = pl.col("path").str.replace(r"(?s)^.*/", "")
        files = (
            files.join(folders, on="number", how="left", maintain_order="left")
            .drop("number")
            .with_columns(name.alias("name"))
            .with_columns(
                pl.col("name").str.extract(r"(?s)^.+\.([^.]*)$").str.to_lowercase().fill_null("").alias("extension"),
                pl.col("name").str.replace(r"(?s)^(.+)\.[^.]*$", "$1").alias("stem"),
            )
            .with_columns(pl.col("extension").is_in(sorted(self.extensions)).alias("candidate"))
            .sort("path", "os_path")
            .with_row_index("file_row")
        )
        return Tree(Folder(self.root), self.walked_ns, files, tuple(sorted(names)), self.skipped)


def _extension(name: bytes) -> str:
    stem, dot, extension = name.rpartition(b".")
    return extension.decode("utf-8", "backslashreplace").lower() if stem and dot else ""


def _exclusions(root: bytes, config: Config) -> tuple[Globs | None, str]:
    """The patterns of excluded paths, and what to put before a path relative to the root to match it."""
    if not config.exclude:
        return None, ""
    return Globs(config.exclude), text(prefix(root, config.source))
