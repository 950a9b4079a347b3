"""What the rules about boxes share: sizes, corners and the text of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

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
    by_kind = {kind: edges(kind) for kind in kinds}
    columns = {}
    for place, name in enumerate(("left", "top", "right", "bottom", "across", "down")):
        column = pl.lit(None, pl.Float64)
        for kind, of in by_kind.items():
            of_kind = pl.when(pl.col("unit").str.starts_with(kind + "-")).then(of[place]).otherwise(column)
            column = of[place] if len(kinds) == 1 else of_kind
        columns[name] = column
    return data.boxes.with_columns(**columns)


def edges(kind: str) -> tuple[Expr, ...]:
    """left, top, right, bottom, width and height of boxes of one kind of numbers, such as `xywh`."""
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


def home() -> Expr:
    """What the boxes of a program lie in together: their label file or, if that has one image, its folder (`a/`)."""
    alone = pl.col("path").n_unique().over("file") == 1
    return pl.when(alone).then(pl.col("file").str.replace(r"[^/]*$", "")).otherwise("file")
