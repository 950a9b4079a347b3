"""Keypoints in bulk: how many there are, where they lie, and what their visibilities are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import numpy as np
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame

    from datalint import Dataset

#: Numbers that are held at once: 8 MB, and some ten times that in what is computed from them.
_BLOCK = 1_000_000
#: How many numbers of an object are enough to tell it from others.
_TELLING = 12
_SIDES = ("left", "top", "right", "bottom")
#: Points in the table `keypoints` that are not whole triples of numbers come from no format.
_TRIPLE = 3


def record() -> Expr:
    """The canonical text of an object's keypoints: what its finding's identity is made of."""
    first = pl.col("points").list.head(_TELLING).list.eval(pl.element().cast(pl.String)).list.join(" ")
    return pl.format("{} {}: {}", pl.col("class").fill_null("?"), pl.col("points").list.len(), first)


def survey(data: Dataset) -> DataFrame:
    """`surveyed` of the dataset's keypoints."""
    return data.once(_survey)


def _survey(data: Dataset) -> DataFrame:
    return surveyed(data.table("keypoints"))


def surveyed(table: DataFrame) -> DataFrame:
    """One row for each object that has points, in the unit of its points.

    `row` in the table; `points`, how many it has, and `drawn`, how many of them are not at 0, 0; `finite`, whether all
    their coordinates are; `seen`, how many are labelled (their visibility is above 0); `left`, `top`, `right` and
    `bottom` of those, null where there is none; `corner`, how many of those are exactly at 0, 0; `strange`, the first
    visibility that is not 0, 1 or 2 (null if all are), and `strange_at`, the number of its point from 1.
    """
    lengths = table["points"].list.len().fill_null(0).to_numpy().astype(np.int64)
    usable = (lengths > 0) & (lengths % _TRIPLE == 0)
    block = np.cumsum(lengths) // _BLOCK
    edges = np.flatnonzero(np.diff(block, prepend=-1, append=-1)) if len(block) else np.zeros(0, np.int64)
    found = [pl.DataFrame(schema=_SCHEMA)]
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        rows = np.flatnonzero(usable[first:last])
        if len(rows):
            points = table["points"].slice(first, last - first)
            found.append(_surveyed(points.gather(rows), rows + first))
    return pl.concat(found)


def _surveyed(points: pl.Series, rows: np.typing.NDArray[np.int64]) -> DataFrame:
    counts = points.list.len().to_numpy().astype(np.int64) // _TRIPLE
    starts = np.cumsum(counts) - counts
    x, y, visible = points.explode().to_numpy().reshape(-1, _TRIPLE).T
    finite = np.isfinite(x) & np.isfinite(y)
    seen = visible > 0
    known = seen & finite
    sides = {
        side: reduce.reduceat(np.where(known, values, nothing), starts)
        for side, values, reduce, nothing in zip(
            _SIDES, (x, y, x, y), (np.minimum,) * 2 + (np.maximum,) * 2, (np.inf,) * 2 + (-np.inf,) * 2, strict=True
        )
    }
    place = np.arange(len(x)) - np.repeat(starts, counts)
    strange = ~((visible == 0) | (visible == 1) | (visible == 2))
    first = np.minimum.reduceat(np.where(strange, place, len(x)), starts)
    odd = first < counts
    frame = pl.DataFrame(
        {
            "row": rows,
            "points": counts,
            "drawn": np.add.reduceat((x != 0) | (y != 0), starts, dtype=np.int64),
            "finite": np.logical_and.reduceat(finite, starts),
            "seen": np.add.reduceat(seen, starts, dtype=np.int64),
            **sides,
            "corner": np.add.reduceat(seen & (x == 0) & (y == 0), starts, dtype=np.int64),
            "strange": visible[starts + np.where(odd, first, 0)],
            "strange_at": first + 1,
        }
    )
    return frame.with_columns(
        *(pl.when(pl.col(side).is_finite()).then(side) for side in _SIDES),
        *(pl.when(pl.Series(odd)).then(name) for name in ("strange", "strange_at")),
    ).cast(_SCHEMA)  # type: ignore[arg-type]


_SCHEMA = {
    "row": pl.UInt32,
    "points": pl.UInt32,
    "drawn": pl.UInt32,
    "finite": pl.Boolean,
    "seen": pl.UInt32,
    **dict.fromkeys(_SIDES, pl.Float64),
    "corner": pl.UInt32,
    "strange": pl.Float64,
    "strange_at": pl.UInt32,
}


def placed(data: Dataset) -> LazyFrame:
    """What `survey` says of objects in images of known size, the sides in pixels, with the columns of
    `Dataset.sizes()`."""
    sizes = data.sizes().lazy().filter(pl.col("width") > 0)
    scale = {
        side: pl.when(pl.col("unit") == "share").then(pl.col(size)).otherwise(1.0)
        for side, size in zip(_SIDES, ("width", "height") * 2, strict=True)
    }
    return (
        data.keypoints.select("path", "unit", "box")
        .with_row_index("row")
        .join(survey(data).lazy(), on="row", maintain_order="left")
        .join(sizes, on="path", maintain_order="left")
        .with_columns(pl.col("width").alias("frame_width"), pl.col("height").alias("frame_height"))
        .with_columns((pl.col(side) * by).alias(side) for side, by in scale.items())
    )
