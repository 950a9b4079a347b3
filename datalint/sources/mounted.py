"""A folder with archives and tables of pictures in it, the members and rows of which are items of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from datalint.sources.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalint.sources.item import Item, Source


class Held(Protocol):
    """What lies in one file of the folder."""

    def item(self, place: bytes, name: bytes, refusal: str | None) -> Item | None:
        """What is called `name` in there, and is known by `place`; None if nothing is."""


class Mounted:
    """A `Source`: `shards/000.tar/0001.jpg` is the member `0001.jpg` of the file `shards/000.tar`, and
    `train.parquet#123` is the picture in row 123.
    """

    __slots__ = ("_folder", "_held", "_refused", "root")

    def __init__(self, folder: Source, held: Mapping[bytes, Held], refused: Refused | None = None) -> None:
        """`held` is by the path of the file, relative to the root."""
        self.root = folder.root
        """Absolute."""
        self._folder, self._held = folder, held
        self._refused = refused or Refused()

    def item(self, path: bytes, size: int | None = None, *, follow: bool = True, real: bytes | None = None) -> Item:
        """The member, row or file at `path`; links lead to files only."""
        file = self.file_of(path)
        if len(file) < len(path):
            place = self._folder.item(path).place
            inside = self._held[file].item(place, path[len(file) + 1 :], self._refused.get(place))
            if inside is not None:
                return inside
        return self._folder.item(path, size, follow=follow, real=real)

    def file_of(self, path: bytes) -> bytes:
        """The file in which the member or row at `path` lies; a file itself."""
        table, _, _ = path.rpartition(b"#")
        if table in self._held:
            return table
        at = path.find(b"/")
        while at >= 0:
            if path[:at] in self._held:
                return path[:at]
            at = path.find(b"/", at + 1)
        return path

    def refusing(self, refused: Refused) -> Mounted:
        """The same members and files, some of which are not to be opened."""
        return Mounted(self._folder.refusing(refused), self._held, refused)
