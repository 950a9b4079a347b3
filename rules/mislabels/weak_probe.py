"""The rule `weak-probe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.mislabels._beside import are_objects

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class WeakProbe(Rule):
    """The probe for wrong labels abstained: they were not looked for.

    ## What it does
    Says so, and why, when the probe did not judge this dataset: too few images, one class only, no better than chance,
    or out of time. Nothing is said of boxes of a single class: none can be taken for another.

    ## Why is this bad?
    Otherwise the silence of `likely-mislabel` could be mistaken for a clean bill of health.

    ## Example
    `fixtures/weak-probe/bad` has a dozen pictures, too few to learn from. `fixtures/weak-probe/good` has enough.

    ## When not to use it
    When you know that the dataset is too small or too hard for a quick model.
    """

    code, name, since = "DL905", "weak-probe", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.PROBE, Need.ANNOTATIONS)
    per_image = False
    message = "labels were not checked: {reason}"
    hint = "check a sample of the labels by hand"

    def check(self, data: Dataset) -> DataFrame:
        """One row if the probe abstained, unless all objects are of one class: then none can be taken for another."""
        outcome = data.probe_outcome
        one = are_objects(data) and data.table("probe")["given"].drop_nulls().n_unique() < 2
        reasons = [] if outcome is None or outcome.ran or one else [outcome.reason]
        return pl.DataFrame({"reason": reasons}, schema={"reason": pl.String})
