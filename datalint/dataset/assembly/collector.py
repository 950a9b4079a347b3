"""Annotations record by record: what a reader of one format found, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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
    conform,
)
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Outcome, Place, Problem

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


class Record(NamedTuple):
    """What a label file says of an image or of an object in it."""

    found: Found
    name: str | None
    """The class."""
    number: int | None
    """The number of the class."""
    place: Place

    def row(self) -> tuple[str | int | None, ...]:
        """The columns that all tables of records begin with."""
        place = self.place
        return self.found.row, self.found.path, self.name, self.number, place.file, place.line, place.pointer


class Collector:
    """Rows of the tables of one `Annotations`, given one at a time in the order of the files."""

    def __init__(self, name: str, source: str, precision: int = 0) -> None:
        self._about = (name, source, precision)
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
        self.problems = Problems()
        self.evidence: list[str] = []
        self.outcomes: dict[str, Outcome] = {}
        self.masks: set[int] = set()

    def image(self, found: Found, place: Place, size: tuple[float | None, float | None] = (None, None)) -> None:
        """An image that a label file names; `size` is the width and height that it declares, in pixels."""
        self._rows["named"].append((found.row, found.path, *size, place.file, place.line, place.pointer))

    def label(self, record: Record) -> None:
        """A class of a whole image."""
        self._rows["labels"].append(record.row())

    def box(
        self,
        record: Record,
        raw: Sequence[float],
        unit: str,
        angle: float | None = None,
        id: str | None = None,
        area: float | None = None,
        crowd: bool | None = None,
    ) -> int:
        """A box; returns its number, for its polygons. NaN and infinity are kept: rules judge them."""
        box = len(self._rows["boxes"])
        self._rows["boxes"].append((*record.row(), box, list(raw), unit, angle, id, area, crowd))
        return box

    def polygon(
        self,
        record: Record,
        points: Sequence[float],
        unit: str = "pixels",
        box: int | None = None,
        part: int = 0,
        closed: bool = True,
    ) -> None:
        """A polygon: x, y, x, y, ..."""
        self._rows["polygons"].append((*record.row(), box, part, list(points), unit, closed))

    def keypoints(self, record: Record, points: Sequence[float], unit: str = "pixels", box: int | None = None) -> None:
        """Keypoints of one object: x, y, visibility, ..."""
        self._rows["keypoints"].append((*record.row(), box, list(points), unit))

    def split(self, found: Found, split: str) -> None:
        """An image of a split; one that is not there is in none."""
        if found.row is not None:
            self._rows["splits"].append((found.row, split))

    def declare(self, name: str, number: int | None, source: str) -> None:
        """A class that a label file declares."""
        self._rows["classes"].append((name, number, source))

    def problem(self, kind: str, place: Place, reason: str, expected: str, path: str | None = None) -> None:
        """A record that could not be used, or what else is wrong; `kind` is one of PROBLEM_KINDS."""
        self.problems.append(Problem(kind, place, reason, expected, path))

    def count(self, table: str) -> int:
        """Rows so far of labels, boxes, polygons, keypoints, named, splits or classes."""
        return len(self._rows[table])

    def rows(self, table: str) -> Sequence[tuple[Any, ...]]:
        """The same rows, each with the row of its image first."""
        return self._rows[table]

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
            outcomes=self.outcomes,
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
    # The last columns of a table may be such as no format but one has.
    columns = zip(schema.items(), zip(*rows, strict=True), strict=False)
    frame = pl.DataFrame(
        {
            name: lists.of_floats(values) if dtype == _NUMBERS else pl.Series(values, dtype=dtype)
            for (name, dtype), values in columns
        }
    )
    return conform(schema, frame)


__all__ = ["Collector", "Record"]
