"""The rule `near-duplicate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.duplicates._groups import LISTED, groups

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class NearDuplicate(Rule):
    """The same picture in other pixels: resized, recompressed, grey, brightened, mirrored or turned.

    ## What it does
    Groups pictures whose perceptual hashes are close in one of the eight orientations and whose pixels, aligned,
    agree in the large and in fine detail, up to brightness and contrast. Where many pictures of a dataset look alike
    (digits, scans of one organ) more agreement is needed. Two shots of one scene are not copies, and a cropped picture
    is not found. One finding per group.

    ## Why is this bad?
    A picture with copies counts more than others, and a copy in the test split (see `near-split-leak`) tests memory.

    ## Example
    `fixtures/near-duplicate/bad` holds a cat and its mirror image, and a dog at two sizes.
    `fixtures/near-duplicate/good` holds different pictures.

    ## When not to use it
    Where the dataset was augmented on disk on purpose. Keep `near-split-leak`.

    ## References
    Multi-index hashing: Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index hashing", 2012.
    """

    code, name, since = "DL602", "near-duplicate", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.MEDIUM
    needs = (Need.PAIRS,)
    message = "same picture in {count} files: {transforms}"
    hint = "keep the best of them, or put all of them into one split"
    yields_to = ("contradictory-duplicate", "contradictory-copy", "split-leak", "near-split-leak")
    groups = False

    max_distance = option(
        12,
        "How far apart the hashes of two copies may be, in bits of 64. The search goes no further than 12; the "
        "pixels decide.",
        low=0,
        high=12,
    )

    def check(self, data: Dataset) -> LazyFrame:
        """Groups of copies that are not all equal."""
        members: LazyFrame = groups(data, near=self.max_distance).lazy()
        near = data.pairs.filter((pl.col("kind") == "near") & (pl.col("distance") <= self.max_distance))
        how = (
            near.join(members.select(a="image", group="group"), on="a")
            .group_by("group")
            .agg(
                transforms=pl.col("transform").unique().sort().str.join(", "),
                distance=pl.col("distance").max(),
                difference=pl.col("difference").max(),
            )
        )
        return (
            members.group_by("group")
            .agg(path=pl.col("path").first(), related=pl.col("path").slice(1, LISTED - 1), count=pl.len())
            .join(how, on="group")
            .sort("group")
            .drop("group")
            .with_columns(above(pl.col("count"), 1.0))
        )
