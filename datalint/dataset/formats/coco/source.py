"""One file of a COCO dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalint.dataset.formats.coco.roles import TASKS

if TYPE_CHECKING:
    import polars as pl

    from datalint.dataset.formats.coco.file import Document
    from datalint.dataset.formats.coco.roles import Role


@dataclass
class Source:
    """One file of a dataset, its images found."""

    document: Document
    role: Role
    named: pl.DataFrame
    """NAMED, and the id of each image."""
    boxes: int

    @property
    def file(self) -> str:
        """Relative to the root."""
        return self.document.file

    @property
    def rank(self) -> tuple[int, int, str]:
        """The smallest leads: most boxes and polygons, then the task."""
        objects = self.boxes or self.document.polygons.height
        task = TASKS.index(self.role.task) if self.role.task in TASKS else 0
        return -objects, task, self.file


__all__ = ["Source"]
