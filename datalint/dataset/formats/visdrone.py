"""VisDrone's detection: `annotations/a.txt` of `images/a.jpg`, one object a line of 8 numbers between commas.

Left, top, width and height in pixels, a score (0 where an object is not counted), the class, truncation, occlusion.
Reference: https://github.com/VisDrone/VisDrone2018-DET-toolkit
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datalint.dataset.formats import object_lines
from datalint.dataset.formats.object_lines import Form

if TYPE_CHECKING:
    from datalint.config.settings import Config
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree

NAME = "visdrone"

_FORM = Form(
    name=NAME,
    title="VisDrone",
    counts=(8,),
    class_at=5,
    box=(0, 4),
    unit="xywh-pixels",
    expected="8 numbers between commas: left, top, width, height, score, class, truncation, occlusion",
    folders=re.compile("annotations"),
    images="images",
    ignored="ignored regions",
    separator=",",
    classes=(
        "ignored regions", "pedestrian", "people", "bicycle", "car", "van", "truck", "tricycle", "awning-tricycle",
        "bus", "motor", "others",
    ),
)  # fmt: skip


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every VisDrone dataset under the root."""
    return object_lines.read(tree, _FORM)


__all__ = ["NAME", "read"]
