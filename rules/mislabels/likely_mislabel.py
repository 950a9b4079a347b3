"""The rule `likely-mislabel`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.mislabels._batches import batches, counted, noun, shared
from datalint.rules.mislabels._beside import beside, doubted, which

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

    Where no image has a class, but boxes or polygons in it have, the same is asked of these: each is cut out with a
    margin (`probe.margin`), and neither it nor anything else in its image was trained on. The finding points to the
    record in the label file.

    Where images have several labels, each is asked about by itself: whether an image that has it looks like one without
    it, and whether one that lacks it looks like one with it. Labels that fewer than 5 images have, or fewer than 5
    lack, are not assessed.

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
    needs = (Need.PROBE, Need.ANNOTATIONS)
    yields_to = ("contradictory-duplicate", "conflicting-labels", "mislabelled-batch")
    message = "{said} ({p_suggested:.1%} vs {p_given:.1%}){together}"
    record_message = (
        "the object of {w:.0f}x{h:.0f} pixels at {x:.0f}, {y:.0f} is {said} "
        "({p_suggested:.1%} vs {p_given:.1%}){together}"
    )
    hint = "look at the image, and correct the label if it is wrong"
    key = ("record",)
    groups = False

    def check(self, data: Dataset) -> LazyFrame:
        """Images, or objects, of the tier `likely`."""
        return (
            data.probe.with_row_index("item")
            .filter(pl.col("tier") == "likely")
            .select(
                *which(data),
                doubted(data, "looks like"),
                "given",
                "suggested",
                "p_given",
                "p_suggested",
                _together(data),
                *beside(data),
                (1 - pl.col("quality")).alias("score"),
            )
        )


def _together(data: Dataset) -> Expr:
    """What is said of an item that is one of a batch: how many look so, and what they share."""
    said = {
        item: f"; so do {counted(batch, noun(data))} of {batch.given}{shared(batch)}"
        for batch in batches(data)
        for item in batch.items
    }
    items, words = list(said), list(said.values())
    return (
        pl.col("item").replace_strict(items, words, default="", return_dtype=pl.String).alias("together")
        if said
        else pl.lit("").alias("together")
    )
