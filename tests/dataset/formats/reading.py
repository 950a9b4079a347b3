"""Label files written into a folder, and what the formats read of them: what the tests of formats share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from datalint.config.settings import Config
from datalint.dataset import Dataset
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.discover import discover
from datalint.dataset.files.tree import Tree
from datalint.dataset.files.walk import walk
from datalint.dataset.formats import label_files
from datalint.dataset.formats.label_format import Format

#: By name; a file without content is an image that is only there.
Files = dict[str, str | bytes | None]
_Given = Mapping[str, str | bytes | None]


def written(root: Path, files: _Given) -> Path:
    """The folder with the files in it."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content or b"x")
    return root


def tree(root: Path, files: _Given) -> Tree:
    """The files as formats get them."""
    place = os.fsencode(written(root, files))
    return walk(place, [place], Config())


def read(root: Path, files: _Given, formats: Sequence[type[Format]]) -> list[Annotations]:
    """What these formats find."""
    return label_files.read(tree(root, files), formats)


def one(root: Path, files: _Given, formats: Sequence[type[Format]]) -> Annotations:
    """The only dataset that they find."""
    (found,) = read(root, files, formats)
    return found


def found(root: Path, files: _Given) -> Dataset:
    """What all formats find."""
    return discover([written(root, files)], Config(jobs=0))


def problems(annotations: Annotations) -> list[tuple[str, int | None, str]]:
    """Kind, line and reason of each problem, by line."""
    told = [(problem.kind, problem.line, problem.reason) for problem in annotations.problems]
    return sorted(told, key=lambda one: (one[1] or 0, one))


def places(annotations: Annotations) -> list[tuple[str, int | None, str | None]]:
    """Kind, line and pointer of each problem."""
    return [(problem.kind, problem.line, problem.pointer) for problem in annotations.problems]


def lost(annotations: Annotations) -> int:
    """How many records could not be used."""
    return sum(problem.kind == "syntax" for problem in annotations.problems)
