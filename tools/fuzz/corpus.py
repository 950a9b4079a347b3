"""Folders of odd files that others have collected, for the same checks as mutants."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from datalint.config.settings import IMAGE_EXTENSIONS
from datalint.dataset.files.extensions import LABEL_EXTENSIONS
from tools.fuzz.seeds.label_sets import picture

_READ = frozenset({*IMAGE_EXTENSIONS, *LABEL_EXTENSIONS})


def gather(source: Path, place: Path) -> dict[bytes, int]:
    """Copy all files below `source` to `place`; what must be accounted for.

    An intact picture is put beside them, so that there is something to scan. Corpora of fuzzers name files after their
    content: a file without an extension that is read gets the one that its folder is called.
    """
    targets: dict[bytes, int] = {}
    (place / "intact").mkdir(parents=True)
    (place / "intact" / "picture.png").write_bytes(picture())
    for number, path in enumerate(sorted(source.rglob("*"))):
        if not path.is_file() or path.is_symlink():
            continue
        inner = path.relative_to(source)
        extension = path.suffix.lstrip(".").lower()
        if extension not in _READ:
            folders = (part.lower() for part in reversed((source.name, *inner.parts[:-1])))
            called = next((part for part in folders if part in _READ), None)
            inner = inner.with_name(f"{inner.name}.{called}") if called else inner
        target = place / inner
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        targets[os.fsencode(inner)] = number
    return targets


def is_image(target: bytes) -> bool:
    """Whether datalint takes a file for an image."""
    return Path(os.fsdecode(target)).suffix.lstrip(".").lower() in IMAGE_EXTENSIONS


__all__ = ["gather", "is_image"]
