"""The sentences of the reports."""

from __future__ import annotations

from datalint.dataset import ProbeOutcome
from datalint.report.text import recovered


def test_a_probe_that_can_call_no_label_likely_says_so() -> None:
    outcome = ProbeOutcome(ran=True, reason="", planted=6)
    assert recovered(outcome).startswith("none of 6 labels flipped in memory was found, ")


def test_how_many_changed_labels_would_be_found() -> None:
    outcome = ProbeOutcome(ran=True, reason="", planted=200, recovered=143)
    assert recovered(outcome) == "143 of 200 labels flipped in memory were found"
