"""Archives as folders: which files are archives, what they hold, and their members as items.

Members of a tar or zip archive are read where they lie in it. A compressed tar archive can only be read from its
beginning: that is done once, and the members that may be needed are kept in a temporary file (`spool.py`).
"""

from __future__ import annotations

import io
import os
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

from datalint.sources import noted, streamed, tar, zipped
from datalint.sources.item import RefusedError, Stamp
from datalint.sources.members import DEFLATED, PLAIN, Listing, Members

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalint.sources.folder import LocalFile
    from datalint.sources.item import Container
    from datalint.sources.spool import Spool

_ZIP, _TAR = (b".zip",), (b".tar",)
ENDINGS = (*_ZIP, *_TAR, *streamed.ENDINGS)
_BUFFER = 4096  # small members lie close together, and of large ones only the headers are wanted
_IN_MEMORY = 1 << 20  # a larger member that is not packed is a stream
_LOCAL_HEADER = 30
_BEYOND = 1 << 10  # packed bytes beyond those that are wanted unpacked


class DamagedError(OSError):
    """A member whose bytes are not what the archive says."""

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)


class ChangedError(OSError):
    """An archive that is not the one that was listed."""

    def __init__(self) -> None:
        super().__init__(None, "the archive has changed since it was listed")


def is_archive(name: bytes) -> bool:
    """Whether a file of this name is an archive that is read."""
    return name.lower().endswith(ENDINGS)


def is_unpacked(name: bytes) -> bool:
    """Whether the members of such an archive go into the spool."""
    return name.lower().endswith(streamed.ENDINGS)


def unpacked_name(name: bytes) -> bytes:
    """The name of the folder that such an archive is unpacked to by hand."""
    return next((name[: -len(ending)] for ending in streamed.ENDINGS if name.lower().endswith(ending)), name)


class Archive(NamedTuple):
    """The file in which members lie."""

    file: Container
    stamp: Stamp
    """When it was listed."""
    spooled: LocalFile | None = None
    """Where the bytes of members are, if not in the archive itself."""

    def open(self) -> io.RawIOBase:
        """The file that holds the bytes; raises OSError."""
        if self.spooled is not None:
            return self.spooled.container()
        file = self.file.container()
        if self.file.far:
            return file
        status = os.fstat(file.fileno())
        if (status.st_size, status.st_mtime_ns) != self.stamp[:2]:
            file.close()
            raise ChangedError
        return file


class Slice(NamedTuple):
    """A member of an archive: an item that knows where its bytes lie."""

    place: bytes
    """The archive's, `/` and the member's name."""
    size: int
    refusal: str | None
    archive: Archive
    offset: int
    packed: int
    codec: int
    crc: int

    @property
    def path(self) -> str:
        """For people."""
        return os.fsdecode(self.place)

    @property
    def far(self) -> bool:
        """See `Item`."""
        return self.archive.spooled is None and self.archive.file.far

    @property
    def in_parts(self) -> bool:
        """See `Item`: all but what is deflated."""
        return self.far or self.codec != DEFLATED

    def stamp(self) -> Stamp:
        """It changes with the archive; raises OSError."""
        _, changed, moved = self.archive.file.stamp()
        return Stamp(self.size, changed, moved)

    def open(self) -> io.BufferedReader | io.BytesIO:
        """See `Item`."""
        if self.codec != PLAIN or self.size <= _IN_MEMORY:
            return io.BytesIO(self.read())
        return io.BufferedReader(_Window(self._opened(), self.offset, self.size))

    def read(self, most: int | None = None) -> bytes:
        """See `Item`."""
        with self._opened() as file:
            if self.codec == PLAIN:
                return _at(file, self.offset, self.size if most is None else min(most, self.size))
            return self._unpacked(file, most)

    def between(self, start: int, stop: int) -> bytes:
        """See `Item`."""
        if self.codec == DEFLATED:
            return self.read(stop)[start:]
        stop = min(stop, self.size)
        with self._opened() as file:
            begin = self.offset if self.codec == PLAIN else self._behind_header(file)
            return _at(file, begin + start, max(0, stop - start))

    def ends(self, first: int, last: int) -> tuple[bytes, bytes]:
        """See `Item`."""
        if self.codec != PLAIN or self.size <= first:
            data = self.read()
            return data[:first], data[-last:]
        with self._opened() as file:
            last = min(last, self.size)
            return _at(file, self.offset, first), _at(file, self.offset + self.size - last, last)

    def _opened(self) -> io.RawIOBase:
        if self.refusal is not None:
            raise RefusedError(self.refusal)
        noted.opening(self.place, self.size)
        return self.archive.open()

    def _unpacked(self, file: io.RawIOBase, most: int | None) -> bytes:
        """Of a zip archive: what lies behind the local header."""
        begin = self._behind_header(file)
        data = _at(file, begin, self.packed if most is None else min(self.packed, most + _BEYOND))
        if self.codec == DEFLATED:
            try:  # never more than the archive says, whatever it would unpack to
                data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, (self.size if most is None else most) + 1)
            except zlib.error:
                raise DamagedError("its packed bytes in the archive are damaged") from None
        if most is not None:
            return data[:most]
        if len(data) != self.size:
            raise DamagedError(f"the archive says that it has {self.size:,} bytes, and it has others")
        if self.crc >= 0 and zlib.crc32(data) != self.crc:
            raise DamagedError("its checksum in the archive is that of other bytes")
        return data

    def _behind_header(self, file: io.RawIOBase) -> int:
        """Where its packed bytes begin in a zip archive."""
        header = _at(file, self.offset, _LOCAL_HEADER)
        if not header.startswith(b"PK\3\4"):
            raise DamagedError("there is no header where the archive says that it lies")
        lengths = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
        return self.offset + _LOCAL_HEADER + sum(lengths)


