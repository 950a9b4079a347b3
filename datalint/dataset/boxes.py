"""What the numbers of boxes mean in pixels, once the sizes of the images are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.schema import conform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset import Dataset


def sizes(data: Dataset) -> pl.DataFrame:
    """The size of every image that is there or that a label file names, one row a path.

    Columns: path; stored_width, stored_height (measured, null if absent), orientation; declared_width,
    declared_height (the first that a label file declares, above zero); turned: whether the label files count in the
    EXIF-rotated orientation, which is so if the size that they declare is the rotated one and not the stored one;
    width, height: the size that the coordinates are in, as Float64 pixels: stored, rotated if `turned`, else declared.
    """
    measured = data.table("images").select(
        "path",
        pl.col("width").cast(pl.Float64).alias("stored_width"),
        pl.col("height").cast(pl.Float64).alias("stored_height"),
        "orientation",
    )
    positive = (pl.col("width") > 0) & (pl.col("height") > 0)
    declared = (
        data.table("named")
        .filter(pl.col("path").is_not_null() & positive)
        .unique("path", keep="first", maintain_order=True)
        .select("path", pl.col("width").alias("declared_width"), pl.col("height").alias("declared_height"))
    )
    both = measured.join(declared, on="path", how="full", coalesce=True)
    turned = (
        (pl.col("orientation") >= 5)
        & (pl.col("declared_width") == pl.col("stored_height"))
        & (pl.col("declared_height") == pl.col("stored_width"))
        & (pl.col("stored_width") != pl.col("stored_height"))
    ).fill_null(value=False)
    return both.with_columns(turned.alias("turned")).with_columns(
        pl.when("turned")
        .then("declared_width")
        .otherwise(pl.coalesce("stored_width", "declared_width"))
        .alias("width"),
        pl.when("turned")
        .then("declared_height")
        .otherwise(pl.coalesce("stored_height", "declared_height"))
        .alias("height"),
    )


def resolve(data: Dataset) -> None:
    """Fill x, y, w, h of the table `boxes`, in pixels of the stored orientation; null where they cannot be known.

    A turned box and a box of four corners become what encloses them.
    """
    boxes = data.table("boxes")
    if boxes.is_empty():
        return
    data.tables["boxes"] = conform("boxes", placed(data, boxes))


def placed(data: Dataset, boxes: pl.DataFrame) -> pl.DataFrame:
    """`boxes`, of which the columns path, raw, unit and angle count, with x, y, w, h as `resolve` gives them."""
    known = sizes(data).select("path", "width", "height", "stored_width", "stored_height", "orientation", "turned")
    frame = boxes.drop("x", "y", "w", "h", strict=False).join(known, on="path", how="left", maintain_order="left")
    kinds = sorted({unit.partition("-")[0] for unit in boxes["unit"].drop_nulls().unique()})
    frame = frame.with_columns(**_in_own_unit(kinds))
    share = pl.col("unit").str.ends_with("-share")
    scaled = {"x": "width", "y": "height", "w": "width", "h": "height"}
    frame = frame.with_columns(
        pl.when(share).then(pl.col(name) * pl.col(side)).otherwise(name).alias(name) for name, side in scaled.items()
    )
    if frame["angle"].null_count() < frame.height:
        frame = _enclosed(frame)
    if frame["turned"].any():
        frame = _as_stored(frame)
    return frame


def _in_own_unit(kinds: Sequence[str]) -> dict[str, pl.Expr]:
    """x, y, w, h of boxes of these kinds of numbers; only what they need is computed."""
    columns: dict[str, pl.Expr] = dict.fromkeys("xywh", pl.lit(None, pl.Float64))
    for kind in kinds:
        for name, value in zip("xywh", _of_kind(kind), strict=True):
            of_kind = pl.when(pl.col("unit").str.starts_with(f"{kind}-"))
            columns[name] = value if len(kinds) == 1 else of_kind.then(value).otherwise(columns[name])
    return columns


def _of_kind(kind: str) -> tuple[pl.Expr, ...]:
    first, second, third, fourth = (pl.col("raw").list.get(place, null_on_oob=True) for place in range(4))
    if kind == "quad":
        xs, ys = pl.col("raw").list.gather_every(2), pl.col("raw").list.gather_every(2, 1)
        return xs.list.min(), ys.list.min(), xs.list.max() - xs.list.min(), ys.list.max() - ys.list.min()
    if kind == "cxcywh":
        return first - third / 2, second - fourth / 2, third, fourth
    if kind == "xyxy":
        return first, second, third - first, fourth - second
    return first, second, third, fourth


def _enclosed(frame: pl.DataFrame) -> pl.DataFrame:
    """Boxes with an angle, turned about their centre, as what encloses them."""
    cos, sin = pl.col("angle").radians().cos().abs(), pl.col("angle").radians().sin().abs()
    width, height = pl.col("w") * cos + pl.col("h") * sin, pl.col("w") * sin + pl.col("h") * cos
    has = pl.col("angle").is_not_null()
    return frame.with_columns(
        pl.when(has).then(pl.col("x") + (pl.col("w") - width) / 2).otherwise("x").alias("x"),
        pl.when(has).then(pl.col("y") + (pl.col("h") - height) / 2).otherwise("y").alias("y"),
        pl.when(has).then(width).otherwise("w").alias("w"),
        pl.when(has).then(height).otherwise("h").alias("h"),
    )


def _as_stored(frame: pl.DataFrame) -> pl.DataFrame:
    """Boxes given in the EXIF-rotated picture (orientations 5 to 8), in the stored one.

    Exif 2.32, tag 0x0112: 5 is a transposition, 6 a quarter turn to the right, 7 a transversion, 8 one to the left.
    """
    from_left = pl.col("y")
    from_right = pl.col("stored_width") - pl.col("y") - pl.col("h")
    from_top = pl.col("x")
    from_bottom = pl.col("stored_height") - pl.col("x") - pl.col("w")
    orientation = pl.col("orientation")
    return frame.with_columns(
        pl.when("turned").then(pl.when(orientation.is_in([5, 6])).then(from_left).otherwise(from_right)).otherwise("x")
        .alias("x"),
        pl.when("turned").then(pl.when(orientation.is_in([5, 8])).then(from_top).otherwise(from_bottom)).otherwise("y")
        .alias("y"),
        pl.when("turned").then("h").otherwise("w").alias("w"),
        pl.when("turned").then("w").otherwise("h").alias("h"),
    )  # fmt: skip


__all__ = ["placed", "resolve", "sizes"]
