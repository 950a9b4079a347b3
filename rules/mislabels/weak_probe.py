"""The rule `weak-probe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class WeakProbe(Rule):
    """The probe for wrong labels abstained: they were not looked for.

    ## What it does
    Says so, and why, when the probe did not judge this dataset: too few images, one class only, no better than chance,
    or out of time.

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
        """One row if the probe abstained."""
        outcome = data.probe_outcome
        reasons = [] if outcome is None or outcome.ran else [outcome.reason]
        return pl.DataFrame({"reason": reasons}, schema={"reason": pl.String})
