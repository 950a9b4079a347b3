"""Files that are not images, by what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from datalint.dataset import Dataset


def groups(data: Dataset, most: int | None) -> list[tuple[str, int, list[str]]]:
    """(reason, number of files, the first `most` of their paths), the commonest first.

    Of label files that were read only what they were read as counts here, not how much is in each.
    """
    table = data.table("skipped").with_columns(pl.col("group").fill_null(""))
    paths = pl.col("path").sort() if most is None else pl.col("path").sort().head(most)
    grouped = table.group_by("group").agg(pl.len().alias("files"), paths)
    ordered = grouped.sort(["files", "group"], descending=[True, False])
    return [(words, files, paths) for words, files, paths in ordered.select("group", "files", "path").iter_rows()]
