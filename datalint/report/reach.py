"""How much findings reach of what they are about: test images, boxes, classes, ... The denominator is what matters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from datalint.amounts import percent
from datalint.finding import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from datalint.dataset import Dataset
    from datalint.report import Report

Unit = Literal["image", "leak", "copy", "object", "record", "class", "dataset"]

#: From this share on a portion is given in percent first.
_MUCH = 0.1
#: The count that the data of a finding give.
_COUNT = pl.col("data").str.json_path_match("$.count").cast(pl.Int64, strict=False)
#: Classes that are named.
_FEW = 2
#: Splits in the order of use: what is learned from, chosen by, judged by. Those of other names come after train.
_USE = {"train": 0, "val": 2, "test": 3}


@dataclass(frozen=True, slots=True)
class Reach:
    """So many of so many."""

    count: int
    total: int
    noun: str
    """Of one: `test image`."""
    plural: str
    share: float
    """The part that is hit. Of classes: the part of all labels and boxes that are of them."""
    home: str = ""
    """Of leaks: the split in which the images are also."""
    names: tuple[str, ...] = ()
    """Of classes: which, where they are one or two."""

    def __str__(self) -> str:
        """`64 % of the test images (251 of 394)`, `2 of the 103 test images`, `all 394 test images`."""
        if self.names:
            several = self.noun if len(self.names) == 1 else self.plural
            return f"the {several} {' and '.join(self.names)} ({self.count:,} of {self.total:,})"
        if self.count == self.total:
            return f"the only {self.noun}" if self.total == 1 else f"all {self.total:,} {self.plural}"
        if self.share >= _MUCH and self.count > 1:
            return f"{percent(self.count / self.total)} of the {self.plural} ({self.count:,} of {self.total:,})"
        return f"{self.count:,} of the {self.total:,} {self.plural}"

    @property
    def short(self) -> str:
        """`251 of 394 test images`."""
        return f"{self.count:,} of {self.total:,} {self.noun if self.total == 1 else self.plural}"


@dataclass(frozen=True)
class Spoken:
    """Findings, and the images and records that they speak of."""

    findings: pl.DataFrame
    members: pl.DataFrame
    paths: pl.Series
    """Every image that they name: their own and the copies beside it."""

    @property
    def claimed(self) -> int:
        """How many images a finding without members counts."""
        listed = self.findings.filter(~pl.col("id").is_in(self.members["finding"].implode()))
        most = listed.select(_COUNT.max()).item()
        return int(most or 0)


def spoken(report: Report, findings: pl.DataFrame, by: str) -> Iterator[tuple[str, Spoken]]:
    """What findings speak of, for each value of their column `by` (which it may have beside those of all findings).

    One after the other: of millions of findings no second copy is held.
    """
    alone = (pl.col("count") == 1) & pl.any_horizontal(pl.col("path", "file").is_not_null())
    places = ("path", "file", "line", "pointer")
    # Findings about equal files have one id, so the members of one with an image or a place of its own are not asked.
    many = findings.filter(~alone).select(finding="id", by=by).unique("finding")
    listed = report.members.select("finding", *places).join(many, on="finding")
    for key in findings[by].unique(maintain_order=True):
        found = findings.filter(pl.col(by) == key).select(FINDINGS.names())
        single = found.filter(alone).select(pl.col("id").alias("finding"), *places)
        yield str(key), _spoken(found, pl.concat([single, listed.filter(pl.col("by") == key).select(single.columns)]))


def _spoken(findings: pl.DataFrame, members: pl.DataFrame) -> Spoken:
    beside = findings.filter(pl.col("scope") == "image").select(path="related").explode("path")
    own = pl.concat([members["path"], beside["path"].cast(pl.String)])
    return Spoken(findings, members, own.drop_nulls().unique())


def reach(report: Report, unit: Unit, said: Spoken) -> Reach | None:
    """How much of the dataset they reach, counted in `unit`; None where that cannot be counted."""
    found = _MEASURES[unit](report.dataset, said)
    return found if found is not None and 0 < found.count <= found.total else None


def images(data: Dataset, said: Spoken) -> Reach:
    """How many of the images they name, each counted once."""
    every = data.table("images")
    hit = every.filter(pl.col("path").is_in(said.paths.implode())).height or said.claimed
    return _of(hit, every.height, "image", "images")


def by_use(splits: Iterable[str]) -> list[str]:
    """Names of splits in the order of use: train first, test last."""
    return sorted(splits, key=lambda split: (_USE.get(split, 1), split))


def _leaks(data: Dataset, said: Spoken) -> Reach | None:
    """Images of the later split: of those that are judged, not of all. Of several splits the one that is hit most."""
    splits = data.table("splits").unique()
    same = said.findings.filter(pl.col("name") == "shared-split")  # it lists none of the images
    whole = [json.loads(data)[name] for data in same["data"] for name in ("one", "other")]
    named = data.table("images").filter(pl.col("path").is_in(said.paths.implode()))["image"]
    hit = pl.concat([named, splits.filter(pl.col("split").is_in(whole))["image"]]).unique().to_frame()
    totals = dict(splits.group_by("split").len().iter_rows())
    counts = dict(splits.join(hit, on="image", how="semi").group_by("split").len().iter_rows())
    order = by_use(counts)
    if len(order) < 2:
        return None
    home, *later = order
    worst = max(later, key=lambda split: counts[split] / totals[split])
    count, total = counts[worst], totals[worst]
    return Reach(count, total, f"{worst} image", f"{worst} images", count / total, home)


def _copies(data: Dataset, said: Spoken) -> Reach:
    """Files that repeat a picture: all but one of each group."""
    groups = said.findings.filter(pl.col("path").is_not_null())
    more = pl.coalesce(_COUNT - 1, pl.col("related").list.len().cast(pl.Int64)).sum()
    return _of(int(groups.select(more).item()), data.table("images").height, "image", "images")


def _objects(data: Dataset, said: Spoken) -> Reach:
    """Boxes, and outlines without one."""
    hit, total = _places(said), objects(data)
    noun, plural = ("box", "boxes") if total == data.table("boxes").height else ("object", "objects")
    return _of(hit, total, noun, plural)


def objects(data: Dataset) -> int:
    """How many boxes there are, and outlines without a box."""
    alone = data.table("polygons").filter((pl.col("part") == 0) & pl.col("box").is_null())
    return data.table("boxes").height + alone.height


def _records(data: Dataset, said: Spoken) -> Reach:
    return _of(_places(said), data.once(_every_record).height, "label record", "label records")


def _every_record(data: Dataset) -> pl.DataFrame:
    """(file, line, pointer) of the records of label files: those that are used and those that are not."""
    tables = ("named", "labels", "boxes", "polygons", "keypoints", "problems")
    places = pl.concat([data.table(name).select("file", "line", "pointer") for name in tables])
    return places.drop_nulls("file").unique()


def pairs(data: Dataset) -> int:
    """How many pairs of images in two different splits there are."""
    sizes: list[int] = data.table("splits").unique()["split"].value_counts()["count"].to_list()
    return (sum(sizes) ** 2 - sum(size * size for size in sizes)) // 2


def _places(said: Spoken) -> int:
    """How many records they speak of, each counted once."""
    return said.members.filter(pl.col("file").is_not_null()).select("file", "line", "pointer").n_unique()


def _classes(data: Dataset, said: Spoken) -> Reach:
    """Classes; their share is that of their labels and boxes."""
    of_many = said.findings.filter(pl.col("subject").is_null())
    listed = (json.loads(data).get("classes") for data in of_many["data"])
    several = [name for names in listed if isinstance(names, list) for name in names]
    hit = {*said.findings["subject"].drop_nulls(), *several}
    declared = data.table("classes")["class"].drop_nulls()
    counts = dict(data.annotations.drop_nulls("class").group_by("class").len().collect().iter_rows())
    every = {*declared, *counts}
    hit &= every
    share = sum(counts.get(name, 0) for name in hit) / max(1, sum(counts.values()))
    names = tuple(sorted(hit)) if len(hit) <= _FEW else ()
    return Reach(len(hit), len(every), "class", "classes", share, names=names)


def _of(count: int, total: int, noun: str, plural: str) -> Reach:
    return Reach(count, total, noun, plural, count / total if total else 0.0)


_MEASURES: dict[Unit, Callable[[Dataset, Spoken], Reach | None]] = {
    "image": images,
    "leak": _leaks,
    "copy": _copies,
    "object": _objects,
    "record": _records,
    "class": _classes,
    "dataset": lambda _data, _said: None,
}
