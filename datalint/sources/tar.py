"""The headers of a tar archive, without what lies between them: 512 bytes a member are read.

Reference: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html (ustar and pax), GNU's long names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from datalint.sources.members import Listing, Member, plain

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = 512
#: Bytes of a header with a long name or with keys, at most: they are read into memory.
_LONGEST_HEADER = 1 << 20
_REGULAR, _FOLDER = b"0\x007", b"5"
_KINDS = {
    **dict.fromkeys(b"12", "a link in an archive; links in there are not followed"),
    **dict.fromkeys(b"346", "a device or pipe in an archive; never made"),
    **dict.fromkeys(b"SM", "only a part of a file lies in the archive, or one with holes; not read"),
}
_OTHER = "an entry of the archive that is not a file"
#: Entries about the archive as a whole, or about the next one.
_ABOUT = b"xXgLKVN"


class Input(Protocol):
    """The bytes of an archive from its begin to its end."""

    @property
    def at(self) -> int:
        """The place of the next byte."""

    def read(self, count: int) -> bytes:
        """So many bytes, fewer at the end; raises OSError."""

    def skip(self, count: int) -> int:
        """Leave so many out, fewer at the end; how many."""


def listed(source: Input, keep: Callable[[Member, Input], Member] | None = None) -> Listing:
    """Every entry. `keep` is given each file with what is to be read next, reads what it likes of its bytes, and tells
    where they lie from then on.
    """
    found = Listing()
    said: dict[bytes, bytes] = {}
    while len(head := source.read(_BLOCK)) == _BLOCK and head.strip(b"\0"):
        start = source.at
        size = _number(head[124:136])
        if _sum(head) != _number(head[148:156]) or size is None:
            found.fault = f"there is no header at byte {start - _BLOCK:,}"
            return found
        kind = head[156:157]
        if kind in _ABOUT:
            if size > _LONGEST_HEADER:
                found.fault = f"the header at byte {start - _BLOCK:,} takes {size:,} bytes"
                return found
            _note(kind, source.read(size), said)
        else:
            size = _said_size(said, size)
            has_holes = any(key.startswith(b"GNU.sparse") for key in said)
            _entry(found, kind, said.get(b"path") or _name(head), size, has_holes, source, keep)
            said = {}
        left = start + size - source.at
        if left > 0 and source.skip(left) < left:
            found.fault = f"it ends within what begins at byte {start - _BLOCK:,}"
            _cut(found, start, source.at - start)
            return found
        source.skip(-size % _BLOCK)
    if len(head) < _BLOCK:
        found.fault = f"it ends at byte {source.at:,} without the mark of its end"
    return found


def _entry(
    found: Listing,
    kind: bytes,
    name: bytes,
    size: int,
    has_holes: bool,
    source: Input,
    keep: Callable[[Member, Input], Member] | None,
) -> None:
    path = plain(name)
    if path is None:
        if name.strip(b"./"):
            found.left.append((name, "its name leads out of the archive; not read"))
    elif kind == _FOLDER or (kind in _REGULAR and name.endswith(b"/")):
        found.folders.add(path)
    elif has_holes:
        found.left.append((path, _KINDS[ord("S")]))
    elif kind in _REGULAR:
        member = Member(path, source.at, size, size)
        found.members.append(member if keep is None else keep(member, source))
    else:
        found.left.append((path, _KINDS.get(ord(kind), _OTHER)))


def _cut(found: Listing, start: int, size: int) -> None:
    """The last member has fewer bytes than it was said to."""
    if found.members and found.members[-1].offset == start:
        found.members[-1] = found.members[-1]._replace(packed=size, size=size)


def _name(head: bytes) -> bytes:
    name = head[:100].split(b"\0", 1)[0]
    if head[257:263] == b"ustar\0" and (prefix := head[345:500].split(b"\0", 1)[0]):
        return prefix + b"/" + name
    return name


def _number(digits: bytes) -> int | None:
    """Octal digits, or 7 bits and bytes after them; None where there is no number."""
    if digits[0] & 0x80:
        number = int.from_bytes(digits[1:], "big")
        return number if digits[0] == 0x80 else None
    try:
        return int(digits.strip(b" \0") or b"0", 8)
    except ValueError:
        return None


def _sum(head: bytes) -> int:
    """Of all bytes, those of the sum itself taken as spaces."""
    return sum(head) - sum(head[148:156]) + 8 * 32


def _said_size(said: dict[bytes, bytes], size: int) -> int:
    digits = said.get(b"size", b"")
    return int(digits) if digits.isdigit() and len(digits) < 20 else size


def _note(kind: bytes, data: bytes, said: dict[bytes, bytes]) -> None:
    """What is said of the next entry."""
    if kind == b"L":
        said[b"path"] = data.split(b"\0", 1)[0]
    elif kind in b"xX":
        said.update(_keys(data))


def _keys(data: bytes) -> dict[bytes, bytes]:
    """`27 path=a/long/name` and so on, each with its length in bytes and a line feed."""
    found = {}
    at = 0
    while at < len(data) and (space := data.find(b" ", at, at + 20)) > at and data[at:space].isdigit():
        length = int(data[at:space])
        key, equals, value = data[space + 1 : at + length - 1].partition(b"=")
        if not equals or length <= 0:
            break
        found[key] = value
        at += length
    return found
