"""The rows of a findings table as findings, and as entries of the JSON report."""

from __future__ import annotations

from json import loads
from typing import TYPE_CHECKING, Any

from datalint.finding import Finding, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl


def each(findings: pl.DataFrame) -> Iterator[Finding]:
    """The findings."""
    for row in findings.iter_rows(named=True):
        yield Finding(**{**row, "related": tuple(row["related"]), "data": loads(row["data"])})


def entries(findings: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The `findings` of the JSON report."""
    for finding in each(findings):
        yield plain({name: getattr(finding, name) for name in Finding.__slots__})
