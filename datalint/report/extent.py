"""How much a rule's findings speak of, and what of it a report names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.finding import Finding
    from datalint.report import Report


def images(report: Report) -> dict[str, int]:
    """Code -> how many images of the dataset its new findings speak of, each counted once."""
    codes = report.new.select("code", pl.col("id").alias("finding")).unique()
    known = report.members.filter(pl.col("image").is_not_null()).join(codes, on="finding")
    return dict(known.group_by("code").agg(pl.col("image").n_unique()).iter_rows())


def extent(findings: int, images: int, total: int) -> str:
    """`3 findings`, or `96 findings in 24 of 300 images`: findings are not counted as images."""
    found = f"{findings:,} finding{'' if findings == 1 else 's'}"
    return f"{found} in {images:,} of {total:,} images" if images and images != findings else found


def is_group(finding: Finding) -> bool:
    """Whether it speaks of several images or records: then its message says which, and its members are listed."""
    return finding.count > 1


def named(finding: Finding, data: Mapping[str, Any], most: int) -> tuple[Sequence[str], int]:
    """Some of the images or places that a finding names beside its own, and how many more there are."""
    places = data.get("places") if is_group(finding) else None
    some = places if isinstance(places, list) and places else finding.related
    whole = max(finding.count, len(some)) if is_group(finding) else len(some)
    return some[:most], whole - len(some[:most])
