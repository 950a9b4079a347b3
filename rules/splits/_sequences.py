"""Frames of one recording that were dealt out over the splits: neighbours in number that look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import numpy as np
from datalint.lazy import polars as pl
from datalint.rules.splits._likeness import standardised

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import DataFrame

    from datalint import Dataset

#: The name's last number, and what stands before it; Roboflow's suffix is left out.
_NUMBERED = r"(?s)^(.*?)([0-9]{1,15})(?:_(?:jpe?g|png|bmp|webp))?(?:\.rf\.[0-9a-f]{32})?$"
#: Pairs of neighbours that are looked at for one sequence, and the fewest that prove something.
_PAIRS, _FEWEST = 2000, 6
#: The correlation from which two neighbours count as frames of one shot.
_ALIKE = 0.8
#: Neighbours must be this much closer to each other (1 - correlation) than pictures far apart in the sequence: in a
#: collection numbered by chance they are equally close.
_CLOSER = 0.5


def sequences(data: Dataset, once: DataFrame) -> DataFrame:
    """(image, source): all frames of the recordings whose neighbouring frames are spread over splits.

    `once` is (image, split).
    """
    stem = pl.col("path").str.extract(r"([^/]+)$").str.replace(r"\.[^.]*$", "")
    folder = pl.col("path").str.extract(r"(?s)^(.*)/[^/]*$", 1).fill_null("").str.extract(r"([^/]*)$")
    frames = (
        data.readable.select("image", folder=folder, stem=stem)
        .collect()
        .join(once, on="image")
        .with_columns(source=pl.col("stem").str.extract(_NUMBERED, 1), number=pl.col("stem").str.extract(_NUMBERED, 2))
        .drop_nulls(["source", "number"])
        .with_columns(pl.col("number").cast(pl.Int64))
    )
    # Numbers that return in the folders of classes count within the folder; those of a split's folder go through.
    again = pl.col("number").n_unique().over("source") < pl.len().over("source")
    key = pl.when(again).then(pl.format("{}/{}", "folder", "source")).otherwise("source")
    frames = frames.with_columns(source=key).unique(["source", "number"], keep="first", maintain_order=True)
    several = (pl.col("split").n_unique().over("source") > 1) & (pl.len().over("source") > _FEWEST)
    parts = frames.filter(several).sort("number").partition_by("source", maintain_order=True)
    found = [part.select("image", "source") for part in parts if _is_dealt_out(data, part)]
    return pl.concat(found) if found else frames.select("image", "source").clear()


def _is_dealt_out(data: Dataset, part: DataFrame) -> bool:
    """Whether most frames, in order, look like their neighbours in another split, and not like frames far away."""
    images, number = part["image"].to_numpy().astype(np.int64), part["number"].to_numpy()
    split = part["split"].rank("dense").to_numpy()
    apart = np.diff(number)
    usual = np.median(apart)
    across = np.flatnonzero((split[1:] != split[:-1]) & (apart <= 2 * usual))
    if across.size < _FEWEST:
        return False
    some = across[:: -(-across.size // _PAIRS)]
    near = _correlations(data, images[some], images[some + 1])
    # Far: half of the sequence away, or as far as its end allows.
    step = max(2, len(images) // 2)
    far = _correlations(data, images[some], images[(some + step) % len(images)])
    closer = np.median(1 - near) <= _CLOSER * np.median(1 - far)
    return bool(closer and (near >= _ALIKE).mean() >= 0.5)


def _correlations(data: Dataset, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.floating]:
    parts = [
        (standardised(data, one[at : at + 256]) * standardised(data, other[at : at + 256])).sum(1)
        for at in range(0, len(one), 256)
    ]
    return np.concatenate(parts)
