"""Names of files in a new dataset."""

from __future__ import annotations

from pathlib import PurePosixPath


def free(name: str, taken: dict[str, int]) -> str:
    """A name that is not taken, whatever its case: `cat/1.jpg`, then `cat/1-2.jpg`. It is taken then."""
    pure, key = PurePosixPath(name), name.casefold()
    number, found = taken.get(key, 1), name
    while found.casefold() in taken:
        number += 1
        found = str(pure.with_stem(f"{pure.stem}-{number}"))
    taken[key] = number
    taken.setdefault(found.casefold(), 1)
    return found
