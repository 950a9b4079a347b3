"""Which image goes into which split, and how well the classes are dealt."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.splitting.ratios import SplitError
from datalint.splitting.stratify import Group, dealt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from datalint.dataset import Dataset
    from datalint.splitting.groups import Together

#: What is no file that could be read.
_ABSENT = ("missing", "dangling-link")
#: What images without a class are counted as.
UNLABELLED = "(no label)"
#: Classes that the table shows.
_SHOWN = 40


class Deviation(NamedTuple):
    """Where a class is farthest from its share of a split."""

    name: str
    split: str
    has: int
    share: float
    """How many images would be in proportion."""


@dataclass(frozen=True)
class Division:
    """Every image of a dataset and its split."""

    data: Dataset
    table: pl.DataFrame
    """image, path, group (the first path of its group), split; null where an image goes into none."""
    shares: Mapping[str, float]
    """Split -> the share that was asked for."""
    groups: Together
    kept: str | None = None
    """The split that stays as it was."""

    @property
    def splits(self) -> list[str]:
        """The splits, in the order in which they were asked for."""
        return list(self.shares)

    @property
    def out(self) -> list[str]:
        """Images that go into no split: they are of a group of which a part is in the split that is kept."""
        return self.table.filter(pl.col("split").is_null())["path"].to_list()

    def counts(self) -> pl.DataFrame:
        """(class, images, a column for each split): images that have the class, the most frequent class first."""
        rows = _classes(self.data).join(self.table.drop_nulls("split"), on="image")
        found = rows.group_by("class").agg(
            pl.len().alias("images"), *((pl.col("split") == name).sum().alias(f"in {name}") for name in self.splits)
        )
        return found.sort("images", "class", descending=[True, False])

    def deviation(self) -> Deviation | None:
        """The class that is farthest from its share, in images; None where nothing has a class."""
        dealt_out = self.table.drop_nulls("split")
        own = {name: (dealt_out["split"] == name).sum() / max(1, dealt_out.height) for name in self.splits}
        aim = self.shares if self.kept is None else own
        found = [
            Deviation(row["class"], name, row[f"in {name}"], aim[name] * row["images"])
            for row in self.counts().iter_rows(named=True)
            for name in self.splits
        ]
        return max(found, key=lambda one: abs(one.has - one.share), default=None)

    def lines(self) -> Iterator[str]:
        """The table in words."""
        dealt_out = self.table.drop_nulls("split")
        sizes = {name: int((dealt_out["split"] == name).sum()) for name in self.splits}
        total = max(1, dealt_out.height)
        yield f"{dealt_out.height:,} images: " + ", ".join(
            f"{name} {size:,} ({size / total:.1%})" for name, size in sizes.items()
        )
        yield from self._together()
        counts = self.counts()
        names = [name if len(name) <= 40 else f"{name[:39]}…" for name in counts["class"].head(_SHOWN)]
        width = max([len("class"), *map(len, names)])
        yield ""
        yield "  ".join([f"{'class':{width}}", f"{'images':>8}", *(f"{name:>8}" for name in self.splits)])
        for name, row in zip(names, counts.head(_SHOWN).drop("class").iter_rows(), strict=True):
            columns = [8, *(max(8, len(split)) for split in self.splits)]
            yield "  ".join([f"{name:{width}}", *(f"{n:>{w},}" for n, w in zip(row, columns, strict=True))])
        if counts.height > _SHOWN:
            yield f"and {counts.height - _SHOWN:,} more classes"
        if far := self.deviation():
            yield ""
            yield (
                "Every class has its share of each split, to within one image"
                if abs(far.has - far.share) < 1
                else f"Farthest from its share: {far.name}, {far.has:,} in {far.split}, "
                f"where {far.share:.1f} would be in proportion"
            )
        lacking = counts.filter(pl.any_horizontal(*(pl.col(f"in {name}") == 0 for name in self.splits)))
        if lacking.height:
            some = ", ".join(lacking["class"].head(10)) + (", ..." if lacking.height > 10 else "")
            yield f"Not in every split, as there are too few: {some}"

    def _together(self) -> Iterator[str]:
        several = self.table.filter(pl.col("group").is_duplicated())
        if several.height:
            yield (
                f"{several.height:,} images are in {several['group'].n_unique():,} groups that stay together: "
                f"copies ({self.groups.copies:,}), recordings and other sources ({self.groups.sources:,})"
            )
        for size in self.groups.cut:
            yield (
                f"{size:,} images are one group, and no split has room for it: it is cut into stretches of its order, "
                "and pictures at the cuts are alike"
            )
        if self.kept is not None:
            yield f"{self.kept} stays as it is"
        if out := self.out:
            yield f"{len(out):,} images go into no split: they belong together with images of {self.kept}"


def divided(data: Dataset, groups: Together, shares: Mapping[str, float], seed: int, keep: str | None) -> Division:
    """Deal the images out. With `keep`, the images of that split stay in it, and what is of their groups is left out.

    SplitError where there is nothing to deal out.
    """
    images = (
        data.table("images").filter(~pl.col("status").is_in(_ABSENT).fill_null(value=False)).select("image", "path")
    )
    if images.is_empty():
        raise SplitError("there is no image to put into a split")
    group = groups.group[images["image"].to_numpy()]
    table = images.with_columns(group=pl.Series(data.table("images")["path"].gather(group)), number=pl.Series(group))
    fixed = _kept(data, table, keep)
    classes = _classes(data)
    free = table.filter(~pl.col("number").is_in(fixed["number"].implode())) if keep else table
    if free.is_empty():
        raise SplitError(f"all images are in {keep}, or of one group with what is: nothing is left to deal out")
    asked = {name: share for name, share in shares.items() if name != keep}
    if not asked:
        raise SplitError(f"{keep} is kept, and no other split is asked for")
    sizes = free.group_by("number").agg(pl.len(), pl.col("group").first())
    rows = sorted(sizes.iter_rows(), key=lambda row: _chance(seed, row[2]))
    counted: dict[int, dict[str, int]] = {number: {} for number, *_ in rows}
    of_class = free.join(classes, on="image").group_by("number", "class").len().sort("number", "class")
    for number, name, count in of_class.iter_rows():
        counted[number][name] = count
    made = dealt([Group(size, counted[number]) for number, size, _ in rows], asked)
    splits = pl.DataFrame(
        {"number": [number for number, *_ in rows], "split": made}, schema={"number": pl.Int64, "split": pl.String}
    )
    table = table.join(splits, on="number", how="left")
    if keep:
        stays = pl.col("image").is_in(fixed["image"].implode())
        table = table.with_columns(split=pl.when(stays).then(pl.lit(keep)).otherwise("split"))
        shares = {**asked, keep: 0.0}
    return Division(data, table.sort("image").select("image", "path", "group", "split"), shares, groups, keep)


def _kept(data: Dataset, table: pl.DataFrame, keep: str | None) -> pl.DataFrame:
    """The rows of the images in the split that is kept."""
    if keep is None:
        return table.clear()
    there = data.table("splits")
    names = sorted(there["split"].unique().to_list())
    if keep not in names:
        raise SplitError(
            f"there is no split {keep!r} to keep: " + (f"there are {', '.join(names)}" if names else "there is none")
        )
    return table.join(there.filter(pl.col("split") == keep).select("image").unique(), on="image", how="semi")


def _classes(data: Dataset) -> pl.DataFrame:
    """(image, class), each once; images without a class have one of their own."""
    known = data.annotations.select("image", "class").drop_nulls().unique().collect()
    none = data.table("images").select("image").join(known, on="image", how="anti")
    return pl.concat([known, none.with_columns(pl.lit(UNLABELLED).alias("class"))]).sort("image", "class")


def _chance(seed: int, name: str) -> bytes:
    """A place in an order by chance, which does not change where other groups come or go."""
    return hashlib.sha256(f"{seed}\0{name}".encode()).digest()
