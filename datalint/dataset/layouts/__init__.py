"""Label formats, one module each: a module recognises its format and reads it into tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Labels as a layout gives them: `file_row` points into `Tree.files`; null if no such file is there.
LABELS = pl.Schema(
    {
        "file_row": pl.UInt32,
        "path": pl.String,
        "class": pl.String,
        "class_id": pl.Int64,
        "file": pl.String,
        "line": pl.UInt32,
        "pointer": pl.String,
    }
)
SPLITS = pl.Schema({"file_row": pl.UInt32, "split": pl.String})
CLASSES = pl.Schema({"class": pl.String, "class_id": pl.Int64, "source": pl.String})
PROBLEMS = pl.Schema(
    {
        "kind": pl.String,
        "file": pl.String,
        "line": pl.UInt32,
        "column": pl.UInt32,
        "pointer": pl.String,
        "reason": pl.String,
        "expected": pl.String,
        "path": pl.String,
    }
)


@dataclass
class Recognised:
    """What one layout made of the files."""

    name: str
    """The layout's name, as `--layout` takes it."""
    labels: pl.DataFrame = field(default_factory=LABELS.to_frame)
    splits: pl.DataFrame = field(default_factory=SPLITS.to_frame)
    classes: pl.DataFrame = field(default_factory=CLASSES.to_frame)
    problems: pl.DataFrame = field(default_factory=PROBLEMS.to_frame)
    multi: bool = False
    """Whether the format itself says that an image has several classes."""
    evidence: tuple[str, ...] = ()
    """What was recognised and why, one sentence each."""
    read: Mapping[str, str] = field(default_factory=dict)
    """Label file -> what was done with it, in words."""
    class_folders: frozenset[str] = frozenset()
    """Folders that are classes."""
