"""The cache on disk: what earlier scans measured, so that no later scan measures it again.

A cache is a folder of files that are written once, under a temporary name and then renamed, and never changed: two
scans at once need no lock (which network disks often lack), a scan that is killed leaves what it wrote, and folders can
be copied, restored and merged by copying files. A file is named

    <kind>-<version>-<key>-<digest>.datalint

where kind says what is in it, version is a digest of the code that made it (changed code simply does not find it),
key is what the content is an answer to, `0` where it is one part of many, and digest is that of the file's bytes: a
damaged file is noticed before it is used, and so is one whose columns are not those of its kind. It holds the lengths
of an Arrow table and of the raw bytes after it (small images, read only where they are wanted), a checksum of these,
the table, and the bytes.

By default it lies in the user's cache folder, not in the dataset: a folder more in there would be a class more to
loaders that take every folder for one, a change of content to DVC, and part of every upload; shared datasets are
often read-only; and a cache that comes with a stranger's dataset must not be believed.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import sys
import tempfile
import time
import zlib
from contextlib import closing, contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint import __version__
from datalint.cache.tag import SIGNATURE, TAG, is_cache
from datalint.config.settings import ConfigError
from datalint.sources.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from polars.datatypes import DataType

    from datalint.config.settings import Config

LIMIT = 5 << 30
"""Bytes that a cache may take by default: the facts and thumbnails of 1.4 million images."""
VARIABLE = "DATALINT_CACHE_DIR"
REFUSAL = "DATALINT_NO_CACHE"
SUFFIX = ".datalint"

PART = "0"
"""The key of a part of many."""
_UNFINISHED = "writing-"
_MARKS = (".gitignore", TAG)
"""Files that make a folder a cache."""
_HEAD = 8 + 8 + 4
_MANY = 48
"""Parts of a kind from which small ones are merged."""
_FULL = 48 << 20
"""Bytes of a merged part: what is read at once."""
_UNUSED_DAYS = 30
_log = logging.getLogger("datalint")

#: What a table may raise that is not what it should be.
_ERRORS = (OSError, ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


class _Name(NamedTuple):
    """The parts of a file's name."""

    kind: str
    version: str
    key: str
    digest: str

    @classmethod
    def of(cls, file: str) -> _Name | None:
        stem, _, suffix = file.rpartition(".")
        parts = stem.split("-")
        return cls(*parts) if f".{suffix}" == SUFFIX and len(parts) == 4 else None

    def file(self) -> str:
        return "-".join(self) + SUFFIX


class Part(NamedTuple):
    """One file of a cache."""

    name: _Name
    table: pl.DataFrame
    """Its first column is what rows are found by."""
    start: int
    raw_checksum: bytes


class Form(NamedTuple):
    """What the parts of a kind are made of."""

    schema: Mapping[str, DataType | type[DataType]]
    """Of the table."""
    raw: int = 0
    """Bytes beside the table, for each of its rows."""


