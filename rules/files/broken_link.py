"""The rule `broken-link`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: How many of the files the one note about links that leave the dataset names.
MOST_EXAMPLES = 20


class BrokenLink(Rule):
    """Symbolic links that lead nowhere, and a note on links that leave the dataset.

    ## What it does
    Flags image links whose target is not there, or that lead back to themselves. Links to files outside the dataset
    are followed like any other and noted once, with their number: that is how hub caches and DVC store content.

    ## Why is this bad?
    A broken link is an image that is listed and cannot be opened. A link that leaves the dataset works here and
    breaks when the folder is copied, archived or mounted elsewhere.

    ## Example
    A link `tabby.jpg` to a file that was deleted. There is no fixture folder: links do not survive every clone, so
    `tests/rules/test_broken_link.py` makes them.

    ## When not to use it
    For datasets that are made of links into a store which is known to be incomplete here.
    """

    code, name, since = "DL110", "broken-link", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.FILES,)
    message = "{fact}"
    hint = "restore the target, or delete the link and its label"

    def check(self, data: Dataset) -> LazyFrame:
        """One row per broken link, and one for all links that lead outside."""
        facts = {
            "dangling": "a symbolic link to a file that is not there",
            "loop": "a symbolic link that leads back to itself",
        }
        broken = data.images.filter(pl.col("link").is_in(list(facts))).select(
            "path",
            pl.col("link").replace_strict(facts, return_dtype=pl.String).alias("fact"),
            pl.lit(None, pl.List(pl.String)).alias("examples"),
            pl.lit(Severity.ERROR.value).alias("severity"),
            pl.lit(self.hint).alias("hint"),
        )
        outside = pl.col("link") == "outside"
        leaving = data.images.filter(outside).select(
            pl.lit(None, pl.String).alias("path"),
            pl.format("{} images are symbolic links to files outside the dataset", pl.len()).alias("fact"),
            pl.col("path").head(MOST_EXAMPLES).implode().alias("examples"),
            pl.lit(Severity.NOTE.value).alias("severity"),
            pl.lit("copy them with their targets (cp -L, rsync -L) when you move the dataset").alias("hint"),
        )
        return pl.concat([broken, leaving.filter(pl.col("examples").list.len() > 0)])
