"""The rule `unknown-category-id`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.rules.labels._problems import problems

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UnknownCategoryId(Rule):
    """A class number that the label file does not declare.

    ## What it does
    Flags objects whose class number or id is not in the list of classes that belongs to their label file.

    ## Why is this bad?
    A loader stops in the middle of an epoch, writes past the end of the class scores, or drops the image. The usual
    cause is a list that starts at 1 and is read as if it started at 0.

    ## Example
    `fixtures/unknown-category-id/bad/annotations.json` gives an object the category 3 of two.
    `fixtures/unknown-category-id/good` gives it the category 2.

    ## When not to use it
    No case is known: in training data each finding is a fault.
    """

    code, name, since = "DL810", "unknown-category-id", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PROBLEMS,)
    message = "{reason}; expected {expected}"
    hint = "declare the class, or correct its number in the object"
    key = ("reason",)
    per_image = False
    said_once = True
    fact = ("reason",)

    def check(self, data: Dataset) -> LazyFrame:
        """The problems of this kind."""
        found: LazyFrame = problems(data, "unknown-category")
        return found
