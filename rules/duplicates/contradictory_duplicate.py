"""The rule `contradictory-duplicate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.duplicates._groups import LISTED, groups

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class ContradictoryDuplicate(Rule):
    """Identical pictures with different classes.

    ## What it does
    Takes the groups of `exact-duplicate` (equal bytes or equal pixels) of a single-label dataset and flags those
    whose pictures are labelled differently. One finding a group.

    ## Why is this bad?
    At most one of the labels is right. In training they pull against each other, and in the test no model can be
    right on both. It is the one kind of label error that needs no judgement to find.

    ## Example
    `fixtures/contradictory-duplicate/bad` holds one picture as a cat and as a dog.
    `fixtures/contradictory-duplicate/good` holds each picture once.

    ## When not to use it
    Where a picture may belong to several classes: set `task = "multi"`.
    """

    code, name, since = "DL603", "contradictory-duplicate", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PAIRS, Need.LABELS)
    message = "the same picture is labelled {classes}"
    hint = "decide which label is right, and keep one file"

    def check(self, data: Dataset) -> LazyFrame:
        """Groups of equal images whose classes differ."""
        classes = (
            data.labels.filter(pl.col("image").is_not_null() & pl.col("class").is_not_null() & (data.task == "single"))
            .group_by("image")
            .agg(pl.col("class").unique().sort())
            # An image that contradicts itself is conflicting-labels' affair.
            .filter(pl.col("class").list.len() == 1)
            .select("image", pl.col("class").list.first())
        )
        members: LazyFrame = groups(data).lazy().join(classes, on="image", how="left")
        counts = (
            members.filter(pl.col("class").is_not_null())
            .group_by("group", "class")
            .len("n")
            .sort("group", "n", "class", descending=[False, True, False])
            .group_by("group", maintain_order=True)
            .agg(classes=pl.format("{} ({})", "class", "n").str.join(", "), kinds=pl.len())
            .filter(pl.col("kinds") > 1)
        )
        return (
            members.sort("image")
            .group_by("group")
            .agg(path=pl.col("path").first(), related=pl.col("path").slice(1, LISTED - 1), count=pl.len())
            .join(counts, on="group")
            .sort("group")
            .select("path", "related", "count", "classes")
        )
