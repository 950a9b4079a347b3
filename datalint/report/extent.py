"""How much a rule's findings speak of, and what of it a report names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.dataset import Dataset
    from datalint.finding import Finding
    from datalint.report import Report


def extents(report: Report, findings: pl.DataFrame) -> dict[str, str]:
    """Code -> how much `findings` speak of: `3 findings`, `34 of 61 images`, `96 findings in 24 of 300 images`.

    Findings are not counted as images: it is images only where each finding is about one image, and about no other.
    """
    total = report.dataset.table("images").height
    one = pl.col("path").is_not_null() & (pl.col("count") == 1) & (pl.col("related").list.len() == 0)
    found = findings.group_by("code").agg(pl.len().alias("findings"), one.all().alias("plain"))
    hit = _images(report, findings)
    return {code: _extent(number, hit.get(code, 0), total, plain=plain) for code, number, plain in found.iter_rows()}


def _images(report: Report, findings: pl.DataFrame) -> dict[str, int]:
    """Code -> how many images of the dataset the findings speak of, each counted once."""
    codes = findings["code"].unique().sort()
    # Numbers instead of the ids and codes themselves: there may be millions of them.
    known = findings.select(pl.col("id").hash().alias("finding"), pl.col("code").cast(pl.Enum(codes)).to_physical())
    named = report.members.select(pl.col("finding").hash(), "image").drop_nulls()
    hit = named.join(known.unique("finding"), on="finding").select("code", "image").unique()
    return {codes[number]: images for number, images in hit.group_by("code").len().iter_rows()}


def _extent(findings: int, images: int, total: int, *, plain: bool) -> str:
    found = f"{findings:,} finding{'' if findings == 1 else 's'}"
    if plain and images == findings:
        return f"{images:,} of {total:,} image{'' if total == 1 else 's'}"
    return f"{found} in {images:,} of {total:,} images" if 1 < findings != images > 0 else found


def images(data: Dataset) -> str:
    """How many images there are, of how many where label files name others: `419`, `0 of 5,331`."""
    there = data.table("images").height
    absent = data.table("named").filter(pl.col("image").is_null())["path"].n_unique()
    return f"{there:,} of {there + absent:,}" if absent else f"{there:,}"


def classes(data: Dataset, used: int) -> str:
    """How many classes labels use, of how many where others are declared: `6`, `2 of 3`."""
    declared = data.table("classes")
    idle = declared.filter(~pl.col("class").is_in(declared.filter("used")["class"].implode()))["class"].n_unique()
    return f"{used:,} of {used + idle:,}" if idle else f"{used:,}"


def is_group(finding: Finding) -> bool:
    """Whether it speaks of several images or records: then its message says which, and its members are listed."""
    return finding.count > 1


def named(finding: Finding, data: Mapping[str, Any], most: int) -> tuple[Sequence[str], int]:
    """Some of the images or places that a finding names beside its own, and how many more there are."""
    places = data.get("places") if is_group(finding) else None
    some = places if isinstance(places, list) and places else finding.related
    whole = max(finding.count, len(some)) if is_group(finding) else len(some)
    return some[:most], whole - len(some[:most])
