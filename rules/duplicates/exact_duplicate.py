"""The rule `exact-duplicate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.duplicates._groups import EXACT, LISTED, groups, placeholders

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class ExactDuplicate(Rule):
    """The same picture more than once: equal bytes, or equal pixels under another encoding.

    ## What it does
    Groups files whose bytes are equal, and files of one size whose pixels are equal when they are decoded whole
    (a PNG made from a JPEG, the same JPEG with other metadata). One finding per group: its first file, with the others
    as related paths. A picture in three classes or more, or four times in each of two, is reported as a placeholder for
    missing pictures: none of the labels is right.

    ## Why is this bad?
    A picture that is there five times counts five times in training and in the score. Nobody decided that.

    ## Example
    `fixtures/exact-duplicate/bad` holds one cat under two names, and one dog as a BMP and as a PNG.
    `fixtures/exact-duplicate/good` holds each picture once.

    ## When not to use it
    Where pictures are repeated on purpose, such as oversampled classes or placeholders for missing ones.
    """

    code, name, since = "DL601", "exact-duplicate", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.PAIRS,)
    fixable = True
    message = "same picture in {count} files{of}: {how}"
    hint = "keep one of the files"
    # Not to near-split-leak: that two files are equal is more than that they are alike.
    yields_to = ("contradictory-duplicate", "split-leak")
    groups = False

    def check(self, data: Dataset) -> LazyFrame:
        """Groups of equal images."""
        members: LazyFrame = groups(data).lazy()
        exact = data.pairs.filter(pl.col("kind").is_in(EXACT))
        how = (
            exact.join(members.select(a="image", group="group"), on="a")
            .group_by("group")
            .agg(
                how=pl.when((pl.col("kind") == "bytes").all())
                .then(pl.lit("same bytes"))
                .otherwise(pl.lit("same pixels under another encoding"))
            )
        )
        return (
            members.group_by("group")
            .agg(path=pl.col("path").first(), related=pl.col("path").slice(1, LISTED - 1), count=pl.len())
            .join(how, on="group")
            .join(data.once(placeholders).lazy(), on="group", how="left")
            .sort("group")
            .select(
                "path",
                "related",
                "count",
                above(pl.col("count"), 1.0),
                how=pl.when(pl.col("classes").is_null()).then("how").otherwise(pl.lit("a placeholder")),
                of=pl.format(" of {} classes", "classes").fill_null(""),
                hint=pl.when(pl.col("classes").is_null())
                .then(pl.lit(self.hint))
                .otherwise(pl.lit("delete all of them: they stand for pictures that could not be fetched")),
            )
        )
