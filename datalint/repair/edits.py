"""Edits of a file's bytes: all that they do not name stays as it is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class FixError(ValueError):
    """What stands in the way of a repair: one line to show."""


class Edit(NamedTuple):
    """New bytes in the place of those between two offsets."""

    start: int
    stop: int
    new: bytes = b""


class Edited(NamedTuple):
    """What becomes of a file with these bytes."""

    sha256: str
    edits: list[Edit]
    """Of a picture that is turned, those that follow."""
    turn: int = 1
    """The EXIF orientation by which the pixels of a JPEG file are turned; 1 is not at all."""
    after: str | None = None
    """SHA-256 of what it becomes, where that is known."""


def ordered(edits: Iterable[Edit]) -> list[Edit]:
    """The edits by place, without those within a part that is dropped anyway; FixError where two overlap."""
    kept: list[Edit] = []
    for edit in sorted(set(edits), key=lambda edit: (edit.start, -edit.stop, edit.new)):
        last = kept[-1] if kept else Edit(0, 0)
        if edit.start >= last.stop:
            kept.append(edit)
        elif last.new or edit.stop > last.stop:
            raise FixError(f"two repairs of bytes {edit.start:,} to {min(edit.stop, last.stop):,} exclude each other")
    return kept


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes after the edits."""
    pieces, at = [], 0
    for edit in ordered(edits):
        pieces += [data[at : edit.start], edit.new]
        at = edit.stop
    return b"".join([*pieces, data[at:]])


def digest(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()
