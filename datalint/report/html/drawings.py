"""What is drawn on the pictures: the box or the outlines that a finding is about, and the other boxes of its image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset import Dataset
    from datalint.report import Report
    from datalint.report.html.texts import Texts

#: Boxes drawn on one picture beside the one that a finding is about.
BOXES = 60
#: Numbers of an outline that is drawn.
POINTS = 800

_RECORD = ("path", "file", "line", "pointer")


class Places(NamedTuple):
    """Row by row of some findings."""

    box: list[list[float] | None]
    """x, y, width, height in pixels of the stored orientation."""
    outlines: list[list[list[float]] | None]
    """The polygons of the object, each x, y, x, y, ... in the same pixels."""
    points: list[list[tuple[float, float]] | None]
    """The keypoints of the object that are labelled."""


def places(data: Dataset, findings: pl.DataFrame) -> Places:
    """Where in their images the label records lie that `findings` point to."""
    asked = findings.select(_RECORD).with_row_index("row").filter(pl.col("path").is_not_null())
    asked = asked.filter(pl.col("file").is_not_null())
    box: list[list[float] | None] = [None] * findings.height
    outlines: list[list[list[float]] | None] = [None] * findings.height
    points: list[list[tuple[float, float]] | None] = [None] * findings.height
    finite = pl.all_horizontal(pl.col(side).is_finite() for side in "xywh")
    boxes = _of_records(asked, data.table("boxes").filter(finite)).select("row", *"xywh")
    for row, *sides in boxes.unique("row", keep="none").iter_rows():
        box[row] = [round(side, 1) for side in sides]
    sizes = data.sizes().filter(~pl.col("turned")).select("path", "width", "height")
    polygons = _of_records(asked, data.table("polygons")).join(sizes, on="path")
    for row, drawn, unit, width, height in polygons.select("row", "points", "unit", "width", "height").iter_rows():
        scale = (width or 0.0, height or 0.0) if unit == "share" else (1.0, 1.0)
        numbers = [
            round(value * scale[place % 2], 1) for place, value in enumerate(drawn[:POINTS]) if value is not None
        ]
        if all(map(math.isfinite, numbers)):
            outlines[row] = [*(outlines[row] or []), numbers]
    keypoints = _of_records(asked, data.table("keypoints")).join(sizes, on="path")
    for row, drawn, unit, width, height in keypoints.select("row", "points", "unit", "width", "height").iter_rows():
        scale = (width or 0.0, height or 0.0) if unit == "share" else (1.0, 1.0)
        points[row] = [*(points[row] or []), *_labelled(drawn[:POINTS], scale)]
    return Places(box, outlines, points)


def _labelled(points: Sequence[float | None], scale: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """x and y of the points that are labelled, of x, y, visibility, x, y, visibility, ..."""
    for x, y, visibility in zip(points[::3], points[1::3], points[2::3], strict=False):
        if x is not None and y is not None and visibility and math.isfinite(x) and math.isfinite(y):
            yield round(x * scale[0], 1), round(y * scale[1], 1)


def _of_records(asked: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table of objects at the places asked for, with the number of the asking row."""
    return asked.join(table, on=_RECORD, nulls_equal=True, maintain_order="left")


def drawn(data: Dataset, paths: Sequence[str]) -> pl.DataFrame:
    """path, class, x, y, w, h in pixels of the boxes that are drawn on some images: of each image the first BOXES."""
    leads = ~pl.col("repeats").fill_null(value=False) & pl.col("path").is_in(paths)
    finite = pl.all_horizontal(pl.col(side).is_finite() for side in "xywh")
    shown = data.table("boxes").filter(leads & finite).filter(pl.int_range(pl.len()).over("path") < BOXES)
    return shown.select("path", "class", *(pl.col(side).round(1) for side in "xywh"))


def boxes(report: Report, texts: Texts) -> dict[int, list[list[Any]]]:
    """Boxes of the images that have pictures: number of the path -> x, y, width, height and number of the class."""
    found: dict[int, list[list[Any]]] = {}
    for path, name, *box in drawn(report.dataset, list(report.pictures)).iter_rows():
        number = texts.known(path)
        if number is not None:
            found.setdefault(number, []).append([*box, texts.number(name)])
    return found
