"""Images of one split that are also in an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl
from datalint.rules.duplicates._groups import LISTED
from datalint.rules.splits._shared import order, shared

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


def leaks(data: Dataset, groups: DataFrame) -> DataFrame:
    """One row per leaked image: image, path, related, subject, split, earlier (splits), copies (number there).

    `groups` are (image, group, path). An image that two splits list is a leak without a copy. Splits with the
    same content do not leak into each other.
    """
    same = shared(data)
    listed = data.table("splits").unique()
    rows = (
        listed.join(data.table("images").select("image", "path"), on="image")
        .join(groups.select("image", "group"), on="image", how="left")
        .with_columns(pl.coalesce("group", "image"))
        .sort("image", "split")
    )
    rows = rows.filter(pl.col("split").n_unique().over("group") > 1)
    everyone = rows.group_by("group").agg(members=pl.col("path").unique(maintain_order=True).head(LISTED))
    splits = sorted(rows["split"].unique().to_list(), key=order)
    found = []
    for number, split in enumerate(splits):
        before = [one for one in splits[:number] if (one, split) not in same]
        earlier = (
            rows.filter(pl.col("split").is_in(before))
            .group_by("group")
            .agg(
                there=pl.col("path").unique(maintain_order=True).head(LISTED),
                copies=pl.col("path").n_unique(),
                earlier=pl.col("split").unique().sort().str.join(" and "),
            )
        )
        found.append(rows.filter(pl.col("split") == split).join(earlier, on="group"))
    if not found:
        return rows.select("image", "path").clear().with_columns(split=pl.lit(""), earlier=pl.lit(""))
    last = pl.concat(found).group_by("image", maintain_order=True).last()
    return last.join(everyone, on="group").select(
        "image",
        "path",
        "split",
        "earlier",
        "copies",
        related=pl.col("there")
        .list.concat("members")
        .list.unique(maintain_order=True)
        .list.set_difference(pl.concat_list("path")),
        subject=pl.format("{} in {}", "split", "earlier"),
    )
