"""Boxes that can be judged by where they lie: those of a known image, whose numbers mean what the format says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl
from datalint.rules.annotations import _order, _scale, _units

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

    from datalint import Dataset


def placed(data: Dataset) -> LazyFrame:
    """Boxes that have a place in an image of known size: finite, wide and high.

    Left out are those that `coordinate-units`, `coordinate-order` and `coordinate-scale` report. Adds the columns
    of `Dataset.sizes()`, and `frame_width` and `frame_height`: the size, in pixels, that x, y, w and h are in.
    """
    return data.once(_placed).lazy()


def misread(data: Dataset) -> DataFrame:
    """(box) of boxes whose numbers are in another unit or order than their format's, or of a larger image."""
    return pl.concat([_units.boxes(data).select("box"), _order.boxes(data), _scale.boxes(data)])


def _placed(data: Dataset) -> DataFrame:
    finite = pl.all_horizontal(pl.col(name).is_finite() for name in ("x", "y", "w", "h"))
    return (
        data.boxes.join(data.sizes().lazy(), on="path", how="inner", maintain_order="left")
        .join(misread(data).lazy(), on="box", how="anti", maintain_order="left")
        .with_columns(
            pl.coalesce("stored_width", "declared_width").alias("frame_width"),
            pl.coalesce("stored_height", "declared_height").alias("frame_height"),
        )
        .filter(finite & (pl.col("w") > 0) & (pl.col("h") > 0) & (pl.col("frame_width") > 0))
        .collect()
    )
