"""Files of one name, and which of them a path means by its last parts."""

from __future__ import annotations

from bisect import bisect_left
from posixpath import commonprefix

#: How more files of one name are sorted is kept for the next time.
FEW = 16


class Alike:
    """Files of one name: which of them a path means by its last parts.

    They are sorted by their parts from the last one on, so that those that end alike stand together.
    """

    def __init__(self, paths: dict[int, str]) -> None:
        self._exact: dict[str, int] = {}
        for row, path in paths.items():
            self._exact.setdefault(path, row)
        ordered = sorted((_backwards(path), row) for row, path in paths.items())
        self._keys = [key for key, _ in ordered]
        self._rows = [row for _, row in ordered]
        self._paths = paths
        self._known: dict[tuple[int, int, tuple[str, ...]], int | None] = {}

    def row(self, path: str | None) -> int | None:
        """The first file of exactly this path."""
        return None if path is None else self._exact.get(path)

    def only(self, name: str) -> int | None:
        """The only file whose path ends in `name`."""
        first, stop = self._ending(_backwards(name))
        return self._rows[first] if stop - first == 1 else None

    def nearest(self, name: str, folders: tuple[str, ...]) -> int | None:
        """The only file whose path ends in the most of the last parts of `name`, or the only one in `folders`."""
        key = _backwards(name)
        at = bisect_left(self._keys, key)
        shared = max((_shared(key, other) for other in self._keys[max(at - 1, 0) : at + 1]), default=0)
        first, stop = self._ending(key[:shared])
        if stop - first == 1:
            return self._rows[first]
        asked = (first, stop, folders)
        if asked not in self._known:
            near = [row for row in self._rows[first:stop] if any(_within(self._paths[row], one) for one in folders)]
            self._known[asked] = near[0] if len(near) == 1 else None
        return self._known[asked]

    def ending(self, name: str, most: int) -> list[str]:
        """Paths that end in `name`, no more than so many."""
        first, stop = self._ending(_backwards(name))
        return [self._paths[row] for row in self._rows[first : min(stop, first + most)]]

    def _ending(self, key: str) -> tuple[int, int]:
        """Where the files stand whose paths end in these parts."""
        first = bisect_left(self._keys, key)
        return first, bisect_left(self._keys, f"{key}\U0010ffff", first)


def _backwards(path: str) -> str:
    """The parts of a path from the last one on, each with a slash behind it."""
    return "".join(f"{part}/" for part in reversed(path.split("/")))


def _shared(key: str, other: str) -> int:
    """The length of the parts that both begin with."""
    return key.rfind("/", 0, len(commonprefix((key, other)))) + 1


def _within(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


__all__ = ["Alike"]
