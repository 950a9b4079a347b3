"""The objects of a COCO file in the tables that all formats share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.assembly.annotations import BOXES, KEYPOINTS, LABELS, POLYGONS, conform
from datalint.dataset.formats.coco.objects import CAPTION, PLAIN

if TYPE_CHECKING:
    from datalint.dataset.formats.coco.source import Source

#: Columns that an object hands to what is drawn of it.
_OWNER = ["file_row", "path", "class", "class_id", "file", "line", "pointer", "box"]


class Tables(NamedTuple):
    """What a file adds to its dataset."""

    labels: pl.DataFrame
    boxes: pl.DataFrame
    polygons: pl.DataFrame
    keypoints: pl.DataFrame


#: Of a file that adds nothing.
NOTHING = Tables(LABELS.to_frame(), BOXES.to_frame(), POLYGONS.to_frame(), KEYPOINTS.to_frame())


def tables(source: Source, boxes_before: int) -> Tables:
    """Everything in a file, its boxes numbered on from those before it. What is large leaves the document."""
    document = source.document
    objects = _objects(source)
    document.objects = document.objects.clear()
    boxed = pl.col("raw").is_not_null()
    number = (boxed.cum_sum().cast(pl.Int64) + (boxes_before - 1)).cast(pl.UInt32, strict=False)
    objects = objects.with_columns(pl.when(boxed).then(number).alias("box"))
    boxes = objects.filter(boxed).with_columns(pl.lit("xywh-pixels").alias("unit"))
    owned = document.polygons["object"]
    owners = objects.select(_OWNER)[owned]
    polygons = pl.concat([owners, document.polygons.select("part", "points")], how="horizontal")
    polygons = polygons.with_columns(pl.lit("pixels").alias("unit"), pl.lit(True).alias("closed"))
    document.polygons = document.polygons.clear()
    # An object that is only a mask, or nothing but a class, still says what is in the image.
    drawn = pl.col("object").is_in(owned.unique().implode())
    bare = ~boxed & ~drawn & pl.col("keypoints").is_null() & (pl.col("kind") != CAPTION)
    labels = objects.filter(bare & pl.col("class").is_not_null())
    labels = labels.filter(pl.struct("image_id", "class").is_first_distinct() | (pl.col("kind") == PLAIN))
    return Tables(conform(LABELS, labels), conform(BOXES, boxes), conform(POLYGONS, polygons), _keypoints(objects))


def keypoints(source: Source, boxes: pl.DataFrame) -> pl.DataFrame:
    """Keypoints of a file that only adds them, tied to the boxes of the leading file by the objects' ids."""
    objects = _objects(source)
    known = boxes.select("id", "path", "box").drop_nulls("id").unique(["id", "path"], keep="first")
    return _keypoints(objects.join(known, on=["id", "path"], how="left", maintain_order="left"))


def _objects(source: Source) -> pl.DataFrame:
    """Objects with the columns of LABELS."""
    document = source.document
    names = pl.DataFrame(
        [(key, item.name, len(item.keypoints or ()) or None) for key, item in document.categories.items()],
        schema={"category_id": pl.String, "class": pl.String, "declared": pl.UInt32},
        orient="row",
    )
    images = source.named.unique("id", keep="first").select(pl.col("id").alias("image_id"), "file_row", "path")
    pointer = pl.format("/annotations/{}", "number")
    return (
        document.objects.lazy()
        .with_row_index("object")
        .join(images.lazy(), on="image_id", how="left", maintain_order="left")
        .join(names.lazy(), on="category_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("class", "category_id").alias("class"),
            pl.col("category_id").cast(pl.Int64, strict=False).alias("class_id"),
            pl.lit(source.file).alias("file"),
            pl.when(pl.col("segment").is_null())
            .then(pointer)
            .otherwise(pl.format("/annotations/{}/segments_info/{}", "number", "segment"))
            .alias("pointer"),
        )
        .collect()
    )


def _keypoints(objects: pl.DataFrame) -> pl.DataFrame:
    points = objects.filter(pl.col("keypoints").is_not_null())
    return conform(KEYPOINTS, points.with_columns(pl.col("keypoints").alias("points"), pl.lit("pixels").alias("unit")))


__all__ = ["NOTHING", "Tables", "keypoints", "tables"]
