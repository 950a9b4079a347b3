"""How much a rule's findings speak of, and what of it a report names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.report import reach
from datalint.report.plan.causes import cause_of
from datalint.report.reach import Spoken, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.dataset import Dataset
    from datalint.finding import Finding
    from datalint.report import Report


def extents(report: Report, findings: pl.DataFrame) -> dict[str, str]:
    """Code -> how much `findings` speak of, of what matters: `34 of 61 images`, `251 of 394 test images`.

    Groups of copies are counted as groups (`2 groups, 5 of 61 images`), boxes as boxes (`96 of 4,784 boxes in 24 of
    300 images`). Findings are not counted as images: it is images only where each is about one, and about no other.
    """
    return {code: _extent(report, said) for code, said in spoken(report, findings, "code")}


def _extent(report: Report, said: Spoken) -> str:
    found, hit = said.findings, reach.images(report.dataset, said)
    number = found.height
    cause = cause_of(found["code"][0], found["name"][0])
    unit = cause.unit if cause else "dataset"
    counted = reach.reach(report, unit, said)
    if counted is not None and unit in ("leak", "class"):
        return counted.short
    if counted is not None and unit in ("object", "record"):
        within = f" in {hit.short}" if hit.count and counted.noun != hit.noun else ""
        return f"{counted.short}{within}"
    beside = found["related"].list.len() > 0
    if (found["path"].is_not_null() & beside).all():
        return f"{number:,} group{'' if number == 1 else 's'}, {hit.short}"
    if (found["path"].is_not_null() & (found["count"] == 1)).all() and not beside.any() and hit.count == number:
        return hit.short
    return f"{number:,} finding{'' if number == 1 else 's'}" + (
        f" in {hit.short}" if 1 < number != hit.count > 0 else ""
    )


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
