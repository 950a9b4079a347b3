"""The rule `near-split-leak`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.rules.duplicates._groups import groups
from datalint.rules.splits._leaks import leaks

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class NearSplitLeak(Rule):
    """A copy of a picture (resized, recompressed, grey, mirrored, turned) in another split.

    ## What it does
    Flags each picture of a later split (test, then val) with a near copy, as `near-duplicate` finds them, in an
    earlier one. Pictures that `split-leak` flags are left out.

    ## Why is this bad?
    To a network a mirrored or recompressed picture is nearly the same picture: augmentation makes them all the time.
    The score measures memory.

    ## Example
    `fixtures/near-split-leak/bad` holds a cat in train and its mirror image in test.
    `fixtures/near-split-leak/good` holds different pictures.

    ## When not to use it
    Where the test split is made of altered training pictures on purpose.
    """

    code, name, since = "DL702", "near-split-leak", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PAIRS, Need.SPLITS)
    fixable = True
    message = "this {split} picture is a copy of one in {earlier}"
    hint = "look at both, and put all copies into one split"
    yields_to = ("contradictory-duplicate", "split-leak")
    groups = False

    max_distance = option(
        12, "How far apart the hashes of two copies may be, in bits of 64; see near-duplicate.", low=0, high=12
    )

    def check(self, data: Dataset) -> DataFrame:
        """Images of a later split with a near copy in an earlier one, and no equal one."""
        exact: DataFrame = leaks(data, groups(data))
        near: DataFrame = leaks(data, groups(data, near=self.max_distance))
        return near.join(exact, on="image", how="anti").drop("image")
