"""The rule `unknown-category-id`."""

from __future__ import annotations

from datalint import Confidence, Severity
from datalint.rules.labels._problems import ProblemRule


class UnknownCategoryId(ProblemRule):
    """A class number that the label file does not declare.

    ## What it does
    Flags objects whose class number or id is not in the list of classes that belongs to their label file.

    ## Why is this bad?
    A loader raises in the middle of an epoch, writes past the end of the class scores, or drops the image. The usual
    cause is a list that starts at 1 read as one that starts at 0.

    ## Example
    `fixtures/unknown-category-id/bad/annotations.json` gives an object the category 3 of two.
    `fixtures/unknown-category-id/good` gives it the category 2.

    ## When not to use it
    Never for training data.
    """

    code, name, since = "DL810", "unknown-category-id", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    kind = "unknown-category"
    hint = "declare the class, or correct its number in the object"
