"""Datasets of label files as tests write them, and what a format reads of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from datalint.config.settings import Config
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.label_files import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.formats.label_format import Format


def make(root: Path, files: Mapping[str, str | bytes], formats: Sequence[type[Format]]) -> list[Annotations]:
    """What these formats find under `root`, once the files (name and content) are written there."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), formats)


def places(annotations: Annotations) -> list[tuple[str, int | None, str | None]]:
    """Kind, line and pointer of each problem."""
    return [(problem.kind, problem.line, problem.pointer) for problem in annotations.problems]


def lost(annotations: Annotations) -> int:
    """How many records could not be used."""
    return sum(problem.kind == "syntax" for problem in annotations.problems)
