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


def corners() -> dict[str, Expr]:
    """left, top, right and bottom of a box in the file's own numbers; of a turned box as if it were not turned."""
    first, second, third, fourth = (pl.col("raw").list.get(place, null_on_oob=True) for place in range(4))
    across, down = pl.col("raw").list.gather_every(2), pl.col("raw").list.gather_every(2, 1)
    kind = pl.col("unit").str.replace(r"-.*$", "")
    quad, centre, corner = kind == "quad", kind == "cxcywh", kind == "xyxy"

    def chosen(of_quad: Expr, of_centre: Expr, of_corners: Expr, otherwise: Expr) -> Expr:
        return (
            pl.when(quad).then(of_quad).when(centre).then(of_centre).when(corner).then(of_corners).otherwise(otherwise)
        )

    return {
        "left": chosen(across.list.min(), first - third / 2, first, first),
        "top": chosen(down.list.min(), second - fourth / 2, second, second),
        "right": chosen(across.list.max(), first + third / 2, third, first + third),
        "bottom": chosen(down.list.max(), second + fourth / 2, fourth, second + fourth),
    }


def sides() -> dict[str, Expr]:
    """Width (`across`) and height (`down`) of a box in the file's own numbers, exact where the file gives them."""
    place = corners()
    third, fourth = (pl.col("raw").list.get(place, null_on_oob=True) for place in (2, 3))
    given = pl.col("unit").str.contains(r"^(xywh|cxcywh)-")
    return {
        "across": pl.when(given).then(third).otherwise(place["right"] - place["left"]),
        "down": pl.when(given).then(fourth).otherwise(place["bottom"] - place["top"]),
    }


def placed(data: Dataset) -> LazyFrame:
    """Boxes that have a place in an image of known size: finite, wide and high.

    Adds the columns of `Dataset.sizes()`, and `frame_width` and `frame_height`: the size, in pixels, that x, y, w and
    h are in.
    """
    finite = pl.all_horizontal(pl.col(name).is_finite() for name in ("x", "y", "w", "h"))
    return (
        data.boxes.join(data.sizes().lazy(), on="path", how="inner", maintain_order="left")
        .with_columns(
            pl.coalesce("stored_width", "declared_width").alias("frame_width"),
            pl.coalesce("stored_height", "declared_height").alias("frame_height"),
        )
        .filter(finite & (pl.col("w") > 0) & (pl.col("h") > 0) & (pl.col("frame_width") > 0))
    )
