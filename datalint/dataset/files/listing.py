"""Everything below a URL as a walk of a folder would have found it."""

from __future__ import annotations

import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.files.found import in_order, text
from datalint.dataset.files.links import Unlinked
from datalint.dataset.files.opened import OF_STORE, Opened
from datalint.dataset.files.tree import Skip, Tree
from datalint.dataset.files.walk import Unwanted
from datalint.sources import noted
from datalint.sources.mounted import Mounted
from datalint.sources.stores.attempts import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from datalint.config.settings import Config
    from datalint.sources.spool import Spool
    from datalint.sources.stores import Store
    from datalint.sources.stores.protocol import Listed


def listing(store: Store, starts: Sequence[str], config: Config, spool: Spool) -> Tree:
    """Everything of `store` below `starts`, which are folders or objects relative to its URL; '' is all of it.

    Archives and tables of pictures are opened, several at once; what has to be unpacked, and tables, lie in `spool`.
    Raises StoreError where it cannot be listed, and FileNotFoundError for a start that is not there.
    """
    before = time.time_ns()
    found = _Found(store, config, spool)
    for start in starts:
        found.add(start)
    return found.tree(before)


_AT_ONCE = 16  # archives and tables that are opened


class _Found:
    def __init__(self, store: Store, config: Config, spool: Spool) -> None:
        self._store = store
        self._spool = spool
        self._unwanted = Unwanted(store.root, config)
        self._extensions = frozenset(config.image_extensions)
        self._names: set[bytes] = set()
        self._rows: dict[bytes, Listed] = {}
        self._folders: dict[bytes, bytes | None] = {}
        self._skipped: list[Skip] = []
        self._unentered: Counter[str] = Counter()

    def add(self, start: str) -> None:
        """What lies below a folder, or one object."""
        client = self._store.below(start).client
        refusal = None
        try:
            listed = list(client.listed())
        except StoreError as error:  # who may not list may still read, and a server on the web has no lists
            listed, refusal = [], error
        if not listed:
            try:
                one = client.one()
            except StoreError as error:
                raise refusal or error from None
            if one is None and refusal is not None:
                raise refusal
            if one is None:
                raise FileNotFoundError(None, "there is nothing at this URL", self._store.url.below(start))
            if not start:  # the URL is that of an object, whose folder is the root
                self._store = self._store.above()
            self._take(start.rpartition("/")[0], [one])
            return
        self._enter(start.encode())
        self._take(start, listed)

    def _take(self, start: str, listed: Iterable[Listed]) -> None:
        before = f"{start}/".encode() if start else b""
        for entry in listed:
            path = before + entry.key.encode()
            if entry.key and not path.endswith(b"/"):
                self._names.add(path)
                self._one(path, entry)

    def _one(self, path: bytes, entry: Listed) -> None:
        folder, _, name = path.rpartition(b"/")
        if (closed := self._enter(folder)) is not None:
            if name.rpartition(b".")[2].decode("utf-8", "replace").lower() in self._extensions:
                self._unentered[text(closed)] += 1
        elif skip := self._unwanted.why(name, path, folder=False):
            self._skipped.append(Skip(text(path), *skip))
        else:
            self._rows[path] = entry

    def _enter(self, folder: bytes) -> bytes | None:
        """The folder, or one above it, that is not entered, told once; None if it is."""
        if folder not in self._folders:
            above, _, name = folder.rpartition(b"/")
            closed = self._enter(above) if folder else None
            if folder and closed is None and (skip := self._unwanted.why(name, folder, folder=True)):
                self._skipped.append(Skip(text(folder), *skip))
                closed = folder
            self._folders[folder] = closed
        return self._folders[folder]

    def tree(self, before: int) -> Tree:
        """All of it."""
        entered = [folder for folder, closed in self._folders.items() if closed is None]
        known = set(entered)
        # Some programs make an empty object in place of each folder.
        rows = {path: entry for path, entry in self._rows.items() if entry.size or path not in known}
        opened = self._opened(rows)
        for path in opened.inside:
            del rows[path]
        entered += opened.folders
        numbers = {folder: number for number, folder in enumerate(entered)}
        found = pl.concat([_table(rows, numbers), opened.files(numbers)])
        names = [text(folder) for folder in entered]
        return Tree(
            Mounted(self._store, opened.held) if opened.held else self._store,
            Unlinked(frozenset(self._names)),
            before,
            in_order(found, names, self._extensions),
            tuple(sorted(names)),
            self._extensions,
            [*self._skipped, *opened.skipped],
            unentered=dict(self._unentered),
            archives=frozenset(map(text, opened.inside)),
            unopened=opened.unopened,
            faults=opened.faults,
            tables={text(path): rows.table for path, rows in opened.tables.items()},
        )

    def _opened(self, rows: Mapping[bytes, Listed]) -> Opened:
        """The archives and tables among the objects."""
        opened = Opened(self._store, self._unwanted, self._extensions, self._spool)
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            deque(threads.map(opened.look, rows.items()), maxlen=0)
        noted.done()
        return opened


def _table(rows: Mapping[bytes, Listed], numbers: Mapping[bytes, int]) -> pl.DataFrame:
    values = {
        "os_path": list(rows),
        "number": [numbers[path.rpartition(b"/")[0]] for path in rows],
        "bytes": [entry.size for entry in rows.values()],
        "mtime_ns": [entry.mtime_ns for entry in rows.values()],
        "etag": [entry.etag for entry in rows.values()],
        "cell": [False] * len(rows),
    }
    return pl.DataFrame(values, schema=OF_STORE)


__all__ = ["listing"]
