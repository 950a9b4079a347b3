"""The sentences of the reports."""

from __future__ import annotations

from datalint.dataset import ProbeOutcome
from datalint.report.text import recovered


def test_a_probe_that_can_call_no_label_likely_says_so() -> None:
    outcome = ProbeOutcome(ran=True, reason="", planted=6)
    assert recovered(outcome).startswith("of 6 labels changed on purpose, none would be called likely wrong: ")


def test_how_many_changed_labels_would_be_found() -> None:
    outcome = ProbeOutcome(ran=True, reason="", planted=200, recovered=143)
    assert recovered(outcome) == "of 200 labels changed on purpose, 143 would be called likely wrong"
