"""The rule `shared-split`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.splits._shared import shared

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class SharedSplit(Rule):
    """Two splits with the same content.

    ## What it does
    Flags pairs of splits with exactly the same content: one folder or list named twice, a link, or a copy.
    Such a pair is left out by `split-leak` and `near-split-leak`.

    ## Why is this bad?
    Validating on the training data measures only memory: early stopping and the choice of a model learn nothing from
    it.

    ## Example
    `fixtures/shared-split/bad` holds the same pictures as train and as val.
    `fixtures/shared-split/good` holds different ones.

    ## When not to use it
    Where a tool insists on a second split and you do not use it.
    """

    code, name, since = "DL705", "shared-split", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.SPLITS, Need.CONTENT)
    message = "{one} and {other} hold the same {count:,} images"
    hint = "split the images again, so that no image of {one} is in {other}"
    per_image = False
    scope = "split"

    def check(self, data: Dataset) -> DataFrame:
        """Pairs of splits with the same content."""
        rows = [(f"{one}, {other}", one, other, count) for (one, other), count in data.once(shared).items()]
        columns = {"subject": pl.String, "one": pl.String, "other": pl.String, "count": pl.UInt32}
        return pl.DataFrame(rows, schema=columns, orient="row")
