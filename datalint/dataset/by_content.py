"""Images whose names do not say that they are: candidates by their content.

Downloads often lose their extension (`0001`), or get one that no loader knows (`a.jpg_large`, `b.jpg!d`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from datalint.config.settings import IMAGE_EXTENSIONS
from datalint.dataset.files.extensions import DECLARING_EXTENSIONS, UNREAD
from datalint.pixels import sniff

if TYPE_CHECKING:
    from datalint.dataset.files.tree import Tree

#: Extensions that say what a file is, whatever it is.
_SAYING = sorted({*IMAGE_EXTENSIONS, *UNREAD, *DECLARING_EXTENSIONS, "md", "html", "htm", "py", "ipynb", "sh", "log"})
#: Where none of so many files of one folder and extension is an image, none is.
_SAMPLE = 5


def with_images_by_content(tree: Tree) -> Tree:
    """The same tree, where files of no or an unknown extension are candidates if they begin as images do."""
    files = tree.others.filter(~pl.col("extension").is_in(_SAYING))
    found: list[int] = []
    for _, some in files.group_by("folder", "extension", maintain_order=True):
        rows = some["file_row"].to_list()
        if any(_is_image(tree, row) for row in rows[:_SAMPLE]):
            found += [row for row in rows if _is_image(tree, row)]
    if not found:
        return tree
    return replace(tree, files=tree.files.with_columns(pl.col("candidate") | pl.col("file_row").is_in(found)))


def _is_image(tree: Tree, row: int) -> bool:
    try:
        return sniff.surely_image(tree.picture(row).read(sniff.HEAD))
    except OSError:
        return False


__all__ = ["with_images_by_content"]
