"""What an archive holds: its members as they were listed, and as a compact table that is searched by name."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How the bytes of a member lie in the file: as they are (tar), behind a header (zip), and deflated behind one.
PLAIN, STORED, DEFLATED = 0, 1, 2
#: Bytes of one packed member when unpacked, which is done in memory.
MOST_UNPACKED = 1 << 28
_LONGEST = 4096


class Member(NamedTuple):
    """A file in an archive."""

    name: bytes
    """Its path in there, plain: without `.`, `..` or a `/` at its beginning."""
    offset: int
    """Where its bytes, or its header, begin in the file that is read."""
    packed: int
    """Bytes that it takes there."""
    size: int
    """Its bytes when unpacked, as the archive says."""
    codec: int = PLAIN
    crc: int = -1
    """Of what it holds; -1 where the archive does not say."""
    refusal: str | None = None
    """Why it cannot be read."""


@dataclass
class Listing:
    """All that an archive says it holds."""

    members: list[Member] = field(default_factory=list)
    folders: set[bytes] = field(default_factory=set)
    """Those with an entry of their own."""
    left: list[tuple[bytes, str]] = field(default_factory=list)
    """Entries that are not read, by name as it stands there, and why."""
    fault: str | None = None
    """Why it was not read to its end."""

    def settle(self) -> None:
        """Of members with one name the last one counts, as when an archive is unpacked."""
        last = {member.name: at for at, member in enumerate(self.members)}
        if len(last) < len(self.members):
            twice = [member for at, member in enumerate(self.members) if last[member.name] != at]
            self.left += [(member.name, "the archive holds it more than once; the last one counts") for member in twice]
            self.members = [self.members[at] for at in sorted(last.values())]


def plain(name: bytes) -> bytes | None:
    """A name without `.` parts; None where it leads out of the archive or is none."""
    if len(name) > _LONGEST or name[:1] == b"/" or b"\0" in name:
        return None
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    return b"/".join(parts) if parts and b".." not in parts else None


class Members:
    """Members by name: some 50 bytes each beside their names."""

    __slots__ = ("_ends", "_names", "_numbers", "_refusals")

    def __init__(self, members: Sequence[Member]) -> None:
        ordered = sorted(members)
        names = [member.name for member in ordered]
        self._names = b"".join(names)
        self._ends = array("q", accumulate(map(len, names), initial=0))
        self._numbers = array("q", chain.from_iterable(member[1:6] for member in ordered))
        self._refusals = {at: member.refusal for at, member in enumerate(ordered) if member.refusal is not None}

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> Member:
        offset, packed, size, codec, crc = self._numbers[5 * at : 5 * at + 5]
        return Member(self._name(at), offset, packed, size, codec, crc, self._refusals.get(at))

    def get(self, name: bytes) -> Member | None:
        """The member of this name."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._name(middle) < name:
                low = middle + 1
            else:
                high = middle
        return self[low] if low < len(self) and self._name(low) == name else None

    def _name(self, at: int) -> bytes:
        return self._names[self._ends[at] : self._ends[at + 1]]
