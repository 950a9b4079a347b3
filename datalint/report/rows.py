"""The rows of a findings table: as findings, as entries of the JSON report, by rule, the worst of them.

Nothing here copies the table: it may be the largest thing in memory.
"""

from __future__ import annotations

from json import loads
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.finding import Finding, plain

if TYPE_CHECKING:
    from collections.abc import Iterator


def each(findings: pl.DataFrame) -> Iterator[Finding]:
    """The findings."""
    for row in findings.iter_rows(named=True):
        yield Finding(**{**row, "related": tuple(row["related"]), "data": loads(row["data"])})


def entries(findings: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The `findings` of the JSON report."""
    for finding in each(findings):
        yield plain({name: getattr(finding, name) for name in Finding.__slots__})


def by_rule(findings: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The findings of each rule, in the order of their first."""
    runs = findings.select(pl.col("code").rle()).unnest("code")
    starts = runs["len"].cum_sum() - runs["len"]
    parts: dict[str, list[pl.DataFrame]] = {}
    for code, start, length in zip(runs["value"].to_list(), starts.to_list(), runs["len"].to_list(), strict=True):
        parts.setdefault(code, []).append(findings.slice(start, length))
    for code, slices in parts.items():
        yield code, pl.concat(slices)


def worst(findings: pl.DataFrame, most: int | None = None, *, known_last: bool = False) -> pl.DataFrame:
    """`findings` (the first `most`), worst first: by severity, groups before single ones, then by score; those without
    a score keep their order. With `known_last` those of the baseline follow all others.
    """
    return findings[worst_rows(findings, known_last=known_last).head(findings.height if most is None else most)]


def worst_rows(findings: pl.DataFrame, *, known_last: bool = False) -> pl.Series:
    """The row numbers of `findings` in the order of `worst`."""
    keys = [
        pl.col("severity").to_physical(),
        pl.col("count") <= 1,
        -pl.col("score").fill_null(0.0).fill_nan(0.0),
    ]
    if known_last:
        keys.insert(0, pl.col("status") == "baselined")
    return findings.select(pl.arg_sort_by(keys, maintain_order=True).alias("row")).to_series()
