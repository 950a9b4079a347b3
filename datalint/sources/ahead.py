"""Items whose bytes come a long way, fetched while the ones before them are used."""

from __future__ import annotations

import io
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from datalint.sources.stores.stream import FIRST, Ranges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from datalint.sources.item import Item, Stamp

_AT_ONCE = 32  # requests
_HELD = 64 << 20  # bytes of fetched items that wait; a larger one is fetched alone


class Fetched(NamedTuple):
    """An item whose first bytes, or all of them, are here."""

    item: Item
    data: bytes
    error: OSError | None
    """Why they are not."""

    @property
    def place(self) -> bytes:
        """See `Item`, like all here."""
        return self.item.place

    @property
    def size(self) -> int | None:
        """In bytes."""
        return self.item.size

    @property
    def refusal(self) -> str | None:
        """Why it is not to be opened."""
        return self.item.refusal

    @property
    def path(self) -> str:
        """For people."""
        return self.item.path

    @property
    def far(self) -> bool:
        """Whether its bytes come a long way."""
        return self.item.far

    @property
    def in_parts(self) -> bool:
        """Whether a header is read without the rest."""
        return self.item.in_parts

    def stamp(self) -> Stamp:
        """As it is now."""
        return self.item.stamp()

    def open(self) -> io.BufferedReader | io.BytesIO:
        """The content as a stream; what is not here yet is fetched."""
        self._check()
        size = self.item.size
        if size is None or len(self.data) == size:
            return io.BytesIO(self.data)
        return io.BufferedReader(Ranges(self.item.between, size, self.data), FIRST)

    def read(self, most: int | None = None) -> bytes:
        """The whole content, or its first bytes."""
        self._check()
        wanted = self.item.size if most is None else most
        return self.data[:wanted] if wanted is not None and wanted <= len(self.data) else self.item.read(most)

    def between(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`."""
        self._check()
        return self.data[start:stop] if stop <= len(self.data) else self.item.between(start, stop)

    def ends(self, first: int, last: int) -> tuple[bytes, bytes]:
        """The first and the last bytes."""
        return self.item.ends(first, last)

    def _check(self) -> None:
        if self.error is not None:
            raise self.error


def ahead(items: Sequence[Item], *, heads: bool = False) -> Iterator[Item]:
    """The items in order. Those that are far are fetched before their turn: whole, or the first bytes with `heads`.

    With `heads` no more is read of those that are near and come in parts either.
    """
    if not any(item.far for item in items):
        for item in items:
            yield _fetched(item, FIRST) if heads and item.in_parts else item
        return
    waiting: deque[Future[Fetched]] = deque()
    held = 0
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        left = deque(items)
        while left or waiting:
            while left and (not waiting or (held < _HELD and len(waiting) < 2 * _AT_ONCE)):
                item = left.popleft()
                held += FIRST if heads else item.size or 0
                waiting.append(threads.submit(_fetched, item, FIRST if heads else None))
            found = waiting.popleft().result()
            held -= FIRST if heads else found.size or 0
            yield found


def _fetched(item: Item, most: int | None) -> Fetched:
    try:
        return Fetched(item, item.read(most), None)
    except OSError as error:
        return Fetched(item, b"", error)


__all__ = ["Fetched", "ahead"]
