"""The text files and folders of a tree by their paths, as data files and lists name them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers import text_lines
from datalint.dataset.formats.yolo import numbered_lists

if TYPE_CHECKING:
    from datalint.dataset.files.tree import Tree

DATA_EXTENSIONS = ("yaml", "yml", "data")


@dataclass(frozen=True)
class Files:
    """What lies under the root."""

    tree: Tree
    image_extensions: tuple[str, ...]
    """What images' names may end in."""

    @cached_property
    def rows(self) -> dict[str, int]:
        """Path -> row of the files that may be lists, data files or lists of classes."""
        small = self.tree.usable("txt", "names", "labels", *DATA_EXTENSIONS)
        numbered = self.tree.usable("json", "pbtxt").filter(pl.col("name").is_in(numbered_lists.NAMES))
        return dict(pl.concat([small, numbered]).select("path", "file_row").iter_rows())

    @cached_property
    def image_folders(self) -> frozenset[str]:
        """Folders with images in them."""
        return frozenset(self.tree.files.filter("candidate")["folder"].unique().to_list())

    @cached_property
    def root(self) -> str:
        """The root on this machine, with `/` between parts."""
        return os.fsdecode(self.tree.root).replace(os.sep, "/").rstrip("/")

    def within_root(self, text: str) -> str | None:
        """An absolute path relative to the root; None if it leads elsewhere or is relative."""
        if text.rstrip("/") == self.root:
            return "."
        return text[len(self.root) + 1 :] if text.startswith(f"{self.root}/") else None

    def data(self, path: str, most: int) -> bytes | None:
        """Up to `most` bytes of one of `rows`; None if it cannot be read."""
        try:
            return self.tree.data(self.rows[path], most)
        except OSError:
            return None

    def first_lines(self, path: str) -> list[str]:
        """Some lines from the beginning of one of `rows`; none if it cannot be read."""
        return text_lines.first_lines(self.rows[path], self.tree.head)


__all__ = ["DATA_EXTENSIONS", "Files"]
