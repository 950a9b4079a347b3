"""What every format returns: the tables of `Annotations`.

The module of a format has `read(tree, config) -> list[Annotations]` and raises nothing: what cannot be used is a
problem, or an outcome of its file. `merge.py` makes one dataset of what all of them found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polars.datatypes import DataType, DataTypeClass

    from datalint.dataset.containers.limits import TooMuchError
    from datalint.dataset.containers.records import Outcome, Problem
    from datalint.dataset.files.roles import Roles

_PLACE: dict[str, DataType | DataTypeClass] = {"file": pl.String, "line": pl.UInt32, "pointer": pl.String}
_RECORD: dict[str, DataType | DataTypeClass] = {
    "file_row": pl.UInt32,
    "path": pl.String,
    "class": pl.String,
    "class_id": pl.Int64,
    **_PLACE,
}

#: Labels as a format gives them: `file_row` points into `Tree.files`; null if no such file is there.
LABELS = pl.Schema(_RECORD)
BOXES = pl.Schema(
    {
        **_RECORD,
        "box": pl.UInt32,
        "raw": pl.List(pl.Float64),
        "unit": pl.String,
        "angle": pl.Float64,
        "id": pl.String,
        "area": pl.Float64,
        "crowd": pl.Boolean,
        "mask_area": pl.Float64,
    }
)
POLYGONS = pl.Schema(
    {
        **_RECORD,
        "box": pl.UInt32,
        "part": pl.UInt32,
        "points": pl.List(pl.Float64),
        "unit": pl.String,
        "closed": pl.Boolean,
    }
)
KEYPOINTS = pl.Schema(
    {
        **_RECORD,
        "box": pl.UInt32,
        "points": pl.List(pl.Float64),
        "unit": pl.String,
        "declared": pl.UInt32,
        "labelled": pl.Float64,
    }
)
NAMED = pl.Schema(
    {
        "file_row": pl.UInt32,
        "path": pl.String,
        "width": pl.Float64,
        "height": pl.Float64,
        **_PLACE,
    }
)
SPLITS = pl.Schema({"file_row": pl.UInt32, "split": pl.String})
#: What a mask file must fit: its image, by path, and the size, classes or segments that label files declare. The
#: columns are those of `schema.MASKS`.
_MASK_CHECKS: dict[str, DataType | DataTypeClass] = {
    "file_row": pl.UInt32,
    "of": pl.String,
    "of_width": pl.Float64,
    "of_height": pl.Float64,
    "declared_in": pl.String,
    "indices": pl.List(pl.Int64),
    "colours": pl.List(pl.Int64),
    "listed_in": pl.String,
    "segments": pl.List(pl.Int64),
}
MASK_CHECKS = pl.Schema(_MASK_CHECKS)
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


#: The precision of folders.
FOLDERS = 4


@dataclass
class Annotations:
    """What one dataset of one format says: a COCO file, a YOLO folder with its data file, a table, the class folders.

    `file_row` points into `Tree.files` and is null where the image is not there; `box` counts from 0.
    """

    name: str
    """The format's name; empty where it is not to be listed among those of the dataset."""
    source: str
    """The label file or folder that stands for it, relative to the root; '' is the root."""
    precision: int = 0
    """Which one leads where two describe the same images, the smallest: 0 XML and JSON, 1 text files, 2 tables,
    3 masks, 4 (FOLDERS) the names of folders."""
    labels: pl.DataFrame = field(default_factory=LABELS.to_frame)
    """Classes of whole images."""
    boxes: pl.DataFrame = field(default_factory=BOXES.to_frame)
    polygons: pl.DataFrame = field(default_factory=POLYGONS.to_frame)
    keypoints: pl.DataFrame = field(default_factory=KEYPOINTS.to_frame)
    named: pl.DataFrame = field(default_factory=NAMED.to_frame)
    """Every image that the label files name, with or without objects."""
    splits: pl.DataFrame = field(default_factory=SPLITS.to_frame)
    classes: pl.DataFrame = field(default_factory=CLASSES.to_frame)
    problems: list[Problem] = field(default_factory=list)
    multi: bool = True
    """Whether `labels` may give an image several classes."""
    evidence: tuple[str, ...] = ()
    """What was recognised and why, one sentence each; the first one is the summary."""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """Label file -> what became of it."""
    masks: frozenset[int] = frozenset()
    """Rows of `Tree.files` that are masks."""
    image_level: bool = False
    """Whether it sorts whole images into classes and splits and says nothing else: class folders, a table of labels.
    Of several such sources of one format, the one that leads comes first. Their `named` only tells which images are
    there: what a class is given to needs no other mention."""
    class_folders: frozenset[str] = frozenset()
    """Folders that are classes."""
    roles: Roles = field(default_factory=dict)
    """Roles of folders that follow from their names."""
    mask_checks: pl.DataFrame = field(default_factory=MASK_CHECKS.to_frame)
    """What those must fit of which more is known than that they are masks; compared once they are measured."""
    unread: bool = False
    """Whether the format is known and not read: its images (`named`) are labelled, but not by their folders."""


def too_much(name: str, file: str, error: TooMuchError) -> Annotations:
    """Of a file that is refused for its size: nothing but the problem."""
    return Annotations(name, file, 2, problems=[error.problem], outcomes={file: error.outcome})


def conform(schema: pl.Schema, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the columns of `schema` in their types and order; those that it lacks are null."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )
