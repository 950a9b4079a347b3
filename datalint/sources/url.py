"""What names a dataset: a folder or file of this machine, or a URL."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

# A scheme has two letters or more: `C:` is a drive. fsspec chains schemes by `::`.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?:://|::)")
#: Parts of a URL that name a store: `s3:`, nothing, and its name.
_LEAST_PARTS = 3
_OF_THIS_MACHINE = re.compile(r"(?:file|local)://", re.IGNORECASE)


class Url(str):
    """Where a dataset lies that is not a folder of this machine: `s3://bucket/folder`, without a `/` at its end."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """Its last part."""
        return self.rpartition("/")[2]

    def below(self, path: str) -> Url:
        """The place of a path that is relative to it."""
        return Url(f"{self}/{path}") if path else self


def place_of(name: str | os.PathLike[str]) -> Path | Url:
    """A folder or file of this machine, or a URL, as a person wrote it."""
    if not isinstance(name, str) or not _SCHEME.match(name):
        return Path(name)
    if found := _OF_THIS_MACHINE.match(name):
        return Path(name[found.end() :])
    return Url(name.rstrip("/"))


def common(urls: Sequence[Url]) -> Url | None:
    """The URL that all of them lie below; None where they are of different stores."""
    parts = [url.split("/") for url in urls]
    shared = [same[0] for same in itertools.takewhile(lambda at: len(set(at)) == 1, zip(*parts, strict=False))]
    return Url("/".join(shared)) if len(shared) >= _LEAST_PARTS else None


def at_home(places: Iterable[Path | Url]) -> list[Path]:
    """Where settings of the datasets at these places are looked for: of a URL, in the working folder."""
    return [Path.cwd() if isinstance(place, Url) else place for place in places]


__all__ = ["Url", "at_home", "common", "place_of"]
