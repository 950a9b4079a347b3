"""Which file is being read, for whoever must say which one ended the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_note: Callable[[bytes, int], None] | None = None


def note_to(function: Callable[[bytes, int], None] | None) -> None:
    """From now on tell `function` the place and the size of every file before it is opened."""
    global _note
    _note = function


def opening(place: bytes, size: int | None) -> None:
    """A file is about to be opened."""
    if _note is not None:
        _note(place, size or 0)


def done() -> None:
    """No file is being read from here on: what goes wrong is not a file's fault."""
    if _note is not None:
        _note(b"", 0)
