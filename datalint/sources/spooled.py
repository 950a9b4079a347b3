"""The images of an object in one temporary file, and those that are files already where they lie: a `Source`."""

from __future__ import annotations

import io
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from datalint.sources import noted
from datalint.sources.folder import LocalFile
from datalint.sources.item import RefusedError, Stamp
from datalint.sources.stores import Store
from datalint.sources.url import Url, place_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from datalint.sources.item import Item
    from datalint.sources.refused import Refused

_NAME = re.compile(rb"(.*)\[(\d+)\]", re.DOTALL)


class Piece(NamedTuple):
    """One image: bytes of the temporary file."""

    place: bytes
    """Its name, after that of the dataset."""
    file: bytes
    """The temporary file."""
    offset: int
    size: int
    refusal: str | None = None

    @property
    def path(self) -> str:
        """For people."""
        return self.place.decode("utf-8", "backslashreplace")

    @property
    def far(self) -> bool:
        """See `Item`."""
        return False

    @property
    def in_parts(self) -> bool:
        """See `Item`."""
        return False

    def stamp(self) -> Stamp:
        """That of the temporary file, with the image's size; raises OSError."""
        status = os.stat(self.file)  # noqa: PTH116 - bytes
        return Stamp(self.size, status.st_mtime_ns, status.st_ctime_ns)

    def open(self) -> io.BytesIO:
        """See `Item`."""
        return io.BytesIO(self.read())

    def read(self, most: int | None = None) -> bytes:
        """See `Item`."""
        if self.refusal is not None:
            raise RefusedError(self.refusal)
        noted.opening(self.place, self.size)
        with open(self.file, "rb", buffering=0) as file:  # noqa: PTH123 - bytes
            file.seek(self.offset)
            data = file.read(self.size if most is None else min(most, self.size))
        return data or b""

    def between(self, start: int, stop: int) -> bytes:
        """See `Item`."""
        return self.read(stop)[start:]

    def ends(self, first: int, last: int) -> tuple[bytes, bytes]:
        """See `Item`."""
        data = self.read()
        return data[:first], data[-last:]


class Spooled:
    """The images of an object: `train[12]` is the 13th of the part `train`."""

    def __init__(
        self,
        name: str,
        file: bytes,
        starts: Mapping[bytes, int],
        offsets: NDArray[np.int64],
        outside: Mapping[int, bytes],
        refusals: Mapping[int, str],
    ) -> None:
        """`starts` says which number the first image of each part has, `offsets` where each image begins and the last
        one ends; `outside` has the files or URLs of the others, and `refusals` why there is none."""
        self.root = os.fsencode(name)
        self._file, self._starts, self._offsets = file, dict(starts), offsets
        self._outside, self._refusals = dict(outside), dict(refusals)

    def item(self, path: bytes, size: int | None = None, *, follow: bool = True, real: bytes | None = None) -> Item:
        """See `Source`."""
        del follow, real
        place = self.root + b"/" + path
        found = _NAME.fullmatch(path)
        if found is None or found[1] not in self._starts:
            return Piece(place, self._file, 0, 0, "there is no such image")
        number = self._starts[found[1]] + int(found[2])
        if number in self._outside:
            named = place_of(os.fsdecode(self._outside[number]))
            if isinstance(named, Url):
                return Store(Url(named.rpartition("/")[0])).item(named.name.encode())
            return LocalFile(self._outside[number], size)
        start, stop = self._offsets[number : number + 2].tolist()
        return Piece(place, self._file, start, stop - start, self._refusals.get(number))

    def refusing(self, refused: Refused) -> Spooled:
        """See `Source`: nothing in it is read but as an image."""
        del refused
        return self


__all__ = ["Piece", "Spooled"]
