"""The rule `likely-mislabel`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.mislabels._batches import batches, counted, shared
from datalint.rules.mislabels._beside import beside

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset


class LikelyMislabel(Rule):
    """Labels that a quick model, which never saw the image, is sure are wrong.

    ## What it does
    Trains a quick model on this dataset and asks it about every image out of sample: neither the image nor a copy of
    it was trained on. This probe estimates how often images of one class carry the label of another, apart from its
    own doubt, and flags the labels that are then most likely wrong: as many as are expected to be wrong in 78 of 100
    cases. Where the contradictions may be the probe's own fault, nothing is flagged. `docs/probe.md` gives the measured
    precision. Images that look like one other class together (a folder dropped into another) are flagged too, where
    that is too plain for confusion, or where they share a split, a folder or names. A finding names the most similar
    images of both classes; the HTML report shows them side by side.

    ## Why is this bad?
    Wrong labels in training cost accuracy; in a test set they change which model looks best.

    ## Example
    `fixtures/likely-mislabel/bad` holds discs, crosses, rings and squares, of each a few in another's folder. In
    `fixtures/likely-mislabel/good` all lie where they belong.

    ## When not to use it
    When classes differ only in what a picture of 32 to 128 pixels a side does not show, or when labels are noisy on
    purpose.

    ## References
    Patrini et al., "Making Deep Neural Networks Robust to Label Noise: A Loss Correction Approach" (2017). Northcutt,
    Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (2021). Northcutt, Athalye and
    Mueller, "Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks" (2021).
    """

    code, name, since = "DL901", "likely-mislabel", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PROBE, Need.LABELS)
    yields_to = ("contradictory-duplicate", "conflicting-labels", "mislabelled-batch")
    message = "labelled {given}, looks like {suggested} ({p_suggested:.1%} vs {p_given:.1%}){together}"
    hint = "look at the image, and correct the label if it is wrong"
    groups = False

    def check(self, data: Dataset) -> LazyFrame:
        """Images of the tier `likely`."""
        return data.probe.filter(pl.col("tier") == "likely").select(
            "path",
            "given",
            "suggested",
            "p_given",
            "p_suggested",
            _together(data),
            beside(data),
            (1 - pl.col("quality")).alias("score"),
        )


def _together(data: Dataset) -> Expr:
    """What is said of an image that is one of a batch: how many look so, and what they share."""
    said = {
        image: f"; so do {counted(batch)} of {batch.given}{shared(batch)}"
        for batch in batches(data)
        for image in batch.images
    }
    images, words = list(said), list(said.values())
    return (
        pl.col("image").replace_strict(images, words, default="", return_dtype=pl.String).alias("together")
        if said
        else pl.lit("").alias("together")
    )
