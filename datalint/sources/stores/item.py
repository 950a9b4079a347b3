"""A store, and the objects in it: a `Source` of `Item`s."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from datalint import limits
from datalint.sources import noted
from datalint.sources.item import RefusedError, Stamp
from datalint.sources.refused import Refused
from datalint.sources.stores.attempts import Attempts, StoreError
from datalint.sources.stores.client import client_of
from datalint.sources.stores.stream import FIRST, Ranges
from datalint.sources.url import Url

if TYPE_CHECKING:
    from datalint.sources.stores.protocol import Client

_PIECE = 8 << 20  # bytes of one request: a larger object is fetched in several at once
_AT_ONCE = 8
_OF_CONTAINER = 1 << 10  # bytes that are fetched to find what lies in an object
_HURRIED = 2.0  # seconds of a request to a store that seems gone
_attempts = lru_cache(maxsize=8)(lambda _store: Attempts())


class StoredItem(NamedTuple):
    """One object of a store."""

    store: Url
    key: bytes
    """Its path, relative to the store's URL."""
    size: int | None = None
    refusal: str | None = None

    @property
    def place(self) -> bytes:
        """Its URL."""
        return os.fsencode(f"{self.store}/") + self.key

    @property
    def path(self) -> str:
        """The same for people."""
        return self.place.decode("utf-8", "backslashreplace")

    @property
    def far(self) -> bool:
        """Whether its bytes come a long way: no more are asked for than are needed."""
        return True

    @property
    def in_parts(self) -> bool:
        """See `Item`."""
        return True

    def stamp(self) -> Stamp:
        """As it was listed: an object that changes gets another ETag."""
        return Stamp(self.size or 0, 0, 0)

    def open(self) -> io.BufferedReader | io.BytesIO:
        """See `Item`. Only what is read is fetched; raises StoreError, also while it is read."""
        self._note()
        if self.size is None:
            return io.BytesIO(self._fetched(0, None))
        return io.BufferedReader(Ranges(self._fetched, self.size), FIRST)

    def read(self, most: int | None = None) -> bytes:
        """See `Item`; raises StoreError, also where the store sends fewer bytes than it listed."""
        self._note()
        if self.size is None:
            return self._fetched(0, most)
        stop = self.size if most is None else min(most, self.size)
        if stop <= _PIECE:
            return self._fetched(0, stop) if stop else b""
        starts = range(0, stop, _PIECE)
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return b"".join(threads.map(lambda start: self._fetched(start, min(start + _PIECE, stop)), starts))

    def between(self, start: int, stop: int) -> bytes:
        """See `Item`."""
        self._note()
        stop = stop if self.size is None else min(stop, self.size)
        return self._fetched(start, stop) if start < stop else b""

    def ends(self, first: int, last: int) -> tuple[bytes, bytes]:
        """See `Item`."""
        if self.size is None or self.size <= first:
            head = self.read(first)
            return head, head[-last:]
        self._note()
        return self._fetched(0, first), self._fetched(max(0, self.size - last), self.size)

    def container(self) -> io.RawIOBase:
        """See `Container`: small pieces, as what lies in it is found one by one."""
        if self.refusal is not None:
            raise RefusedError(self.refusal)
        return Ranges(self._fetched, self.size or 0, first=_OF_CONTAINER)

    def _note(self) -> None:
        if self.refusal is not None:
            raise RefusedError(self.refusal)
        noted.opening(self.place, self.size)

    def _fetched(self, start: int, stop: int | None) -> bytes:
        return _attempts(self.store).of(partial(self._once, start, stop))

    def _once(self, start: int, stop: int | None, hurried: bool) -> bytes:
        whole = start == 0 and stop == self.size
        data = _client(self.store, hurried=hurried).get(self.key.decode(), start, None if whole else stop)
        if stop is not None and self.size is not None and len(data) != stop - start:
            raise StoreError(f"the store sent {len(data):,} of {stop - start:,} bytes")
        return data


class Store:
    """The objects below a URL."""

    __slots__ = ("_refused", "url")

    def __init__(self, url: Url, refused: Refused | None = None) -> None:
        self.url = url
        self._refused = refused or Refused()

    @property
    def root(self) -> bytes:
        """See `Source`."""
        return os.fsencode(self.url)

    def item(
        self, path: bytes, size: int | None = None, *, follow: bool = True, real: bytes | None = None
    ) -> StoredItem:
        """See `Source`. A store has no links."""
        del follow, real
        item = StoredItem(self.url, path, size)
        return item._replace(refusal=self._refused.get(item.place)) if self._refused else item

    def refusal(self, place: bytes) -> str | None:
        """Why what is known by `place` is not to be opened."""
        return self._refused.get(place)

    def refusing(self, refused: Refused) -> Store:
        """See `Source`."""
        return Store(self.url, refused)

    def below(self, folder: str) -> Store:
        """What lies below one of its folders."""
        return Store(self.url.below(folder), self._refused)

    def above(self) -> Store:
        """The folder that it lies in."""
        return Store(Url(self.url.rpartition("/")[0]), self._refused)

    @property
    def client(self) -> Client:
        """Who asks it; raises StoreError."""
        return _client(self.url)


def _client(url: Url, *, hurried: bool = False) -> Client:
    seconds = limits.current().store_seconds
    return client_of(url, min(seconds, _HURRIED) if hurried else seconds)


__all__ = ["Store", "StoredItem"]
