"""How a format of labels that is known but not read is recognised."""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    """One format: by the path of a file and what the file begins with, or by the names of images."""

    what: str
    path: str
    """Pattern of the whole path, letter case aside; of a folder, to the letter, where `stems` tell."""
    head: bytes = b""
    """Pattern that is found in the first bytes."""
    lines: tuple[str, ...] = ()
    """Of a text file: patterns of the first lines, letter case aside; the last one is that of all further lines."""
    stems: str = ""
    """Pattern of the names of images that say what is in them."""
    explains: bool = False
    """Whether it labels images that lie in folders of other meaning: clips, cameras."""
    partly: bool = False
    """Whether some of its files are read, and only the others look like this."""
    labels: bool | None = True
    """Whether it says what is in the images, in a way that rules are about; None of a container of anything."""
    objects: bool = True
    """Whether it may say more of an image than the folder of its class does."""
    first: bool = False
    """Whether its files, if asked later, might be taken for tables."""

    @property
    def words(self) -> str:
        """The outcome of its files."""
        return f"not read: it looks like {self.what}"


__all__ = ["Known"]
