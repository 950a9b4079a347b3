"""Images of one split that are also in an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl
from datalint.rules.duplicates._groups import LISTED
from datalint.rules.splits._shared import order, shared

if TYPE_CHECKING:
    from polars import DataFrame, Series

    from datalint import Dataset


def _listed(data: Dataset) -> tuple[DataFrame, Series]:
    """(image, split), each once; and the images that are in several splits."""
    listed = data.table("splits").unique()
    return listed, listed.filter(pl.col("image").is_duplicated())["image"]


def leaks(data: Dataset, groups: DataFrame) -> DataFrame:
    """One row per leaked image: image, path, related, subject, split, earlier (splits), copies (number there).

    `groups` are (image, group, path). An image that two splits list is a leak without a copy. Splits with the
    same content do not leak into each other.
    """
    same = data.once(shared)
    listed, several = data.once(_listed)
    # Most images are in one split and have no copies: only the others are looked at.
    concerned = pl.concat([groups["image"], several]).unique()
    images = data.table("images").select("image", "path")
    rows = (
        listed.filter(pl.col("image").is_in(concerned.implode()))
        .join(images.filter(pl.col("image").is_in(concerned.implode())), on="image")
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
