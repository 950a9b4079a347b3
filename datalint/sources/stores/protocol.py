"""What clients of stores have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Listed(NamedTuple):
    """An object of a store."""

    key: str
    """Relative to the URL, `/` between parts."""
    size: int
    """In bytes."""
    mtime_ns: int | None
    etag: str | None
    """What changes with its content, as the store says it."""


class Client(Protocol):
    """Asks one store for what lies below one URL. May be used by several threads at once."""

    def listed(self) -> Iterator[Listed]:
        """All objects, in any order; raises StoreError."""

    def one(self) -> Listed | None:
        """The object that the URL itself names, if there is one; its key is the last part. Raises StoreError."""

    def get(self, key: str, start: int, stop: int | None) -> bytes:
        """The bytes of an object from `start` to before `stop`, or to its end; one request. Raises StoreError."""


__all__ = ["Client", "Listed"]