class Cache:
    """A cache in `folder`, of at most `limit` bytes.

    Nothing raises: what cannot be read counts as not there, and after a failure to write nothing more is written. Both
    are reported in one line each to the logger `datalint`.
    """

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder = folder
        self._limit = limit
        self._writable = True
        self._damaged = 0
        self._used: set[_Name] = set()
        self._forms: dict[tuple[str, str], Form] = {}
        self._sizes: dict[_Name, int] = {}
        self._times: dict[_Name, float] = {}
        with suppress(OSError), os.scandir(folder) as listing:
            for entry in listing:
                with suppress(OSError):
                    self._enlist(entry)

    def _enlist(self, entry: os.DirEntry[str]) -> None:
        status = entry.stat()
        if name := _Name.of(entry.name):
            self._sizes[name], self._times[name] = status.st_size, status.st_mtime
        elif entry.name.startswith(_UNFINISHED) and status.st_mtime < time.time() - 3600:
            Path(entry.path).unlink()  # of a scan that was killed while it wrote

    def parts(self, kind: str, version: str, form: Form, key: str = PART) -> Iterator[Part]:
        """All parts of a kind, one at a time: each may be large. One of another form counts as damaged."""
        self._forms[kind, version] = form
        for name in sorted(name for name in self._sizes if name[:3] == (kind, version, key)):
            if part := self._read(name):
                yield part

    def table(
        self, kind: str, version: str, schema: Mapping[str, DataType | type[DataType]], key: str = PART
    ) -> pl.DataFrame | None:
        """All tables of a kind as one, or the answer to `key`, which is now in use; None if there is none."""
        parts = list(self.parts(kind, version, Form(schema), key))
        for part in parts:
            self.use(part)
        if key != PART:
            parts = parts[:1]
        return pl.concat([part.table for part in parts]) if parts else None

    def raw(self, part: Part) -> bytes | None:
        """The bytes that were kept beside the table of a part; None if they are gone or damaged."""
        try:
            with (self.folder / part.name.file()).open("rb") as file:
                file.seek(part.start)
                raw = file.read()
        except OSError:
            return None
        if _checksum(raw) != part.raw_checksum:
            self._damaged += 1
            self._remove(part.name)
            return None
        return raw

    def use(self, part: Part) -> None:
        """Mark a part as used: when space runs out, unused parts are removed first."""
        self._used.add(part.name)

    def add(self, kind: str, version: str, table: pl.DataFrame, raw: bytes = b"", key: str = PART) -> None:
        """Keep a table from now on, for this scan and others; `raw` has equally many bytes for each of its rows."""
        self._forms[kind, version] = Form(table.schema, len(raw) // max(1, table.height))
        if self._writable:
            self._write(kind, version, key, table, raw)

    def close(self) -> None:
        """Merge small parts where there are many, remove what was long unused, report what was damaged."""
        if self._damaged:
            files = f"{self._damaged:,} damaged file{'s' * (self._damaged > 1)}"
            _log.warning("datalint: cache: %s in %s removed; what was lost is measured again", files, self.folder)
        for kind, version in {(name.kind, name.version) for name in self._used if name.key == PART}:
            if self._writable:
                self._merge(kind, version)
        for name in [*self._sizes]:
            if name not in self._used and self._times.get(name, time.time()) < time.time() - _UNUSED_DAYS * 86400:
                self._remove(name)
        for file in [name.file() for name in self._used] + [TAG] * bool(self._used):
            with suppress(OSError):
                os.utime(self.folder / file)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _read(self, name: _Name) -> Part | None:
        try:
            with (self.folder / name.file()).open("rb") as file:
                head = file.read(_HEAD)
                length = int.from_bytes(head[:8], "little")
                content = file.read(min(length, self._sizes[name]))
                size = os.fstat(file.fileno()).st_size
        except FileNotFoundError:  # another scan has merged it, or made room
            self._sizes.pop(name, None)
            return None
        except OSError as error:
            self._give_up("read", error)
            return None
        try:
            raw = int.from_bytes(head[8:16], "little")
            if _digest(head, content) != name.digest or size != _HEAD + length + raw:
                raise ValueError("damaged")
            table = pl.read_ipc(io.BytesIO(content))
            form = self._forms[name.kind, name.version]
            if table.schema != pl.Schema(form.schema) or raw != form.raw * table.height:
                raise ValueError("of another form")
            return Part(name, table, _HEAD + length, head[16:])
        except _ERRORS:
            self._damaged += 1
            self._remove(name)
            return None

    # -- writing -----------------------------------------------------------------------------------------------------

    def _write(self, kind: str, version: str, key: str, table: pl.DataFrame, raw: bytes) -> None:
        buffer = io.BytesIO()
        table.write_ipc(buffer)
        content = buffer.getvalue()
        head = len(content).to_bytes(8, "little") + len(raw).to_bytes(8, "little") + _checksum(raw)
        name = _Name(kind, version, key, _digest(head, content))
        size = _HEAD + len(content) + len(raw)
        if not self._has_room(size):
            return
        temporary = None
        try:
            establish(self.folder)
            handle, temporary = tempfile.mkstemp(prefix=_UNFINISHED, dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                for piece in (head, content, raw):
                    file.write(piece)
            Path(temporary).replace(self.folder / name.file())
        except OSError as error:
            if temporary is not None:
                with suppress(OSError):
                    Path(temporary).unlink()
            self._give_up("written", error)
            return
        self._sizes[name] = size
        self._used.add(name)

    def _has_room(self, size: int) -> bool:
        """Make room by removing what this scan did not use, least recently used first."""
        total = sum(self._sizes.values()) + size
        for name in sorted(set(self._sizes) - self._used, key=lambda name: self._times.get(name, 0.0)):
            if total <= self._limit:
                break
            total -= self._sizes[name]
            self._remove(name)
        if total > self._limit:
            self._writable = False
            _log.warning(
                "datalint: cache: %s is full (%.3g GiB); further measurements are not kept (--cache-limit)",
                self.folder, self._limit / (1 << 30),
            )  # fmt: skip
        return total <= self._limit

    def _merge(self, kind: str, version: str) -> None:
        """Merge small parts into larger ones, each row once."""
        small = [name for name in self._sizes if name[:3] == (kind, version, PART) and self._sizes[name] < _FULL // 2]
        if len(small) < _MANY:
            return
        group: list[_Name] = []
        for name in sorted(small):
            if group and sum(self._sizes[member] for member in group) + self._sizes[name] > _FULL:
                self._merge_into_one(group)
                group = []
            group.append(name)
        self._merge_into_one(group)

    def _merge_into_one(self, group: list[_Name]) -> None:
        parts = [(part, kept) for name in group if (part := self._read(name)) and (kept := self.raw(part)) is not None]
        if len(parts) < 2:
            return
        table = pl.concat([part.table for part, _ in parts]).with_row_index("row")
        table = table.unique(table.columns[1], keep="first").sort("row")
        raw = b"".join(kept for _, kept in parts)
        if raw:
            rows = np.frombuffer(raw, np.uint8).reshape(sum(part.table.height for part, _ in parts), -1)
            raw = rows[table["row"].to_numpy()].tobytes()
        before = set(self._sizes)
        self.add(group[0].kind, group[0].version, table.drop("row"), raw)
        for name in set(group) if set(self._sizes) - before else ():  # only now are they superfluous
            self._remove(name)

    def _remove(self, name: _Name) -> None:
        self._sizes.pop(name, None)
        self._used.discard(name)
        with suppress(OSError):  # gone, or read-only: it is passed over all the same
            (self.folder / name.file()).unlink()

    def _give_up(self, doing: str, error: OSError) -> None:
        if self._writable:
            self._writable = False
            _log.warning(
                "datalint: cache: %s cannot be %s: %s; the scan goes on without it",
                self.folder, doing, (error.strerror or str(error)).lower(),
            )  # fmt: skip


def _checksum(raw: bytes) -> bytes:
    return zlib.crc32(raw).to_bytes(4, "little")


def _digest(head: bytes, content: bytes) -> str:
    found = hashlib.sha256(head)
    found.update(content)
    return found.hexdigest()[:32]


def wanted(settings: Config) -> bool:
    """Whether scans with these settings keep what they find out."""
    return not settings.no_cache and os.environ.get(REFUSAL, "0") in ("", "0")


@contextmanager
def of_scan(root: Path | Url, settings: Config) -> Iterator[Cache | None]:
    """What earlier scans of the dataset at `root` found out, and what this one adds; None where it is not wanted."""
    cache = opened(root, settings.cache_dir, settings.cache_limit) if wanted(settings) else None
    with closing(cache) if cache else nullcontext() as kept:
        yield kept


def opened(root: Path | Url, chosen: Path | None = None, gigabytes: float | None = None) -> Cache | None:
    """The cache of the dataset at `root`; raises ConfigError for a chosen folder that holds something else.

    None where there is no place for one: a user without a home.
    """
    try:
        folder = folder_of(root, chosen)
    except RuntimeError:
        _log.warning("datalint: cache: there is no home folder; the scan goes on without one (--cache-dir names one)")
        return None
    try:
        if not is_cache(folder) and not is_free(folder):
            raise ConfigError(f"the cache folder {folder} holds other files: choose an empty or a new one")
    except OSError:
        pass  # told when it is written to
    if not folder.exists():
        sweep()
    return Cache(folder, LIMIT if gigabytes is None else int(min(gigabytes, 1e9) * (1 << 30)))


# -- where it lies ---------------------------------------------------------------------------------------------------


def folder_of(root: Path | Url, chosen: Path | None = None) -> Path:
    """The folder of the cache of the dataset at `root`: `chosen`, else one of its own in the user's cache folder."""
    chosen = chosen or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if chosen is not None:
        return Path(os.path.abspath(chosen))
    real = root if isinstance(root, Url) else os.path.realpath(root)
    name = root.name if isinstance(root, Url) else Path(real).name
    readable = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    return user_folder() / f"{readable[:40]}-{hashlib.sha256(os.fsencode(real)).hexdigest()[:16]}"


def user_folder() -> Path:
    """Where the platform keeps the caches of programs (XDG base directories; Apple's and Microsoft's guides)."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(base) / "datalint" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "datalint"
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named if os.path.isabs(named) else Path.home() / ".cache") / "datalint"  # noqa: PTH117


def establish(folder: Path) -> None:
    """Make `folder` a cache that backup programs and Git recognise. Raises OSError."""
    if is_cache(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    if not is_free(folder):
        raise FileExistsError(None, "the folder holds other files")
    (folder / TAG).write_bytes(SIGNATURE)
    with suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as file:
        file.write("# Made by datalint.\n*\n")


def is_free(folder: Path) -> bool:
    """Whether `folder` is absent, or holds nothing but a cache, its tag damaged or lost. Raises OSError."""
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return True
    return all(name in _MARKS or _is_own(name) for name in names)


def _is_own(name: str) -> bool:
    return name.startswith(_UNFINISHED) or _Name.of(name) is not None


def remove(folder: Path) -> int:
    """Remove a cache, and nothing else that may lie in its folder; the number of bytes freed. Raises OSError."""
    if not folder.is_dir() or not (is_cache(folder) or is_free(folder)):
        return 0
    own = [path for path in sorted(folder.iterdir()) if _is_own(path.name)]
    if not own and not is_cache(folder):
        return 0
    freed = 0
    for path in own:
        freed += path.lstat().st_size
        path.unlink(missing_ok=True)
    if all(path.name in _MARKS for path in folder.iterdir()):
        for name in _MARKS:
            (folder / name).unlink(missing_ok=True)
        with suppress(OSError):  # a scan may be writing to it just now, and marks it anew
            folder.rmdir()
    return freed


def sweep() -> None:
    """Remove the caches of datasets that were not scanned for long; leave the reason of a failure to the next scan."""
    with suppress(OSError):
        for folder in user_folder().iterdir():
            if is_cache(folder) and (folder / TAG).stat().st_mtime < time.time() - 3 * _UNUSED_DAYS * 86400:
                remove(folder)


# -- versions --------------------------------------------------------------------------------------------------------


def version_of(*names: str, also: object = ()) -> str:
    """A digest of the source of modules and whole packages, and of what else their results depend on.

    A number raised by hand could be forgotten, and stale results would then be used silently.
    """
    found = hashlib.sha256(repr((__version__, also)).encode())
    for name in names:
        spec = find_spec(name)
        folders = (spec.submodule_search_locations or ()) if spec is not None else ()
        files = [file for folder in folders for file in sorted(Path(folder).rglob("*.py"))]
        if spec is not None and spec.origin is not None:
            files.append(Path(spec.origin))
        for file in files:
            with suppress(OSError):  # in an archive, say: the version of datalint has to do
                found.update(file.read_bytes())
    return found.hexdigest()[:16]
