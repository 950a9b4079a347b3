"""Annotations record by record: what a reader of one format found, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.dataset.assembly import lists
from datalint.dataset.assembly.annotations import (
    BOXES,
    CLASSES,
    KEYPOINTS,
    LABELS,
    NAMED,
    POLYGONS,
    SPLITS,
    Annotations,
)
from datalint.dataset.containers.records import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.image_names import Found

_NUMBERS = pl.List(pl.Float64)
_TABLES = {
    "labels": LABELS,
    "boxes": BOXES,
    "polygons": POLYGONS,
    "keypoints": KEYPOINTS,
    "named": NAMED,
    "splits": SPLITS,
    "classes": CLASSES,
}


class Collector:
    """Rows of the tables of one `Annotations`, given one at a time in the order of the files."""

    def __init__(self, name: str, source: str, precision: int = 0) -> None:
        self._about = (name, source, precision)
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
        self.problems: list[Problem] = []
        self.evidence: list[str] = []
        self.read: dict[str, str] = {}
        self.masks: set[int] = set()

    def image(
        self,
        found: Found,
        file: str,
        line: int | None,
        pointer: str | None = None,
        size: tuple[float | None, float | None] = (None, None),
    ) -> None:
        """An image that a label file names; `size` is the width and height that it declares, in pixels."""
        self._rows["named"].append((found.row, found.path, *size, file, line, pointer))

    def label(
        self,
        found: Found,
        name: str | None,
        number: int | None,
        file: str,
        line: int | None,
        pointer: str | None = None,
    ) -> None:
        """A class of a whole image."""
        self._rows["labels"].append((found.row, found.path, name, number, file, line, pointer))

    def box(
        self,
        found: Found,
        name: str | None,
        number: int | None,
        file: str,
        line: int | None,
        pointer: str | None,
        raw: Sequence[float],
        unit: str,
        angle: float | None = None,
        id: str | None = None,
        area: float | None = None,
        crowd: bool | None = None,
    ) -> int:
        """A box; returns its number, for its polygons. NaN and infinity are kept: rules judge them."""
        box = len(self._rows["boxes"])
        place = (found.row, found.path, name, number, file, line, pointer)
        self._rows["boxes"].append((*place, box, list(raw), unit, angle, id, area, crowd))
        return box

    def polygon(
        self,
        found: Found,
        name: str | None,
        number: int | None,
        file: str,
        line: int | None,
        pointer: str | None,
        points: Sequence[float],
        unit: str = "pixels",
        box: int | None = None,
        part: int = 0,
        closed: bool = True,
    ) -> None:
        """A polygon: x, y, x, y, ..."""
        place = (found.row, found.path, name, number, file, line, pointer)
        self._rows["polygons"].append((*place, box, part, list(points), unit, closed))

    def keypoints(
        self,
        found: Found,
        name: str | None,
        number: int | None,
        file: str,
        line: int | None,
        pointer: str | None,
        points: Sequence[float],
        unit: str = "pixels",
        box: int | None = None,
    ) -> None:
        """Keypoints of one object: x, y, visibility, ..."""
        place = (found.row, found.path, name, number, file, line, pointer)
        self._rows["keypoints"].append((*place, box, list(points), unit))

    def split(self, found: Found, split: str) -> None:
        """An image of a split; one that is not there is in none."""
        if found.row is not None:
            self._rows["splits"].append((found.row, split))

    def declare(self, name: str, number: int | None, source: str) -> None:
        """A class that a label file declares."""
        self._rows["classes"].append((name, number, source))

    def problem(
        self,
        kind: str,
        file: str,
        line: int | None,
        reason: str,
        expected: str,
        column: int | None = None,
        pointer: str | None = None,
        path: str | None = None,
    ) -> None:
        """A record that could not be used, or what else is wrong; `kind` is one of PROBLEM_KINDS."""
        self.problems.append(Problem(kind, file, line, column, pointer, reason, expected, path))

    def count(self, table: str) -> int:
        """Rows so far of labels, boxes, polygons, keypoints, named, splits or classes."""
        return len(self._rows[table])

    def annotations(self) -> Annotations:
        """Everything given so far."""
        name, source, precision = self._about
        frames = {table: _frame(rows, _TABLES[table]) for table, rows in self._rows.items()}
        return Annotations(
            name,
            source,
            precision,
            problems=self.problems,
            evidence=tuple(self.evidence),
            read=self.read,
            masks=frozenset(self.masks),
            labels=frames["labels"],
            boxes=frames["boxes"],
            polygons=frames["polygons"],
            keypoints=frames["keypoints"],
            named=frames["named"],
            splits=frames["splits"],
            classes=frames["classes"],
        )


def _frame(rows: Sequence[tuple[Any, ...]], schema: pl.Schema) -> pl.DataFrame:
    """Rows as a table, made column by column: several times as fast as row by row where there are lists."""
    if not rows:
        return schema.to_frame()
    columns = zip(schema.items(), zip(*rows, strict=True), strict=True)
    return pl.DataFrame(
        {
            name: lists.of_floats(values) if dtype == _NUMBERS else pl.Series(values, dtype=dtype)
            for (name, dtype), values in columns
        }
    )


__all__ = ["Collector"]
