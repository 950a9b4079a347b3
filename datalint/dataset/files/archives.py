"""Archives that a walk meets: folders, where what they hold can be a part of the dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from datalint.dataset.files.tree import Skip
from datalint.sources import archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datalint.sources.item import Container
    from datalint.sources.members import Listing, Member
    from datalint.sources.mounted import Held
    from datalint.sources.spool import Spool

#: An archive is entered if one of these shares of its files may be images, or images or labels: of a sample there may be
#: an image and arrays, and archives of programs have few of either.
_IMAGES, _BOTH = 0.2, 0.5
_OF_OTHERS = "an archive of other things: most of its files are neither images nor labels"
_NESTED = "an archive in an archive; not read"


class Inside(NamedTuple):
    """What lies in an archive, by paths relative to the root."""

    held: Held
    files: list[tuple[bytes, bytes, int]]
    """Path, folder and size."""
    folders: list[bytes]
    skipped: list[tuple[bytes, str, str]]
    """Path, kind and reason."""
    unopened: list[tuple[bytes, str]]
    """Files that are known not to be read, and why."""
    fault: str | None
    """Why it was not read to its end."""


class Archives:
    """Opens the archives of one walk."""

    def __init__(
        self,
        unwanted: Callable[[bytes, bytes, bool], tuple[str, str] | None],
        is_image: Callable[[bytes], bool],
        is_label: Callable[[bytes], bool],
        spool: Spool,
    ) -> None:
        """`unwanted` is asked for name, path and whether it is a folder; it gives kind and reason. `is_image` and
        `is_label` tell by a name.
        """
        self._unwanted = unwanted
        self._is_image, self._is_label = is_image, is_label
        self._spool = spool

    def enter(self, path: bytes, file: Container, *, asked: bool = False) -> Inside | str:
        """The inside of the archive at `path`, or why it is not entered. Raises OSError where it cannot be read.

        `asked`: whether the user named it.
        """
        listing, opened = archive.listed(file, self._may_be_needed, self._spool)
        if not asked and not self._belongs(listing):
            return _OF_OTHERS
        found = Inside(archive.members(listing, opened), [], [path], [], [], listing.fault)
        prefix = path + b"/"  # whatever divides the names of folders here
        found.skipped.extend((prefix + name, "archive", reason) for name, reason in listing.left)
        folders: dict[bytes, bool] = {b"": True}
        for folder in sorted(listing.folders):
            self._is_entered(folder, prefix, folders, found)
        for member in listing.members:
            self._put(member, prefix, folders, found)
        return found

    def _put(self, member: Member, prefix: bytes, folders: dict[bytes, bool], found: Inside) -> None:
        folder, _, name = member.name.rpartition(b"/")
        if not self._is_entered(folder, prefix, folders, found):
            return
        path = prefix + member.name
        if skip := self._unwanted(name, path, False):
            found.skipped.append((path, *skip))
            return
        if archive.is_archive(name):
            found.unopened.append((path, _NESTED))
        found.files.append((path, prefix + folder if folder else prefix[:-1], member.size))

    def _is_entered(self, folder: bytes, prefix: bytes, known: dict[bytes, bool], found: Inside) -> bool:
        """Whether a folder belongs to the dataset; it is noted the first time."""
        for above in _from_outermost(folder, known):
            outer, _, name = above.rpartition(b"/")
            skip = self._unwanted(name, prefix + above, True) if known[outer] else None
            known[above] = known[outer] and skip is None
            if skip is not None:
                found.skipped.append((prefix + above, *skip))
            elif known[above]:
                found.folders.append(prefix + above)
        return known[folder]

    def _may_be_needed(self, name: bytes) -> bool:
        base = name.rpartition(b"/")[2]
        return self._is_image(base) or self._is_label(base) or b"." not in base

    def _belongs(self, listing: Listing) -> bool:
        names = [member.name.rpartition(b"/")[2] for member in listing.members]
        images, labels = sum(map(self._is_image, names)), sum(map(self._is_label, names))
        return bool(names) and (images >= _IMAGES * len(names) or images + labels >= _BOTH * len(names))


def _from_outermost(folder: bytes, known: dict[bytes, bool]) -> Iterator[bytes]:
    """The folder and those above it that are not known yet."""
    new = []
    while folder not in known:
        new.append(folder)
        folder = folder.rpartition(b"/")[0]
    yield from reversed(new)


def skips(inside: Inside, text: Callable[[bytes], str]) -> Iterator[Skip]:
    """What is not read in there."""
    for path, kind, reason in inside.skipped:
        yield Skip(text(path), kind, reason)


__all__ = ["Archives", "Inside", "skips"]
