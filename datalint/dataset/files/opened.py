"""Archives and tables of pictures in a store: what lies in them, as files."""

from __future__ import annotations

import threading
from typing import IO, TYPE_CHECKING

import polars as pl

from datalint.dataset.files import unlooked
from datalint.dataset.files.archives import Archives, Inside, skips
from datalint.dataset.files.extensions import DECLARING_EXTENSIONS
from datalint.dataset.files.found import extension_of, text
from datalint.sources import archive, noted, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalint.dataset.files.tree import Skip
    from datalint.dataset.files.walk import Unwanted
    from datalint.sources.mounted import Held
    from datalint.sources.spool import Spool
    from datalint.sources.stores import Store
    from datalint.sources.stores.item import StoredItem
    from datalint.sources.stores.protocol import Listed

_PIECE = 8 << 20

#: Columns of what was found in a store.
OF_STORE = pl.Schema(
    {
        "os_path": pl.Binary(),
        "number": pl.UInt32(),
        "bytes": pl.UInt64(),
        "mtime_ns": pl.Int64(),
        "etag": pl.String(),
        "cell": pl.Boolean(),
    }
)


class Opened:
    """Those of one listing. Several threads may look at once."""

    def __init__(self, store: Store, unwanted: Unwanted, extensions: frozenset[str], spool: Spool) -> None:
        self._store, self._spool, self._extensions = store, spool, extensions
        self._archives = Archives(unwanted.why, self._is_image, _may_be_labels, spool)
        self._listed: dict[bytes, Listed] = {}
        self._one_writes = threading.Lock()
        self.inside: dict[bytes, Inside] = {}
        """What lies in each archive."""
        self.tables: dict[bytes, tables.Rows] = {}
        self.skipped: list[Skip] = []
        self.unopened: dict[str, str] = {}
        """Archives and tables that were not entered, and why."""
        self.faults: dict[str, str] = {}
        """Those that cannot be read, or not to their end, and why."""

    @property
    def held(self) -> dict[bytes, Held]:
        """What gives the items in them."""
        return {path: inside.held for path, inside in self.inside.items()} | self.tables

    @property
    def folders(self) -> list[bytes]:
        """Those in archives, and the archives."""
        return [folder for inside in self.inside.values() for folder in inside.folders]

    def look(self, entry: tuple[bytes, Listed]) -> None:
        """Open an object, if it is an archive or a table."""
        path, listed = entry
        try:
            if archive.is_archive(path):
                self._archive(path, listed)
            elif tables.is_table(path):
                self._table(path, listed)
        except OSError as error:
            self.faults[text(path)] = error.strerror or str(error)

    def _archive(self, path: bytes, listed: Listed) -> None:
        item = self._store.item(path, listed.size)
        if item.refusal is not None:
            return
        if archive.is_unpacked(path):  # to the temporary file, whose limit is one for all
            with self._one_writes:
                inside = self._archives.enter(path, item)
        else:
            inside = self._archives.enter(path, item)
        if isinstance(inside, str):
            self.unopened[text(path)] = inside
            return
        self.inside[path], self._listed[path] = inside, listed
        self.skipped += skips(inside, text)
        self.unopened |= {text(name): reason for name, reason in inside.unopened}
        if inside.fault:
            self.faults[text(path)] = f"the archive was not read to its end: {inside.fault}"

    def _table(self, path: bytes, listed: Listed) -> None:
        """Its readers want a file: the whole object is fetched, or all but the pictures where nobody looks at them."""
        item = self._store.item(path, listed.size)
        local = self._spool.item(item.place)
        if item.refusal is not None or self._store.refusal(local.place) is not None:
            return
        with self._one_writes, self._spool.file(item.place) as file:
            in_parts = not self._spool.pictures and path.lower().endswith(b".parquet")
            unread = unlooked.fetched(item, file, self._spool) if in_parts else None
            if unread is None and (why := self._fetch(item, file, listed.size)) is not None:
                self.unopened[text(path)] = why
                return
        try:
            rows = tables.opened(local, unread)
        except OSError as error:
            if not path.lower().endswith(b".parquet"):  # of those it is told where they are read as label tables
                self.unopened[text(path)] = error.strerror or str(error)
            return
        if rows is not None:
            self.tables[path], self._listed[path] = rows, listed
            if rows.fault:
                self.faults[text(path)] = f"the table was not read to its end: {rows.fault}"

    def _fetch(self, item: StoredItem, file: IO[bytes], size: int) -> str | None:
        """Write the whole object into a file, or say why not; raises OSError."""
        if (why := self._spool.lack(size)) is not None:
            return why
        self._spool.used += size
        noted.opening(item.place, size)
        with item.open() as stream:
            while data := stream.read(_PIECE):
                file.write(data)
        return None

    def files(self, numbers: Mapping[bytes, int]) -> pl.DataFrame:
        """Every member and row: columns as in `OF_STORE`. What changes with the container changes with each."""
        parts = [OF_STORE.to_frame()]
        for path, inside in self.inside.items():
            paths, folders, sizes = zip(*inside.files, strict=True) if inside.files else ((), (), ())
            parts.append(self._of(path, list(paths), [numbers[folder] for folder in folders], list(sizes), cell=False))
        for path, rows in self.tables.items():
            names = [b"%s#%d" % (path, row) for row in range(len(rows.sizes))]
            number = numbers[path.rpartition(b"/")[0]]
            parts.append(self._of(path, names, [number] * len(names), rows.sizes.to_list(), cell=True))
        return pl.concat(parts)

    def _of(self, path: bytes, names: list[bytes], numbers: list[int], sizes: list[int], *, cell: bool) -> pl.DataFrame:
        listed = self._listed[path]
        columns = {"os_path": names, "number": numbers, "bytes": sizes}
        frame = pl.DataFrame(columns, schema={name: OF_STORE[name] for name in columns})
        return frame.with_columns(
            pl.lit(listed.mtime_ns, pl.Int64).alias("mtime_ns"),
            pl.lit(listed.etag, pl.String).alias("etag"),
            pl.lit(cell).alias("cell"),
        )

    def _is_image(self, name: bytes) -> bool:
        return extension_of(name) in self._extensions


def _may_be_labels(name: bytes) -> bool:
    return extension_of(name) in DECLARING_EXTENSIONS


__all__ = ["OF_STORE", "Opened"]
