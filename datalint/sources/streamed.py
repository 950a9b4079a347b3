"""Compressed tar archives, which have no index and can only be read from their beginning: once, into a spool."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

from datalint.sources import tar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from datalint.sources.folder import LocalFile
    from datalint.sources.item import Container
    from datalint.sources.members import Listing, Member
    from datalint.sources.spool import Spool

_PIECE = 1 << 18


class MissingError(OSError):
    """A package is missing that unpacks it."""

    def __init__(self) -> None:
        super().__init__(None, "zstandard is not installed: pip install '.[zstd]' (the extra datalint-vision[zstd])")


def _zstandard(file: IO[bytes]) -> IO[bytes]:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            opened: IO[bytes] = import_module(name).ZstdFile(file)
        except ImportError:
            continue
        return opened
    try:
        package: Any = import_module("zstandard")
    except ImportError:
        raise MissingError from None
    stream: IO[bytes] = package.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file, read_across_frames=True)
    return stream


#: How a name ends -> what unpacks its bytes.
_UNPACKED: Mapping[bytes, Callable[[IO[bytes]], Any]] = {
    **dict.fromkeys((b".tar.gz", b".tgz"), lambda file: gzip.GzipFile(fileobj=file)),
    **dict.fromkeys((b".tar.bz2", b".tbz2", b".tbz"), bz2.BZ2File),
    **dict.fromkeys((b".tar.xz", b".txz"), lzma.LZMAFile),
    **dict.fromkeys((b".tar.zst", b".tzst"), _zstandard),
}
ENDINGS = tuple(_UNPACKED)


def listed(file: Container, wanted: Callable[[bytes], bool], spool: Spool) -> tuple[Listing, LocalFile]:
    """What an archive holds, and the file with the bytes of its `wanted` members; raises OSError with the cause."""
    name = file.place.lower()
    unpacked = next(make for ending, make in _UNPACKED.items() if name.endswith(ending))
    with file.open() as raw, spool.file(file.place) as kept:

        def keep(member: Member, source: tar.Input) -> Member:
            if not wanted(member.name):
                return member._replace(refusal="of a compressed archive, only images and labels are unpacked")
            if (refusal := spool.lack(member.size)) is not None:
                return member._replace(refusal=refusal)
            start, left = kept.tell(), member.size
            while left and (data := source.read(min(left, _PIECE))):
                spool.used += len(data)
                kept.write(data)
                left -= len(data)
            return member._replace(offset=start, packed=member.size - left, size=member.size - left)

        source = _Stream(unpacked(raw))
        found = tar.listed(source, keep)
        if source.error is not None:
            found.fault = f"it cannot be unpacked beyond byte {source.at:,}: {source.error}"
        if not found.members and not found.folders and not found.left and found.fault:
            raise OSError(None, f"not a whole compressed tar archive ({found.fault})")
        return found, spool.item(file.place)


class _Stream:
    """What is unpacked, as `tar.Input`. It ends where unpacking fails."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.at = 0
        self.error: str | None = None

    def read(self, count: int) -> bytes:
        pieces, left = [], count
        while left and self.error is None:
            try:
                data = self._stream.read(min(left, _PIECE))
            except MemoryError:
                raise
            except Exception as error:  # each unpacker has its own
                self.error = _words(error)
                break
            if not data:
                break
            pieces.append(data)
            left -= len(data)
        self.at += count - left
        return b"".join(pieces)

    def skip(self, count: int) -> int:
        left = count
        while left and (data := self.read(min(left, _PIECE))):
            left -= len(data)
        return count - left


def _words(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "it ends early"
    if isinstance(error, zlib.error | lzma.LZMAError):
        return "its bytes are damaged"
    return " ".join(str(error).split())[:200].lower() or type(error).__name__