class ArchiveMembers:
    """The members of one archive, by name."""

    __slots__ = ("_archive", "_members")

    def __init__(self, archive: Archive, members: Members) -> None:
        self._archive, self._members = archive, members

    def item(self, place: bytes, name: bytes, refusal: str | None) -> Slice | None:
        """The member `name`; None if there is none. `refusal` is why it is not to be opened."""
        if (member := self._members.get(name)) is None:
            return None
        _, offset, packed, size, codec, crc, own = member
        return Slice(place, size, refusal or own, self._archive, offset, packed, codec, crc)


def listed(file: Container, wanted: Callable[[bytes], bool], spool: Spool) -> tuple[Listing, Archive]:
    """What an archive holds. Raises OSError, with the cause, where it cannot be read.

    Of a compressed one, the `wanted` members by name are kept.
    """
    archive = Archive(file, file.stamp())
    noted.opening(file.place, archive.stamp.size)
    name = file.place.lower()
    if name.endswith(_ZIP):
        with file.open() as stream:
            found = zipped.listed(stream)
    elif name.endswith(_TAR):
        with io.BufferedReader(file.container(), _BUFFER) as stream:
            found = tar.listed(_Seeking(stream, archive.stamp.size))
        if not found.members and not found.folders and found.fault and not found.left:
            raise OSError(None, f"not a whole tar archive ({found.fault})")
    else:
        found, spooled = streamed.listed(file, wanted, spool)
        archive = archive._replace(spooled=spooled)
    found.settle()
    return found, archive


def members(found: Listing, archive: Archive) -> ArchiveMembers:
    """What was listed, to be read."""
    return ArchiveMembers(archive, Members(found.members))


class _Seeking:
    """A file as `tar.Input`."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._size = file, size
        self.at = 0

    def read(self, count: int) -> bytes:
        data = self._file.read(count)
        self.at += len(data)
        return data

    def skip(self, count: int) -> int:
        count = min(count, self._size - self.at)
        if count > 0:
            self._file.seek(count, os.SEEK_CUR)
            self.at += count
        return count


class _Window(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, file: io.RawIOBase, start: int, size: int) -> None:
        self._file, self._start, self._size = file, start, size
        self._file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size}[whence]
        return self._file.seek(self._start + max(0, base + offset)) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        left = max(0, self._size - self.tell())
        return self._file.readinto(memoryview(buffer)[:left]) or 0 if left else 0

    def close(self) -> None:
        self._file.close()
        super().close()


def _at(file: io.RawIOBase, start: int, count: int) -> bytes:
    file.seek(start)
    data = file.read(count) or b""
    while len(data) < count and (more := file.read(count - len(data))):
        data += more
    return data


__all__ = [
    "ENDINGS",
    "Archive",
    "ArchiveMembers",
    "ChangedError",
    "DamagedError",
    "Slice",
    "is_archive",
    "is_unpacked",
    "listed",
    "members",
    "unpacked_name",
]
