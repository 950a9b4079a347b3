"""Which splits have the same content, and in which order splits are used."""

from __future__ import annotations

from itertools import chain, combinations
from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from datalint import Dataset

#: In the order of use: what is learned from, chosen by, judged by. A leak is reported for the later split's image.
_ORDER = {"train": 0, "val": 2, "test": 3}


def order(split: str) -> tuple[int, str]:
    """Sorts splits by use; those of other names come between train and val."""
    return _ORDER.get(split, 1), split


def shared(data: Dataset) -> dict[tuple[str, str], int]:
    """Pairs of splits that hold the same content, the earlier one first, with the number of images in each."""
    contents = (
        data.splits.join(data.images.select("image", "sha256"), on="image")
        .select("split", content=pl.coalesce("sha256", pl.col("image").cast(pl.String)))
        .unique()
        .collect()
    )
    sizes = dict(contents.group_by("split").len().iter_rows())
    pairs = [pair for pair in combinations(sorted(sizes, key=order), 2) if sizes[pair[0]] == sizes[pair[1]]]
    several = {split: contents.filter(pl.col("split") == split)["content"].sort() for split in {*chain(*pairs)}}
    return {(one, other): sizes[one] for one, other in pairs if several[one].equals(several[other])}
