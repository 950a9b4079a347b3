"""KITTI object detection: `label_2/000001.txt` of `image_2/000001.png`, one object a line of 15 or 16 words.

Class, truncation, occlusion, angle of view, the box's corners in pixels, and seven numbers of the box in space; a
score where the file is of predictions. Only the boxes in the image are kept; all numbers are checked to be numbers.
Reference: the readme of the object development kit, https://www.cvlibs.net/datasets/kitti/eval_object.php.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.containers.records import Kind, Outcome
from datalint.dataset.containers.text_lines import first_lines
from datalint.dataset.formats import object_lines
from datalint.dataset.formats.object_lines import Form

if TYPE_CHECKING:
    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree

NAME = "kitti"

_FORM = Form(
    name=NAME,
    title="KITTI",
    counts=(15, 16),
    class_at=0,
    box=(3, 4),
    unit="xyxy-pixels",
    expected="15 words: class, truncated, occluded, alpha, left, top, right, bottom, and 7 numbers of the box in space",
    folders=re.compile(r"label_[0-3]"),
    images="image_2",
    ignored="DontCare",
)


_TRACKLETS = "not read: it looks like tracklets of KITTI's raw data, which are boxes in space"


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every KITTI dataset under the root; tracklets are named, and not read."""
    tracklets = tree.files.filter(pl.col("name") == "tracklet_labels.xml").select("path", "file_row")
    refused = [
        Annotations(NAME, path, outcomes={path: Outcome(Kind.KNOWN_FORMAT, _TRACKLETS)})
        for path, row in tracklets.iter_rows()
        if any("<tracklets" in line for line in first_lines(row, tree.head))
    ]
    return [*object_lines.read(tree, _FORM), *refused]


__all__ = ["NAME", "read"]
