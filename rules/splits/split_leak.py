"""The rule `split-leak`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.rules.duplicates._groups import blank, groups, placeholders
from datalint.rules.splits._leaks import leaks

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class SplitLeak(Rule):
    """The same picture in two splits.

    ## What it does
    Flags each picture of a later split (test, then val) that an earlier one also holds: as the same bytes, as the
    same pixels under another encoding, or because both splits list the file. The copies in the earlier split are the
    first related paths. Splits with the same content are left to `shared-split`, blank pictures to
    `flat-image`, and placeholders for missing pictures to `exact-duplicate`.

    ## Why is this bad?
    The model has seen the answer. The score is too high by what it remembers, and nothing in training shows it.

    ## Example
    `fixtures/split-leak/bad` holds one cat in train and in test. `fixtures/split-leak/good` holds each picture once.

    ## When not to use it
    Where the later split is not used to judge a model.
    """

    code, name, since = "DL701", "split-leak", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PAIRS, Need.SPLITS)
    fixable = True
    message = "this {split} picture is also in {earlier}"
    hint = "remove it from {earlier}, or from {split}"
    yields_to = ("contradictory-duplicate",)
    groups = False

    def check(self, data: Dataset) -> DataFrame:
        """Images of a later split that are in an earlier one."""
        copies = groups(data).join(blank(data), on="image", how="anti")
        copies = copies.join(data.once(placeholders), on="group", how="anti")
        found: DataFrame = leaks(data, copies).drop("image")
        return found
