"""What every source of a dataset's bytes has in common: files by path, each of which gives its bytes on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from io import BufferedReader, BytesIO, RawIOBase

    from datalint.sources.refused import Refused


class RefusedError(OSError):
    """A file that is not to be opened, for a reason that is known before."""

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)


class Stamp(NamedTuple):
    """What changes with the content of a file, as far as its source tells."""

    size: int
    mtime_ns: int
    """Time of the last change."""
    ctime_ns: int
    """Time of the last change of content or name, which no program can set (on Windows: of creation)."""


class Item(Protocol):
    """One file of a dataset: small, hashable and picklable, so that a worker can be handed many."""

    @property
    def place(self) -> bytes:
        """What it is known by, absolute: no other file of any source has the same."""

    @property
    def size(self) -> int | None:
        """In bytes, when it was listed; None where that is not known."""

    @property
    def refusal(self) -> str | None:
        """Why it is not to be opened."""

    @property
    def path(self) -> str:
        """`place` for people."""

    def __hash__(self) -> int:
        """Items are keys: the same file of the same size is the same."""

    @property
    def far(self) -> bool:
        """Whether its bytes come a long way: no more are asked for than are needed."""

    @property
    def in_parts(self) -> bool:
        """Whether its header is read without the rest, where that is enough: then its SHA-256 stays unknown."""

    def stamp(self) -> Stamp:
        """As it is now; raises OSError."""

    def open(self) -> BufferedReader | BytesIO:
        """The content as a stream that can seek, to be closed by the caller; raises OSError, as `read` does."""

    def read(self, most: int | None = None) -> bytes:
        """The whole content, or its first `most` bytes; raises OSError, RefusedError among them."""

    def between(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`, as they lie there: no checksum is looked at; raises OSError."""

    def ends(self, first: int, last: int) -> tuple[bytes, bytes]:
        """The first and the last bytes, which overlap where the file is short; raises OSError."""


class Container(Item, Protocol):
    """A file that may hold items of its own."""

    def container(self) -> RawIOBase:
        """The content as a file without a buffer, of which parts are items of their own; raises OSError.

        It is not noted as being read.
        """


class Source(Protocol):
    """Files by path. It is pickled with the dataset, which is read in a process of its own."""

    @property
    def root(self) -> bytes:
        """What paths are relative to, absolute."""

    def item(self, path: bytes, size: int | None = None, *, follow: bool = True, real: bytes | None = None) -> Item:
        """The file at `path`, as the source names it; nothing is looked up or opened yet.

        A source that has links follows one with `follow`, wherever it leads by then. Without, `real` is opened, or the
        file itself, and neither may be a link.
        """

    def refusing(self, refused: Refused) -> Source:
        """The same files, some of which are not to be opened."""
