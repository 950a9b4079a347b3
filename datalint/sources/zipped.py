"""The directory of a zip archive, which lies at its end."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from typing import TYPE_CHECKING

from datalint.sources.members import DEFLATED, MOST_UNPACKED, STORED, Listing, Member, plain

if TYPE_CHECKING:
    from typing import IO

_ENCRYPTED = 1
_CODECS = {zipfile.ZIP_STORED: STORED, zipfile.ZIP_DEFLATED: DEFLATED}
_OTHER_CODECS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz"}
#: Sizes are kept in 63 bits.
_LARGEST = 1 << 62


def listed(file: IO[bytes]) -> Listing:
    """Every entry; raises OSError with the cause where there is no directory that can be read."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OverflowError) as error:
        words = str(error) or type(error).__name__
        raise OSError(None, f"not a whole zip archive ({words[:1].lower()}{words[1:]})") from None
    end = file.seek(0, os.SEEK_END)
    found = Listing()
    for entry in entries:
        _entry(found, entry, end)
    _refuse_overlaps(found)
    return found


def _entry(found: Listing, entry: zipfile.ZipInfo, end: int) -> None:
    name = entry.filename.encode("utf-8", "surrogateescape")
    path = plain(name)
    mode = entry.external_attr >> 16
    if path is None:
        found.left.append((name, "its name leads out of the archive; not read"))
    elif entry.is_dir():
        found.folders.add(path)
    elif stat.S_ISLNK(mode):
        found.left.append((path, "a link in an archive; links in there are not followed"))
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        found.left.append((path, "a device or pipe in an archive; never made"))
    else:
        codec = _CODECS.get(entry.compress_type)
        at, packed, size = (min(one, _LARGEST) for one in (entry.header_offset, entry.compress_size, entry.file_size))
        refusal = _refusal(entry, codec, end)
        found.members.append(Member(path, at, packed, size, STORED if codec is None else codec, entry.CRC, refusal))


def _refuse_overlaps(found: Listing) -> None:
    """Members that lie over others make a small archive unpack to any size."""
    end = 0
    for at in sorted(range(len(found.members)), key=lambda at: (found.members[at].offset, at)):
        member = found.members[at]
        if member.offset < end:
            found.members[at] = member._replace(refusal=member.refusal or "it lies over another member of the archive")
        end = max(end, member.offset + member.packed)


def _refusal(entry: zipfile.ZipInfo, codec: int | None, end: int) -> str | None:
    if entry.flag_bits & _ENCRYPTED:
        return "it is encrypted in the archive"
    if codec is None:
        how = _OTHER_CODECS.get(entry.compress_type, f"method {entry.compress_type}")
        return f"it is packed with {how}, which is not read; pack it with deflate, or not at all"
    if entry.header_offset + entry.compress_size > end:
        return "the archive ends before it does"
    if codec == DEFLATED and entry.file_size > MOST_UNPACKED:
        return f"it unpacks to {entry.file_size:,} bytes, more than the limit of {MOST_UNPACKED:,}"
    if codec == STORED and entry.file_size != entry.compress_size:
        return "the archive states two sizes of it"
    return None
