"""How many images or objects each class has, and how they are spread over the splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.amounts import percent
from datalint.report.html import mask_classes, svg
from datalint.report.html.texts import visible
from datalint.report.samples import rank

if TYPE_CHECKING:
    from markupsafe import Markup

    from datalint.dataset import Dataset

#: Classes shown, the largest first; those in sight at once; and splits that have a colour of their own.
CLASSES, AT_ONCE, SPLITS = 40, 12, 5
#: How a split is coloured that is not one of these.
_COLOURS = {"train": "s1", "val": "s2", "test": "s3"}
OTHERS, NONE = "other splits", "no split"


class Split(NamedTuple):
    """A split, or several that the same images are in."""

    name: str
    kind: str
    """The class of its colour."""
    images: int
    share: str


class Class(NamedTuple):
    """A class and its bar."""

    name: str
    total: int
    images: int
    bar: Markup
    parts: list[int]
    """Its number in each split, in the order of `Classes.splits`; empty without splits."""


class Classes(NamedTuple):
    """The classes, the largest first."""

    noun: str
    """What is counted: images, objects or masks."""
    splits: list[Split]
    bar: Markup | None
    """All images by split."""
    rows: list[Class]
    more: int
    """Classes that are not shown ..."""
    rest: int
    """... and what they have of it."""


def counted(data: Dataset) -> Classes | None:
    """The classes and splits of a dataset; None where it has neither."""
    noun, labels = _labels(data)
    splits = _splits(data)
    table = _by_split(labels, data, splits)
    sums = table.group_by("class").agg(pl.col("number").sum(), pl.col("images").sum())
    sums = sums.sort(["number", "class"], descending=[True, False])
    if sums.is_empty() and not splits:
        return None
    shown = sums.head(CLASSES)
    whole = sum(split.images for split in splits)
    return Classes(
        noun,
        [split._replace(name=visible(split.name)) for split in splits],
        svg.bar([(split.kind, split.images / whole) for split in splits]) if whole else None,
        _rows(shown, table, splits),
        sums.height - shown.height,
        sum(sums["number"].to_list()[CLASSES:]),
    )


def _labels(data: Dataset) -> tuple[str, pl.LazyFrame]:
    """What is counted, and (path, image, class) of each of them."""
    labels = data.annotations.select("path", "image", "class").drop_nulls("class")
    if data.table("labels").height:
        return "images", labels.unique(["path", "class"])
    if data.table("boxes").is_empty() and data.table("polygons").is_empty():
        masks = mask_classes.classes(data)
        if masks is not None:
            return "masks", masks.lazy()
    return "objects", labels


def _by_split(labels: pl.LazyFrame, data: Dataset, splits: list[Split]) -> pl.DataFrame:
    """(class, split, number, images), with the splits that are shown."""
    rest = next((split.name for split in splits if split.kind == "s0"), "")
    names = [split.name for split in splits]
    shown = pl.when(pl.col("split").is_in(names)).then("split").otherwise(pl.lit(rest)).alias("split")
    return (
        labels.join(_of_images(data).lazy(), on="image", how="left")
        .with_columns(shown)
        .group_by("class", "split")
        .agg(pl.len().alias("number"), pl.col("path").hash().n_unique().alias("images"))
        .collect()
    )


def _rows(shown: pl.DataFrame, table: pl.DataFrame, splits: list[Split]) -> list[Class]:
    cells = table.join(shown.select("class"), on="class", how="semi")
    numbers = {(name, split): number for name, split, number, _ in cells.iter_rows()}
    most = int(shown["number"][0]) if shown.height else 1
    rows = []
    for name, total, images in shown.iter_rows():
        parts = [numbers.get((name, split.name), 0) for split in splits]
        drawn = [(split.kind, number) for split, number in zip(splits, parts, strict=True)]
        drawn.append(("s0" if splits else "s1", total - sum(parts)))
        bar = svg.bar([(kind, number / most) for kind, number in drawn if number])
        rows.append(Class(visible(name), total, images, bar, parts))
    return rows


def _of_images(data: Dataset) -> pl.DataFrame:
    """(image, split): an image in two splits is in a part of its own."""
    return data.table("splits").group_by("image").agg(pl.col("split").unique().sort().str.join(" and "))


def _splits(data: Dataset) -> list[Split]:
    """The largest splits, and a last one (`s0`) of all other images."""
    of_images = _of_images(data)
    if of_images.is_empty():
        return []
    sizes = of_images.group_by("split").len().sort(["len", "split"], descending=[True, False])
    shown = sorted(sizes.head(SPLITS).rows(), key=lambda row: rank(row[0]))
    total = max(of_images.height, data.table("images").height)
    rest = total - sum(number for _, number in shown)
    free = iter([f"s{place}" for place in range(4, 4 + SPLITS)])
    found = [Split(name, _COLOURS.get(name) or next(free), number, percent(number / total)) for name, number in shown]
    if rest:
        found.append(Split(OTHERS if sizes.height > SPLITS else NONE, "s0", rest, percent(rest / total)))
    return found
