"""The rule `repeated-id`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.rules.labels._problems import problems

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class RepeatedId(Rule):
    """An id that is used twice in one label file.

    ## What it does
    Flags images, annotations and categories whose id an earlier record of the same file already has.

    ## Why is this bad?
    Programs index the records by their id: the later one silently replaces the earlier one, or its objects are counted
    for both. An evaluation matches the wrong object.

    ## Example
    `fixtures/repeated-id/bad/annotations.json` holds two annotations of the id 2.
    In `fixtures/repeated-id/good` each has its own.

    ## When not to use it
    No case is known: in training data each finding is a fault.
    """

    code, name, since = "DL809", "repeated-id", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PROBLEMS,)
    message = "{reason}; expected {expected}"
    hint = "give each record an id of its own"
    key = ("reason",)
    per_image = False
    said_once = True
    fact = ("reason",)

    def check(self, data: Dataset) -> LazyFrame:
        """The problems of this kind."""
        found: LazyFrame = problems(data, "repeated-id")
        return found
