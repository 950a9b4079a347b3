"""The rule `suspicious-label`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.mislabels._beside import beside, doubted, which

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class SuspiciousLabel(Rule):
    """Labels worth a look: the ones that the probe believes least, worst first.

    ## What it does
    Lists the images whose label the probe gives a probability under 0.1 while it gives another class at least 0.5,
    least believed first, without those that `likely-mislabel` flags: at most 1 % of the images (or 5). Two classes that
    the probe mixes up in more than a quarter of their images have no entries: `confusable-classes` reports those.
    It is a list to review. Many of its entries are right labels of unusual pictures. A finding names the most similar
    images of both classes; the HTML report shows them side by side. Where boxes and polygons have the classes, the list
    is of these, at most 1 % of them. Where images have several labels, it is of those given, and those missing, that
    the probe gives a probability under 0.1 of being right.

    ## Why is this bad?
    It need not be. But wrong labels are far more frequent in this list than elsewhere, so a person's time is best
    spent on it.

    ## Example
    `fixtures/suspicious-label/bad` has two kinds of picture that differ little, with some labels exchanged.
    `fixtures/suspicious-label/good` has two that differ clearly, labelled well.

    ## When not to use it
    When nobody is going to look at the list.

    ## References
    Kuan and Mueller, "Model-Agnostic Label Quality Scoring to Detect Real-World Label Errors" (2022): ranking by the
    probability of the given label.
    """

    code, name, since = "DL902", "suspicious-label", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.LOW
    needs = (Need.PROBE, Need.ANNOTATIONS)
    yields_to = ("contradictory-duplicate", "conflicting-labels", "mislabelled-batch")
    message = "{said} ({p_suggested:.1%} vs {p_given:.1%}); rank {rank} for review"
    record_message = (
        "the object of {w:.0f}x{h:.0f} pixels at {x:.0f}, {y:.0f} is {said} "
        "({p_suggested:.1%} vs {p_given:.1%}); rank {rank} for review"
    )
    hint = "review the label"
    key = ("record",)
    groups = False

    def check(self, data: Dataset) -> LazyFrame:
        """Images, or objects, of the tier `suspicious`, ranked by label quality."""
        return (
            data.probe.filter(pl.col("tier") == "suspicious")
            .sort("quality", "path", maintain_order=True)
            .select(
                *which(data),
                doubted(data, "could be"),
                "given",
                "suggested",
                "p_given",
                "p_suggested",
                *beside(data),
                (1 - pl.col("quality")).alias("score"),
                pl.int_range(1, pl.len() + 1).alias("rank"),
            )
        )
