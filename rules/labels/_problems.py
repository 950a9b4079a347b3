"""Rules that pass on what a reader of label files found wrong, kind by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from datalint import Need, Rule
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class ProblemRule(Rule, abstract=True):
    """A rule whose findings are the problems of one kind."""

    kind: ClassVar[str]
    needs = (Need.PROBLEMS,)
    message = "{reason}; expected {expected}"
    key = ("reason",)
    per_image = False

    def check(self, data: Dataset) -> LazyFrame:
        """The problems of this kind, with their places."""
        told = data.problems.filter(pl.col("kind") == self.kind)
        return told.select("path", "file", "line", "column", "pointer", "reason", "expected")
