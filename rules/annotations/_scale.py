"""Boxes in the pixels of a larger or smaller copy of their images, which were resized after they had been labelled.

`coordinate-scale` reports them; the other rules about positions leave them out. All boxes of a label file, or of a
folder of label files with one image each, are judged together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl
from datalint.rules.annotations import _order, _units
from datalint.rules.annotations._boxes import home

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame

    from datalint import Dataset

#: The fewest boxes that lie in no part within their images, and the smallest share of all that they are. A slip of the
#: mouse leaves a part inside.
LEAST, _MANY = 8, 0.1
#: The smallest factor, of both sides.
_LARGER = 1.15
#: Boxes of smaller images lie all in the same upper left part. It takes so many boxes and images to be no chance, a
#: part of at most so much of both sides, the same of both, and boxes that begin at its left and upper edge.
_LEAST_BOXES, _LEAST_IMAGES, _SMALLER, _ALIKE, _AT_EDGE = 50, 10, 1 / 1.3, 0.1, 0.1
#: What so many edges do not exceed is where the larger images end.
_NEARLY_ALL = 0.99


def boxes(data: Dataset) -> DataFrame:
    """(box) of boxes in the pixels of larger or smaller images."""
    return data.once(_found)[1]


def homes(data: Dataset) -> DataFrame:
    """A label file, or a folder of them, a row.

    home, count (of boxes), lost (those that lie wholly outside; none where the images were smaller), wider and higher
    (how many times as large the images were, as far as the boxes tell), file, line and pointer of the first box that
    lies outside, or of the first box.
    """
    return data.once(_found)[0]


def _found(data: Dataset) -> tuple[DataFrame, DataFrame]:
    judged = data.once(_judged)
    lost = (pl.col("x") >= pl.col("frame_width")) | (pl.col("y") >= pl.col("frame_height"))
    larger = (
        (pl.col("lost") >= LEAST)
        & (pl.col("lost") >= _MANY * pl.col("count"))
        & (pl.min_horizontal("wider", "higher") >= _LARGER)
    )
    smaller = (
        (pl.col("count") >= _LEAST_BOXES)
        & (pl.col("images") >= _LEAST_IMAGES)
        & (pl.max_horizontal("wider", "higher") <= _SMALLER)
        & ((pl.col("wider") / pl.col("higher") - 1).abs() <= _ALIKE)
        & (pl.col("left") <= _AT_EDGE * pl.col("wider"))
        & (pl.col("top") <= _AT_EDGE * pl.col("higher"))
    )
    wrong = (
        judged.group_by("home", maintain_order=True)
        .agg(
            pl.len().alias("count"),
            lost.sum().alias("lost"),
            _end("x", "w", "frame_width").alias("wider"),
            _end("y", "h", "frame_height").alias("higher"),
            (pl.col("x") / pl.col("frame_width")).min().alias("left"),
            (pl.col("y") / pl.col("frame_height")).min().alias("top"),
            pl.col("path").n_unique().alias("images"),
            *(pl.col(name).sort_by(~lost, maintain_order=True).first() for name in ("file", "line", "pointer")),
        )
        .filter(larger | smaller)
    )
    return wrong, judged.join(wrong.select("home"), on="home", how="semi").select("box")


def _end(start: str, length: str, side: str) -> Expr:
    return ((pl.col(start) + pl.col(length)) / pl.col(side)).quantile(_NEARLY_ALL)


def _judged(data: Dataset) -> DataFrame:
    """Boxes in pixels of images whose size was measured or, where they are absent, declared."""
    frame = [pl.coalesce(f"stored_{side}", f"declared_{side}").alias(f"frame_{side}") for side in ("width", "height")]
    sizes = data.sizes().lazy().select("path", *frame).filter(pl.col("frame_width") > 0)
    finite = pl.all_horizontal(pl.col(name).is_finite() for name in ("x", "y", "w", "h"))
    chosen: LazyFrame = (
        data.boxes.filter(pl.col("unit").str.ends_with("-pixels"), ~pl.col("crowd").fill_null(value=False))
        .select("box", "path", "file", "line", "pointer", "x", "y", "w", "h", home().alias("home"))
        .filter(finite)
        .join(sizes, on="path", how="inner", maintain_order="left")
        .join(_units.boxes(data).lazy().select("box"), on="box", how="anti", maintain_order="left")
        .join(_order.boxes(data).lazy(), on="box", how="anti", maintain_order="left")
    )
    return chosen.collect()
