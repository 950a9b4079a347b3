"""The rule `inconsistent-classes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.rules.labels._problems import problems

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class InconsistentClasses(Rule):
    """Lists of classes that contradict themselves.

    ## What it does
    Flags label files whose own list of classes does not add up: a declared number of classes that is not the number
    of names, numbers that leave one out, a number or a name that is used twice, a second list that differs. The same
    for keypoints: a `flip_idx` that does not exchange each keypoint of `kpt_shape` with one other, or with itself.

    ## Why is this bad?
    The number of a class is all that a model learns. If `nc` is 2 and there are 3 names, one program stops and the
    next one builds a head with too few outputs; if two lists disagree, every name that is shown may be wrong.

    ## Example
    `fixtures/inconsistent-classes/bad/data.yaml` says `nc: 3` and names two classes.
    `fixtures/inconsistent-classes/good/data.yaml` says `nc: 2`.

    ## When not to use it
    Never for training data.
    """

    code, name, since = "DL412", "inconsistent-classes", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PROBLEMS,)
    message = "{reason}; expected {expected}"
    hint = "correct the list (`nc` is the number of names), and check the numbers in the labels against it"
    key = ("reason",)
    per_image = False
    fact = ("reason",)

    def check(self, data: Dataset) -> LazyFrame:
        """The problems of this kind."""
        found: LazyFrame = problems(data, "classes")
        return found
