"""DOTA: `labelTxt/P0001.txt` of `images/P0001.png`, one object a line: four corners in pixels, class, difficulty.

Lines `imagesource:` and `gsd:` may stand in front. Reference: https://captain-whu.github.io/DOTA/dataset.html.
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

NAME = "dota"

_FORM = Form(
    name=NAME,
    title="DOTA",
    counts=(9, 10),
    class_at=8,
    box=(0, 8),
    unit="quad-pixels",
    expected="10 words: x and y of four corners, class, difficulty",
    folders=re.compile(r"(?i)labelTxt.*"),
    images="images",
    header=r"(?i)^\s*(?:imagesource|gsd|acquisition dates)\s*:",
)


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every DOTA dataset under the root."""
    return object_lines.read(tree, _FORM)


__all__ = ["NAME", "read"]
