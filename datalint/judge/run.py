"""Each rule runs on its own: one that crashes, or whose rows are invalid, stops neither the scan nor the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.catalogue import registry
from datalint.finding import FINDINGS, KNOWN, NotRun
from datalint.judge import scope
from datalint.judge.words import fields, group_message, messages
from datalint.rule import Scope, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.rule import Rule

Progress = Callable[[str, int, int], None]
"""Told (stage, done, total) while a scan runs."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What one rule found: a frame, no object a row."""

    rule: Rule
    severity: Severity | None
    """The config's severity, which overrides the rule's own and any by row."""
    frame: pl.DataFrame


def judge(
    rules: Sequence[Rule], data: Dataset, settings: Config, progress: Progress | None
) -> tuple[list[Hits], list[NotRun]]:
    """What each of the rules found, and the rules that crashed."""
    hits, crashed = [], []
    for number, rule in enumerate(rules, 1):
        try:
            found = rule.check(data)
            frame = found.collect() if isinstance(found, pl.LazyFrame) else found
            if not isinstance(frame, pl.DataFrame):
                raise TypeError(f"check returned {type(found).__name__}, not a frame")
            if frame.height:
                hits.append(Hits(rule, registry.severity_override(settings, type(rule)), _checked(rule, frame)))
        except (Exception, pl.exceptions.PanicException) as error:
            crashed.append(NotRun(rule.code, rule.name, f"crashed: {cause(error)}", crashed=True))
        if progress:
            progress("judge", number, len(rules))
    return hits, crashed


def cause(error: BaseException) -> str:
    """What went wrong, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _checked(rule: Rule, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the engine's columns in their types; raises where findings cannot be made of its rows."""
    types: dict[str, Any] = {
        **FINDINGS,
        "severity": pl.String,
        "examples": FINDINGS["related"],
        "members": FINDINGS["related"],
    }
    frame = frame.with_columns(pl.col(name).cast(types[name]) for name in KNOWN if name in frame.columns)
    if "severity" in frame.columns:
        for severity in frame["severity"].drop_nulls().unique():
            Severity(severity)
    of_group = fields(rule.group_message) | fields(rule.group_hint)
    needed = fields(rule.message) | fields(rule.hint) | set(rule.fact) | of_group.difference(scope.ABOUT)
    if lacking := needed.difference(frame.columns):
        names = ", ".join(map(repr, sorted(lacking)))
        raise KeyError(f"the message names {names}, which is not a column of the rule's frame")
    if rule.unit not in scope.UNITS:
        raise KeyError(f"its unit is {rule.unit!r}, which is not one of {', '.join(scope.UNITS)}")
    Scope(rule.scope)
    messages(rule, frame.head(1))
    group_message(rule, frame.head(1), dict.fromkeys(scope.ABOUT, 1))
    return frame
