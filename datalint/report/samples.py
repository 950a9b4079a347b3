"""Pictures that show what a dataset holds: a few of every class, spread over the splits, and a few whole images.

Which ones is a matter of the seed alone. Where the labels are of objects, a class is shown by objects, each cut out
with what is around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.pixels.thumbnail import Wanted, thumbnail
from datalint.report import pictures
from datalint.workers import each

if TYPE_CHECKING:
    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.report import Report

#: Classes that are shown, the largest first; and pictures of each.
CLASSES, PICTURES = 12, 6
#: Whole images that are shown where labels are of objects, or where there is no label.
WHOLE = 6
#: Longest side of a picture of a class, and of a whole image.
SIDE, WHOLE_SIDE = 144, 288
#: How far around an object a picture of it reaches, as a share of its longer side.
AROUND = 0.2
#: Rows that samples are taken from, so that a class of ten million objects takes no longer.
DRAWN = 20_000


class Sample(NamedTuple):
    """A picture of a class, or of a whole image."""

    path: str
    label: str
    """The class; empty for a whole image."""
    split: str
    """Empty where the image is in none; several are joined by `and`."""
    part: tuple[float, float, float, float] | None
    """Left, top, right, bottom in pixels of the stored orientation, where it is a part of an image."""
    picture: bytes = b""
    """JPEG or PNG."""
    mask: bytes = b""
    """Of a whole image: a PNG to be laid over it."""


def illustrate(report: Report) -> None:
    """Give a report its pictures: of what the dataset holds, and of what the findings are about."""
    report.pictures = pictures.make(report)
    report.pictures |= pictures.masks(report)
    report.samples = make(report.dataset, report.config)


def make(data: Dataset, settings: Config) -> tuple[Sample, ...]:
    """The samples that can be decoded, with their pictures."""
    samples = chosen(data, settings.seed)
    files = data.table("images").filter(pl.col("path").is_in({sample.path for sample in samples}))
    items = {path: data.item(os_path, size) for path, os_path, size in files.select("path", "os_path", "bytes").rows()}
    wanted = [Wanted(items[one.path], SIDE if one.label else WHOLE_SIDE, one.part) for one in samples]
    if not wanted:
        return ()
    made = each(thumbnail, wanted, jobs=settings.jobs)
    masks = pictures.overlays(data, _masks(data, [one.path for one in samples if not one.label]), WHOLE_SIDE, settings)
    return tuple(
        one._replace(picture=picture, mask=b"" if one.label else masks.get(one.path, b""))
        for one, picture in zip(samples, made, strict=True)
        if picture is not None
    )


def _masks(data: Dataset, images: list[str]) -> dict[str, str]:
    """Image -> its first mask."""
    masks = data.masks.filter(pl.col("of").is_in(images)).unique("of", keep="first", maintain_order=True)
    return dict(masks.select("of", "path").iter_rows())


def chosen(data: Dataset, seed: int) -> list[Sample]:
    """What to show: class by class, the largest first, then whole images; within a class by split."""
    readable = data.table("images").filter(pl.col("status").is_null() | (pl.col("status") == "ok"))
    splits = data.table("splits").group_by("image").agg(pl.col("split").unique().sort().str.join(" and "))
    images = readable.select("image", "path", "width", "height").join(splits, on="image", how="left")
    images = images.with_columns(pl.col("split").fill_null(""))
    of_objects = _objects(data)
    shown = _labels(data) if of_objects.is_empty() else of_objects
    classes = shown.group_by("class").len().sort(["len", "class"], descending=[True, False])["class"].head(CLASSES)
    found = []
    for name in classes:
        rows = _drawn(shown.filter(pl.col("class") == name), seed).join(images, on="image", maintain_order="left")
        found += _spread(rows.with_columns(_part().alias("part")), PICTURES)
    if not of_objects.is_empty() or not found:
        holding = images.join(of_objects, on="image", how="semi", maintain_order="left")
        whole = _drawn(images if holding.is_empty() else holding, seed)
        part = pl.lit(None, pl.List(pl.Float64)).alias("part")
        found += _spread(whole.with_columns(pl.lit("").alias("class"), part), WHOLE)
    return found


def _objects(data: Dataset) -> pl.DataFrame:
    """(image, class, x, y, w, h) of objects that can be cut out."""
    leads = ~pl.col("repeats").fill_null(value=False)
    placed = pl.all_horizontal(pl.col(side).is_finite() for side in "xywh") & (pl.col("w") >= 1) & (pl.col("h") >= 1)
    return (
        data.boxes.filter(leads & placed & pl.col("image").is_not_null() & pl.col("class").is_not_null())
        .select("image", "class", *"xywh")
        .collect()
    )


def _labels(data: Dataset) -> pl.DataFrame:
    """The same of labels of whole images."""
    nothing = [pl.lit(None, pl.Float64).alias(side) for side in "xywh"]
    return (
        data.annotations.select("image", "class")
        .drop_nulls()
        .unique(maintain_order=True)
        .with_columns(nothing)
        .collect()
    )


def _part() -> pl.Expr:
    """Left, top, right, bottom of a square around an object, moved into the image where it can be."""
    side = (1 + 2 * AROUND) * pl.max_horizontal("w", "h")
    bounds = []
    for start, size, whole in (("x", "w", "width"), ("y", "h", "height")):
        along = pl.min_horizontal(side, pl.col(whole).cast(pl.Float64))
        first = (pl.col(start) + pl.col(size) / 2 - along / 2).clip(0, pl.col(whole).cast(pl.Float64) - along)
        bounds.append((first, first + along))
    (left, right), (top, bottom) = bounds
    known = pl.col("x").is_not_null() & pl.col("width").is_not_null() & pl.col("height").is_not_null()
    return pl.when(known).then(pl.concat_list(left, top, right, bottom))


def _drawn(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """At most DRAWN of `rows`, by chance, one an image."""
    order = np.random.default_rng(seed).permutation(rows.height)[:DRAWN]
    return rows[order].unique("image", keep="first", maintain_order=True)


def _spread(rows: pl.DataFrame, most: int) -> list[Sample]:
    """The first `most` of `rows`, of each split in turns."""
    turn = pl.int_range(pl.len()).over("split")
    few = rows.sort(turn, "split", maintain_order=True).head(most)
    order = sorted(few.select("path", "class", "split", "part").rows(), key=lambda row: (rank(row[2]), row[0]))
    return [
        Sample(path, name, split, None if part is None or None in part else (part[0], part[1], part[2], part[3]))
        for path, name, split, part in order
    ]


def rank(split: str) -> tuple[int, str]:
    """The order in which people name splits: train, val, test, then by name."""
    first = ("train", "val", "test")
    return first.index(split) if split in first else len(first), split
