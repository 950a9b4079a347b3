"""Causes: which rules each joins, and what they say together."""

from __future__ import annotations

from datalint.catalogue.registry import load
from datalint.config.settings import Config
from datalint.report.plan.causes import CAUSES, NO_FAULT, OTHER, cause_of, says, verb

RULES = {entry.rule.name: entry.rule.code for entry in load(Config(isolated=True))}


def test_they_name_rules_that_exist_and_each_once() -> None:
    named = [rule for cause in CAUSES for rule in cause.rules]
    assert set(named) <= RULES.keys()
    assert len(named) == len(set(named))
    assert len({cause.name for cause in CAUSES}) == len(CAUSES)


def test_every_rule_has_one() -> None:
    lost = [name for name, code in RULES.items() if cause_of(code, name) in (None, OTHER)]
    assert lost == list(NO_FAULT)


def test_a_rule_of_ones_own_has_one_as_well() -> None:
    assert cause_of("OUR001", "our-rule") is OTHER
    assert says(OTHER, ["our-rule"], 3, "") == "have faults"


def test_kinds_of_one_cause_are_one_sentence() -> None:
    boxes = next(cause for cause in CAUSES if cause.name == "wrong-boxes")
    assert says(boxes, ["degenerate-box"], 2, "") == "have no area"
    assert says(boxes, ["repeated-box", "degenerate-box", "box-outside-image"], 9, "") == (
        "lie outside their image, have no area or are there twice"
    )
    many = ["box-outside-image", "degenerate-box", "non-finite-box", "area-mismatch", "repeated-box"]
    assert says(boxes, many, 9, "") == (
        "lie outside their image, have no area, are not finite, have an area that is not theirs or other faults"
    )


def test_one_thing_is_said_to_be_one() -> None:
    leaks = next(cause for cause in CAUSES if cause.name == "leaks")
    assert says(leaks, ["split-leak", "near-split-leak"], 1, "train") == (
        "is also in train or has a near copy in train"
    )
    assert [verb(words, 1) for words in ("cannot be read", "lie apart", "are two")] == [
        "cannot be read", "lies apart", "is two",
    ]  # fmt: skip


def test_no_phrase_needs_a_verb_that_has_no_singular() -> None:
    first = {phrase.split(" ")[0] for cause in CAUSES for phrase in cause.rules.values()}
    assert first <= {"are", "have", "cannot", "hold", "lie", "look", "belong", "contradict", "declare", "name", "tell"}
