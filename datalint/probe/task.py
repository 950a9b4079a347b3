"""What the probe is asked: which images, which classes, which of them are copies of one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from datalint.dataset import Dataset, Lack

MIN_CLASS = 5  # images of a class, below which nothing is said about it
MIN_IMAGES = 50
MIN_PER_CLASS = 10  # on average; with fewer there is nothing to learn from


class AbstainError(Exception):
    """The probe has nothing to say; the message is the reason, and `lack` what was short, if that is the cause."""

    def __init__(self, reason: str, lack: Lack | None = None) -> None:
        super().__init__(reason)
        self.lack = lack


@dataclass(frozen=True, slots=True)
class Task:
    """Images to assess: numbers (n,) in ascending order, `given` class numbers (n,) into `classes`."""

    images: NDArray[np.int64]
    given: NDArray[np.int64]
    classes: list[str]
    group: NDArray[np.int64]
    """(n,) the smallest image number among its copies; its own where it has none."""
    not_assessed: dict[str, int]

    def copies(self) -> list[NDArray[np.int64]]:
        """Row numbers of each group of two or more."""
        order = np.argsort(self.group, kind="stable")
        cuts = np.flatnonzero(np.diff(self.group[order])) + 1
        return [np.sort(rows) for rows in np.split(order, cuts) if len(rows) > 1]


def pose(
    data: Dataset, train_on: str, most: int, seed: int, lacking: Mapping[str, NDArray[np.int64]] | None = None
) -> Task:
    """The question about `data`, of at most `most` images drawn by class; raises AbstainError.

    `lacking` are the numbers of images that cannot be asked about, by the reason.
    """
    if data.task == "multi":
        raise AbstainError("images have several classes each, and the probe judges one class per image")
    if data.thumbnails is None:
        raise AbstainError("the pictures were not measured")
    images = data.table("images")
    named = data.table("labels").filter(pl.col("image").is_not_null() & pl.col("class").is_not_null())
    labels = named.group_by("image").agg(pl.col("class").min(), pl.col("class").n_unique().alias("several"))
    readable = images.filter(pl.col("status") == "ok").select("image")
    candidates = readable.join(labels, on="image", how="inner").sort("image")
    left_out: dict[str, int] = {}

    def keep(frame: pl.DataFrame, condition: pl.Expr, reason: str) -> pl.DataFrame:
        kept = frame.filter(condition)
        if kept.height < frame.height:
            left_out[reason] = frame.height - kept.height
        return kept

    if unlabelled := readable.height - candidates.height:
        left_out["without a label"] = unlabelled
    if unreadable := images.height - readable.height:
        left_out["unreadable"] = unreadable
    candidates = keep(candidates, pl.col("several") == 1, "labelled with several classes")
    if train_on == "train" and data.table("splits")["split"].eq("train").any():
        train = data.table("splits").filter(pl.col("split") == "train")["image"].unique()
        candidates = keep(candidates, pl.col("image").is_in(train.implode()), "outside the train split")
    for reason, numbers in (lacking or {}).items():
        candidates = keep(candidates, ~pl.col("image").is_in(numbers.tolist()), reason)
    candidates = keep(
        candidates, pl.len().over("class") >= MIN_CLASS, f"in classes of fewer than {MIN_CLASS} readable images"
    )
    if candidates.height > most:
        drawn = pl.lit(_by_class(candidates, most, seed))
        candidates = keep(candidates, drawn, "beyond what the probe can do in its time (probe.seconds)")
    classes = sorted(candidates["class"].unique().to_list())
    if len(classes) < 2:
        raise AbstainError("fewer than two classes have enough images")
    least = max(MIN_IMAGES, MIN_PER_CLASS * len(classes))
    if candidates.height < least:
        found = f"{candidates.height:,} images in {len(classes):,} classes"
        raise AbstainError(f"{found} are too few: at least {least:,} are needed")
    grouped = candidates.join(data.table("copies").unique("image"), on="image", how="left", maintain_order="left")
    number = {name: row for row, name in enumerate(classes)}
    return Task(
        images=candidates["image"].to_numpy().astype(np.int64),
        given=np.array([number[name] for name in candidates["class"]], np.int64),
        classes=classes,
        group=grouped.select(pl.coalesce("group", "image"))["group"].to_numpy().astype(np.int64),
        not_assessed=left_out,
    )


def _by_class(candidates: pl.DataFrame, most: int, seed: int) -> pl.Series:
    """Which of them are drawn: the same share of every class, `most` in all."""
    drawn = candidates.with_columns(pl.Series("draw", np.random.default_rng(seed).random(candidates.height)))
    share = drawn.select(pl.col("draw").rank("ordinal").over("class") / pl.len().over("class")).to_series()
    return share <= float(np.sort(share.to_numpy())[most - 1])
