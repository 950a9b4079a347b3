"""The rule `broken-link`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: How many files one finding about a link names.
MOST_EXAMPLES = 20
#: Characters shown of what a link says.
LONGEST = 200


class BrokenLink(Rule):
    """Symbolic links that lead nowhere, and those that lead out of the dataset.

    ## What it does
    Flags image links whose target is not there, or that lead back to themselves, and links to label files that are not
    read because they lead out of the dataset: each such link once, with what it says. A label file is read through a
    link only where the link leads within the dataset or its Git repository, to nothing that is hidden there, or into
    the store of a tool that keeps files under their digests: git-annex, DVC, or the Hugging Face hub. Nothing is ever
    opened that a link leads to in `/proc` or `/sys`. Links to images outside the dataset are followed like any other
    and noted once, with their number.

    ## Why is this bad?
    A broken link is an image that is listed and cannot be opened. A link that leaves the dataset works here and
    breaks when the folder is copied, archived or mounted elsewhere. In a dataset that someone else made, a label file
    that is a link may lead to any file on this machine, and a report would quote it.

    ## Example
    A link `tabby.jpg` to a file that was deleted; a link `labels/tabby.txt` to `/etc/passwd`. There is no fixture
    folder: links do not survive every clone, so `tests/rules/test_broken_link.py` makes them.

    ## When not to use it
    For datasets that are made of links into a store which is known to be incomplete here. Where the links to label
    files are your own, `datalint scan --follow-links` reads them.
    """

    code, name, since = "DL110", "broken-link", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.FILES,)
    message = "{fact}"
    hint = "restore the target, or delete the link and its label"
    fact = ("fact",)
    group_message = "{who}: {fact}"

    def check(self, data: Dataset) -> LazyFrame:
        """One row per broken link and per link that is not read, and one for all images that lie outside."""
        return pl.concat([_broken(data, self.hint), _not_read(data), _leaving(data)], how="diagonal")


def _broken(data: Dataset, hint: str) -> LazyFrame:
    facts = {
        "dangling": "a symbolic link to a file that is not there",
        "loop": "a symbolic link that leads back to itself",
    }
    return data.images.filter(pl.col("link").is_in(list(facts))).select(
        "path",
        pl.col("link").replace_strict(facts, return_dtype=pl.String).alias("fact"),
        pl.lit(Severity.ERROR.value).alias("severity"),
        pl.lit(hint).alias("hint"),
    )


def _not_read(data: Dataset) -> LazyFrame:
    """Links, to files or folders, because of which something was not read."""
    links = (
        data.skipped.filter(pl.col("link").is_not_null())
        .group_by("link", "target", kernel=pl.col("kind") == "special")
        .agg(
            pl.col("path").filter(pl.col("path") != pl.col("link")).sort().alias("below"),
        )
        .with_columns(pl.col("below").list.len().alias("count"))
    )
    to = pl.format("a symbolic link to {}", pl.col("target").str.slice(0, LONGEST))
    files = pl.when(pl.col("count") == 1).then(pl.lit("1 label file")).otherwise(pl.format("{} label files", "count"))
    fact = (
        pl.when("kernel")
        .then(pl.format("{}, where files are the system's answers: never opened", to))
        .when(pl.col("count") == 0)
        .then(pl.format("{}, which does not belong to the dataset: not read as labels", to))
        .otherwise(pl.format("{}, which does not belong to the dataset: {} in it not read", to, files))
    )
    hint = "copy what it leads to into the dataset; --follow-links reads it where it is, if the link is your own"
    return links.sort("link").select(
        pl.col("link").alias("file"),
        fact.alias("fact"),
        pl.col("below").list.head(MOST_EXAMPLES).alias("examples"),
        pl.lit(Severity.WARNING.value).alias("severity"),
        pl.when("kernel").then(pl.lit("delete the link")).otherwise(pl.lit(hint)).alias("hint"),
    )


def _leaving(data: Dataset) -> LazyFrame:
    """One row for all images outside, if there are any."""
    outside = data.images.filter(pl.col("link") == "outside").select(
        pl.format("{} images are symbolic links to files outside the dataset", pl.len()).alias("fact"),
        pl.col("path").head(MOST_EXAMPLES).implode().alias("examples"),
        pl.col("path").implode().alias("members"),
        pl.lit(Severity.NOTE.value).alias("severity"),
        pl.lit("copy them with their targets (cp -L, rsync -L) when you move the dataset").alias("hint"),
    )
    return outside.filter(pl.col("examples").list.len() > 0)
