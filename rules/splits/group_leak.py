"""The rule `group-leak`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import numpy as np
from datalint.lazy import polars as pl
from datalint.rules.duplicates._groups import LISTED
from datalint.rules.splits._shared import order
from datalint.rules.splits._sources import sources

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray
    from polars import DataFrame

    from datalint import Dataset

#: Sources of a pattern that must be spread over splits before it is believed.
_SOURCES = 3
#: Pictures of one source that are compared.
_COMPARED = 12
#: Share of a pattern's spread sources that must look alike.
_AGREE = 0.6


class GroupLeak(Rule):
    """Pictures of one recording, patient, burst or source in several splits.

    ## What it does
    Reads sources from file names (`video_0001_frame_0123`, `patient12-slice-3`, Roboflow's `name.rf.<hash>`,
    `name_flip`) and bursts from EXIF times (one camera, within seconds). A name alone proves nothing, so the pixels
    must agree: pictures of one source in two splits have to look more alike than pictures of different sources do.
    Mere counters, and sources that are another word for the class, do not count. One finding per source.

    ## Why is this bad?
    Frames of one recording are nearly the same picture. A model that has seen some of them scores too high on the
    others, and the score says little about the next recording or patient.

    ## Example
    In `fixtures/group-leak/bad` the frames of each video are spread over train and test. In
    `fixtures/group-leak/good` each video is in one split.

    ## When not to use it
    Where the model will only ever see the recordings, patients or places that it was trained on.
    """

    code, name, since = "DL703", "group-leak", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS, Need.SPLITS)
    message = "{count} pictures of {pattern} ({subject}) are spread over {splits}"
    hint = "split by source: keep all pictures of a source in one split"
    yields_to = ("split-leak", "near-split-leak")
    per_image = False

    min_images = option(3, "The fewest pictures that a source needs.", low=2)
    min_alike = option(
        0.15,
        "By how much the correlation of thumbnails within a source must exceed that between sources. Our "
        "choice: it stays silent on datasets numbered at random.",
        low=0.0,
        high=1.0,
    )

    def check(self, data: Dataset) -> DataFrame:
        """Sources whose pictures are in several splits and look alike."""
        found = [
            spread
            for (_,), frame in self._spread(data).group_by("pattern", maintain_order=True)
            if (spread := self._alike(frame, data)) is not None
        ]
        if not found:
            return pl.DataFrame(schema={"path": pl.String, "subject": pl.String})
        rows = (
            pl.concat(found)
            .unique("image", keep="first", maintain_order=True)
            .join(data.table("images").select("image", "path"), on="image")
            .sort("rank", "path", descending=[True, False])
        )
        return (
            rows.group_by("pattern", "source")
            .agg(
                path=pl.col("path").first(),
                related=pl.col("path").slice(1, LISTED - 1),
                splits=pl.col("split").unique(maintain_order=True).reverse().str.join(" and "),
                count=pl.len(),
                several=pl.col("split").n_unique() > 1,
            )
            .filter("several")
            .drop("several")
            .rename({"source": "subject"})
            .sort("path")
        )

    def _spread(self, data: Dataset) -> DataFrame:
        """(pattern, source, image, split, rank): the pictures of sources that are in several splits."""
        splits = data.table("splits").unique()
        once = splits.filter(pl.col("split").n_unique().over("image") == 1)
        ranks = {split: rank for rank, split in enumerate(sorted(once["split"].unique().to_list(), key=order))}
        classes = (
            data.table("labels").filter(pl.col("image").is_not_null()).group_by("image").agg(pl.col("class").min())
        )
        named: DataFrame = sources(data)
        rows = (
            named.join(once, on="image")
            .join(classes, on="image", how="left")
            .with_columns(rank=pl.col("split").replace_strict(ranks, return_dtype=pl.Int32, default=0))
            .sort("image")
        )
        of = ("pattern", "source")
        rows = rows.filter((pl.len().over(of) >= self.min_images) & (pl.col("split").n_unique().over(of) > 1))
        # A source that is as coarse as the class is the class: n01440764_10026, digit3_17.
        finer = pl.col("source").n_unique().over("pattern") >= _SOURCES * pl.col("class").n_unique().over("pattern")
        enough = pl.col("source").n_unique().over("pattern") >= _SOURCES
        return rows.filter(enough & (finer | pl.col("class").is_null())).drop("class")

    def _alike(self, frame: DataFrame, data: Dataset) -> DataFrame | None:
        """The sources of one pattern whose pictures look alike across splits; None if too few do."""
        if data.thumbnails is None:
            return None
        parts = [
            (source, part["image"].to_numpy(), part["rank"].to_numpy())
            for (source,), part in frame.group_by("source", maintain_order=True)
        ]
        alike, early = [], []
        for source, images, ranks in parts:
            later = images[ranks == ranks.max()][:_COMPARED]
            early.append(_standardised(data, images[ranks < ranks.max()][:_COMPARED]))
            alike.append((source, _standardised(data, later)))
        kept = []
        for number, (source, later) in enumerate(alike):
            own = _closest(later, early[number])
            # The same number of pictures of the next sources: what chance makes alike.
            strangers = [_closest(later, early[(number + step) % len(early)]) for step in range(1, min(6, len(early)))]
            if own - max(strangers, default=1.0) >= self.min_alike:
                kept.append(source)
        if len(kept) < max(_SOURCES, _AGREE * len(parts)):
            return None
        return frame.filter(pl.col("source").is_in(kept))


def _standardised(data: Dataset, images: NDArray[np.integer]) -> NDArray[float32]:
    """(n, values): thumbnails of mean 0 and length 1, so that a product is a correlation."""
    assert data.thumbnails is not None
    flat = data.thumbnails[images].reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), np.float32)


def _closest(later: NDArray[float32], earlier: NDArray[float32]) -> float:
    """Correlation of a later picture with the earlier one most like it, in the mean."""
    return float((later @ earlier.T).max(1).mean())
