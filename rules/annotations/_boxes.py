"""What the rules about boxes share: sizes, corners and the text of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame

    from datalint import Dataset

#: Where a record stands.
PLACE = ("path", "file", "line", "pointer")


def numbers() -> Expr:
    """The numbers of a box as the file has them: `10, 20.5, 30, 40`."""
    return pl.col("raw").list.eval(pl.element().cast(pl.String).str.strip_suffix(".0")).list.join(", ")


def record() -> Expr:
    """The canonical text of a box: what its finding's identity is made of."""
    return pl.concat_str(pl.col("class").fill_null("?"), pl.lit(" "), numbers())


def cornered(data: Dataset) -> LazyFrame:
    """Boxes with left, top, right, bottom, width (`across`) and height (`down`) in the file's own numbers and unit.

    Width and height are exact where the file gives them; a rotated box is treated as if it were not.
    """
    kinds = sorted({unit.partition("-")[0] for unit in data.table("boxes")["unit"].drop_nulls().unique()})
    by_kind = {kind: _edges(kind) for kind in kinds}
    columns = {}
    for place, name in enumerate(("left", "top", "right", "bottom", "across", "down")):
        column = pl.lit(None, pl.Float64)
        for kind, edges in by_kind.items():
            of_kind = pl.when(pl.col("unit").str.starts_with(kind + "-")).then(edges[place]).otherwise(column)
            column = edges[place] if len(kinds) == 1 else of_kind
        columns[name] = column
    return data.boxes.with_columns(**columns)


def _edges(kind: str) -> tuple[Expr, ...]:
    """left, top, right, bottom, width and height of boxes of one kind of numbers."""
    first, second, third, fourth = (pl.col("raw").list.get(place, null_on_oob=True) for place in range(4))
    if kind == "xywh":
        return first, second, first + third, second + fourth, third, fourth
    if kind == "cxcywh":
        return first - third / 2, second - fourth / 2, first + third / 2, second + fourth / 2, third, fourth
    if kind == "xyxy":
        return first, second, third, fourth, third - first, fourth - second
    xs, ys = pl.col("raw").list.gather_every(2), pl.col("raw").list.gather_every(2, 1)
    left, top, right, bottom = xs.list.min(), ys.list.min(), xs.list.max(), ys.list.max()
    return left, top, right, bottom, right - left, bottom - top


def placed(data: Dataset) -> LazyFrame:
    """Boxes that have a place in an image of known size: finite, wide and high.

    Adds the columns of `Dataset.sizes()`, and `frame_width` and `frame_height`: the size, in pixels, that x, y, w and
    h are in.
    """
    return data.once(_placed).lazy()


def _placed(data: Dataset) -> DataFrame:
    finite = pl.all_horizontal(pl.col(name).is_finite() for name in ("x", "y", "w", "h"))
    return (
        data.boxes.join(data.sizes().lazy(), on="path", how="inner", maintain_order="left")
        .with_columns(
            pl.coalesce("stored_width", "declared_width").alias("frame_width"),
            pl.coalesce("stored_height", "declared_height").alias("frame_height"),
        )
        .filter(finite & (pl.col("w") > 0) & (pl.col("h") > 0) & (pl.col("frame_width") > 0))
        .collect()
    )
