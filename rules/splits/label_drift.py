"""The rule `label-drift`."""

from __future__ import annotations

from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import numpy as np
from datalint.lazy import polars as pl
from datalint.rules.splits._shared import order

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray
    from polars import DataFrame

    from datalint import Dataset

#: Standard score of a chance of 1 in 1,000 on one side.
_SCORE = 3.09
#: Pearson's chi-square needs about this many expected pictures in a cell; rarer classes are put together.
_EXPECTED = 5


class LabelDrift(Rule):
    """Classes have different shares in different splits.

    ## What it does
    Compares the class counts of every two splits: Pearson's chi-square shows whether chance could have done it (one in
    a thousand), Cramér's V whether it is large enough to matter. One finding per pair of splits, naming the class
    whose share differs most.

    ## Why is this bad?
    A model learns how frequent each class is. Where the test split has other shares, accuracy says little about
    training, and the choice of a threshold made on one does not hold on the other.

    ## Example
    In `fixtures/label-drift/bad` train is mostly cats and test mostly dogs. In `fixtures/label-drift/good` the
    shares agree.

    ## When not to use it
    Where the test split is balanced on purpose, or taken from another place or time to measure just this.

    ## References
    An effect size of 0.1 is small, 0.3 medium: J. Cohen, "Statistical Power Analysis for the Behavioral Sciences",
    1988, chapter 7. The chi-square's tail: E. B. Wilson and M. M. Hilferty, "The distribution of chi-square", 1931.
    """

    code, name, since = "DL704", "label-drift", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.SPLITS, Need.ANNOTATIONS)
    message = (
        "the classes of {one} and {other} differ (Cramér's V {effect:.2f}): "
        "{class} is {share_one:.1%} of {one}, {share_other:.1%} of {other}"
    )
    hint = "split again by class (stratified), or report the score of each class"
    per_image = False
    scope = "split"

    min_effect = option(0.1, "The least Cramér's V; 0.1 is a small effect after Cohen (1988).", low=0.0, high=1.0)

    def check(self, data: Dataset) -> DataFrame:
        """Pairs of splits whose class shares differ."""
        counts = (
            data.annotations.filter(pl.col("image").is_not_null() & pl.col("class").is_not_null())
            .select("image", "class")
            .unique()
            .join(data.splits.unique(), on="image")
            .group_by("class", "split")
            .len()
            .sort("class", "split")
            .collect()
            .pivot("split", index="class", values="len")
            .fill_null(0)
        )
        splits = sorted((name for name in counts.columns if name != "class"), key=order)
        rows = []
        for one, other in combinations(splits, 2):
            table = counts.select(one, other).to_numpy().astype(np.int64)
            if one == "train" and (table[:, 0] > 0).sum() == 1 and table[table[:, 0] > 0, 1].all():
                continue  # one class is trained, and the others are the anomalies to find
            effect = _effect(table)
            if effect is None or effect < self.min_effect:
                continue
            shares = table / table.sum(0)
            most = int(np.abs(shares[:, 0] - shares[:, 1]).argmax())
            rows.append((f"{one}, {other}", one, other, effect, counts["class"][most], *shares[most].tolist()))
        columns = {"subject": pl.String, "one": pl.String, "other": pl.String, "effect": pl.Float64}
        columns |= {"class": pl.String, "share_one": pl.Float64, "share_other": pl.Float64}
        return pl.DataFrame(rows, schema=columns, orient="row").with_columns(score="effect")


def _effect(table: NDArray[int64]) -> float | None:
    """Cramér's V of a table (classes, 2 splits); None where chance explains it, or there is too little to say."""
    total = table.sum()
    if not table.sum(0).all():
        return None
    expected = table.sum(1, keepdims=True) * table.sum(0) / total
    rare = (expected < _EXPECTED).any(1)
    table = np.vstack([table[~rare], table[rare].sum(0, keepdims=True)])
    table = table[table.sum(1) > 0]
    freedom = len(table) - 1
    if freedom < 1:
        return None
    expected = table.sum(1, keepdims=True) * table.sum(0) / total
    if (expected < 1).any():
        return None
    chi = float((np.square(table - expected) / expected).sum())
    score = ((chi / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / sqrt(2 / (9 * freedom))
    return sqrt(chi / total) if score > _SCORE else None
