"""Files that are not to be opened, because a process that read them ended."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass
class Refused:
    """Single files, and all files with an extension; each with the reason in words."""

    files: dict[bytes, str] = field(default_factory=dict)
    """By path, absolute."""
    kinds: dict[bytes, str] = field(default_factory=dict)
    """By extension in lower case, with its dot."""

    def __bool__(self) -> bool:
        return bool(self.files or self.kinds)

    def get(self, place: bytes) -> str | None:
        """Why a file is not to be opened; None if it may be."""
        return self.files.get(place) or self.kinds.get(kind(place)) if self else None


def kind(place: bytes) -> bytes:
    """The extension of a file in lower case, with its dot; empty if it has none."""
    return os.path.splitext(place)[1].lower()  # noqa: PTH122 - names are bytes here, which pathlib does not take
