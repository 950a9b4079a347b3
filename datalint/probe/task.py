"""What the probe is asked: which items, which classes, which of them must not say anything of one another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from datalint.dataset import Dataset, Lack
    from datalint.probe.items import Items

MIN_CLASS = 5  # images (or objects, each in another image) of a class, below which nothing is said about it
MIN_ITEMS = 50
TIME = "beyond what the probe can do in its time (probe.seconds)"
MEMORY = "beyond what the probe holds in memory"
LOST = "in images that could not be read again"
_CELLS = 10_000_000  # images times classes, where images have several
MIN_PER_CLASS = 10  # on average; with fewer there is nothing to learn from


class AbstainError(Exception):
    """The probe has nothing to say; the message is the reason, and `lack` what was short, if that is the cause."""

    def __init__(self, reason: str, lack: Lack | None = None) -> None:
        super().__init__(reason)
        self.lack = lack


@dataclass(frozen=True, slots=True)
class Task:
    """Items to assess: numbers (n,) in ascending order, `given` class numbers (n,) into `classes`.

    Where images have several labels, `given` is (n, classes), 1 where an image has the label and 0 where it has not.
    """

    items: NDArray[np.int64]
    given: NDArray[np.int64]
    classes: list[str]
    group: NDArray[np.int64]
    """(n,) the smallest image number among the copies of its image: objects of one image and of its copies share it."""
    not_assessed: dict[str, int]

    @property
    def several(self) -> bool:
        """Whether an item may have several labels."""
        return self.given.ndim == 2

    def groups(self) -> list[NDArray[np.int64]]:
        """Row numbers of each group of two or more."""
        order = np.argsort(self.group, kind="stable")
        cuts = np.flatnonzero(np.diff(self.group[order])) + 1
        return [np.sort(rows) for rows in np.split(order, cuts) if len(rows) > 1]

    def drawn(self, rows: NDArray[np.intp]) -> Task:
        """The same question about some of the items."""
        return replace(self, items=self.items[rows], given=self.given[rows], group=self.group[rows])

    def without(self, lost: NDArray[np.bool_]) -> Task:
        """The same question without items whose pictures are lost; raises AbstainError where too few are left."""
        if not lost.any():
            return self
        left = self.drawn(np.flatnonzero(~lost))
        if len(left.items) < MIN_ITEMS or len(np.unique(left.given)) < 2:
            raise AbstainError(f"{int(lost.sum()):,} of its pictures are {LOST}", "memory")
        return replace(left, not_assessed=self.not_assessed | {LOST: int(lost.sum())})


def pose(data: Dataset, items: Items, train_on: str, most: int, seed: int, beyond: str = TIME) -> Task:
    """The question about `items`, of at most `most` of them drawn by class; raises AbstainError.

    `beyond` is why no more.
    """
    if items.obstacle:
        raise AbstainError(items.obstacle)
    candidates, left_out = items.candidates, dict(items.left_out)

    def keep(frame: pl.DataFrame, condition: pl.Expr, reason: str) -> pl.DataFrame:
        kept = frame.filter(condition)
        if kept.height < frame.height:
            left_out[reason] = left_out.get(reason, 0) + frame["class"].count() - kept["class"].count()
        return kept

    if train_on == "train" and data.table("splits")["split"].eq("train").any():
        train = data.table("splits").filter(pl.col("split") == "train")["image"].unique()
        candidates = keep(candidates, pl.col("image").is_in(train.implode()), "outside the train split")
    if items.several:
        return _several(candidates, left_out, most, seed, beyond)
    size, few = items.least
    enough = size >= MIN_CLASS, few.format(MIN_CLASS)
    candidates = keep(candidates, *enough)
    if candidates.height > most:
        drawn = pl.lit(_by_class(candidates, most, seed))
        candidates = keep(candidates, drawn, beyond)
        candidates = keep(candidates, *enough)
    classes = sorted(candidates["class"].unique().to_list())
    plural = f"{items.noun}s"
    if len(classes) < 2:
        raise AbstainError(f"fewer than two classes have enough {plural}")
    least = max(MIN_ITEMS, MIN_PER_CLASS * len(classes))
    if candidates.height < least:
        found = f"{candidates.height:,} {plural} in {len(classes):,} classes"
        raise AbstainError(f"{found} are too few: at least {least:,} are needed")
    number = {name: row for row, name in enumerate(classes)}
    return Task(
        items=candidates["item"].to_numpy().astype(np.int64),
        given=np.array([number[name] for name in candidates["class"]], np.int64),
        classes=classes,
        group=candidates["group"].to_numpy().astype(np.int64),
        not_assessed=left_out,
    )


def _several(candidates: pl.DataFrame, left_out: dict[str, int], most: int, seed: int, beyond: str) -> Task:
    """The question about images with several labels each, or none (a row whose class is null)."""
    images = candidates.unique("item", keep="first").sort("item")

    def drawn(most: int, reason: str) -> None:
        nonlocal images, candidates
        if images.height > most:
            rows = np.sort(np.random.default_rng(seed).choice(images.height, most, replace=False))
            images, before = images[rows], candidates["class"].count()
            candidates = candidates.filter(pl.col("item").is_in(images["item"].implode()))
            left_out[reason] = left_out.get(reason, 0) + before - candidates["class"].count()

    def told_apart() -> list[str]:
        """Classes that enough of the images have, and enough lack."""
        number = pl.len().alias("number")
        sizes = candidates.drop_nulls("class").group_by("class").agg(number)
        enough = sizes.filter((pl.col("number") >= MIN_CLASS) & (images.height - pl.col("number") >= MIN_CLASS))
        return sorted(enough["class"].to_list())

    drawn(most, beyond)
    drawn(max(MIN_ITEMS, _CELLS // max(1, len(told_apart()))), MEMORY)
    classes = told_apart()
    few = candidates["class"].count() - int(candidates["class"].is_in(classes).sum())
    if few:
        left_out[f"of classes that fewer than {MIN_CLASS} images have, or fewer than {MIN_CLASS} lack"] = few
    if images.height < MIN_ITEMS:
        raise AbstainError(f"{images.height:,} images are too few: at least {MIN_ITEMS:,} are needed")
    if not classes:
        raise AbstainError(f"there is no class that at least {MIN_CLASS} images have and {MIN_CLASS} lack")
    pairs = candidates.filter(pl.col("class").is_in(classes))
    number = {name: row for row, name in enumerate(classes)}
    items = images["item"].to_numpy().astype(np.int64)
    given = np.zeros((len(items), len(classes)), np.int64)
    given[np.searchsorted(items, pairs["item"].to_numpy()), [number[name] for name in pairs["class"]]] = 1
    return Task(items, given, classes, images["group"].to_numpy().astype(np.int64), left_out)


def _by_class(candidates: pl.DataFrame, most: int, seed: int) -> pl.Series:
    """Which of them are drawn, `most` in all: the same share of every class, but MIN_PER_CLASS of each if possible."""
    drawn = candidates.with_columns(pl.Series("draw", np.random.default_rng(seed).random(candidates.height)))
    rank = pl.col("draw").rank("ordinal").over("class")
    share = drawn.select(rank / pl.len().over("class") - (rank <= MIN_PER_CLASS)).to_series()
    return share <= float(np.sort(share.to_numpy())[most - 1])
