"""The fixers together: rules say themselves that there is one, for reports, which do not know of repairs."""

from __future__ import annotations

from datalint.catalogue.registry import load
from datalint.config.settings import Config
from datalint.repair.fixers import FIXERS


def test_rules_say_that_they_have_a_fixer() -> None:
    fixable = {entry.rule.code: entry.rule.name for entry in load(Config(isolated=True)) if entry.rule.fixable}
    assert fixable == {code: fixer.name for code, fixer in FIXERS.items()}
