# ruff: noqa: PTH116, PTH118 -- names are bytes here, which pathlib does not take
"""A folder on this machine, and the files in it: a `Source` of `Item`s."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO
from typing import TYPE_CHECKING, NamedTuple

from datalint.sources import noted
from datalint.sources.item import RefusedError, Stamp
from datalint.sources.refused import Refused

if TYPE_CHECKING:
    from io import BufferedReader

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_PIECE = 1 << 20


class NotRegularError(OSError):
    """A pipe, socket or device: a pipe would block for ever, and a device may have no end."""

    def __init__(self) -> None:
        super().__init__(None, "it is not a regular file")


class BecameLinkError(OSError):
    """A file in whose place there is a symbolic link now."""

    def __init__(self) -> None:
        super().__init__(errno.ELOOP, "it has become a symbolic link since it was listed")


class LocalFile(NamedTuple):
    """One file of a dataset: small and picklable, so that a worker can be handed many."""

    place: bytes
    """Where it lies on this machine."""
    size: int | None = None
    """In bytes, when it was listed; None where that is not known."""
    refusal: str | None = None
    """Why it is not to be opened."""
    real: bytes | None = None
    """What to open in place of links that lead there, which is not a link itself; None follows links."""

    @property
    def path(self) -> str:
        """For people."""
        return os.fsdecode(self.place)

    @property
    def far(self) -> bool:
        """See `Item`."""
        return False

    @property
    def in_parts(self) -> bool:
        """See `Item`: by its SHA-256 a file is known where it is moved to."""
        return False

    def stamp(self) -> Stamp:
        """As it is now; raises OSError."""
        status = os.stat(self.place)
        return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def open(self) -> BufferedReader:
        """The content as a stream, to be closed by the caller; raises OSError, NotRegularError and
        RefusedError among them."""
        return os.fdopen(self._descriptor(), "rb")

    def read(self, most: int | None = None) -> bytes:
        """The whole content, or its first `most` bytes; raises OSError, NotRegularError and
        RefusedError among them."""
        descriptor = self._descriptor()
        try:
            wanted = (self.size or 0) + 1 if most is None else most
            data = os.read(descriptor, wanted)
            if len(data) == self.size or len(data) == most:
                return data
            pieces, held = [data], len(data)  # a short read, or the file has grown
            while (left := _PIECE if most is None else most - held) > 0 and (more := os.read(descriptor, left)):
                pieces.append(more)
                held += len(more)
            return b"".join(pieces)
        finally:
            os.close(descriptor)

    def between(self, start: int, stop: int) -> bytes:
        """See `Item`."""
        with self.open() as file:
            file.seek(start)
            return file.read(stop - start)

    def ends(self, first: int, last: int) -> tuple[bytes, bytes]:
        """The first and the last bytes, which overlap where the file is short; raises OSError."""
        with self.open() as file:
            head = file.read(first)
            if len(head) < first:
                return head, head[-last:]
            file.seek(-min(last, file.seek(0, os.SEEK_END)), os.SEEK_END)
            return head, file.read()

    def container(self) -> FileIO:
        """The content as a file without a buffer, of which parts are items of their own; raises OSError.

        It is not noted as being read.
        """
        return FileIO(self._opened(), "rb")

    def _descriptor(self) -> int:
        if self.refusal is not None:
            raise RefusedError(self.refusal)
        noted.opening(self.place, self.size)
        return self._opened()

    def _opened(self) -> int:
        try:
            descriptor = os.open(self.place, _FLAGS) if self.real is None else os.open(self.real, _FLAGS | _NO_LINK)
        except OSError as error:
            if self.real is not None and error.errno == errno.ELOOP:
                raise BecameLinkError from None
            raise
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotRegularError
        return descriptor


class Folder:
    """A folder on this machine."""

    __slots__ = ("_prefix", "_refused", "root")

    def __init__(self, root: bytes, refused: Refused | None = None) -> None:
        self.root = root
        """Absolute."""
        self._refused = refused or Refused()
        self._prefix = os.path.join(root, b"")

    def item(
        self, path: bytes, size: int | None = None, *, follow: bool = True, real: bytes | None = None
    ) -> LocalFile:
        """The file at `path`, relative to the root as the file system names it.

        With `follow` a link is followed, wherever it leads by then. Without, `real` is opened, or the file itself, and
        neither may be a link.
        """
        place = self._prefix + path
        return LocalFile(place, size, self._refused.get(place), None if follow else real or place)

    def refusing(self, refused: Refused) -> Folder:
        """The same files, some of which are not to be opened."""
        return Folder(self.root, refused)
