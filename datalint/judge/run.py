"""Each rule runs on its own: one that crashes, or whose rows are invalid, stops neither the scan nor the others."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.catalogue import registry
from datalint.finding import FINDINGS, KNOWN, NotRun
from datalint.percent import Share
from datalint.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.rule import Rule

#: Characters of a name that a message shows, and of all that it names: labels may be of any length.
_LONGEST_NAME, _LONGEST = 200, 2000
_LONG = re.compile(rf"(\S{{{_LONGEST_NAME}}})\S+")

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
        except Exception as error:
            crashed.append(NotRun(rule.code, rule.name, f"crashed: {cause(error)}", crashed=True))
        if progress:
            progress("judge", number, len(rules))
    return hits, crashed


def cause(error: Exception) -> str:
    """What went wrong, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def named(text: str) -> str:
    """Names that come from a dataset as a message shows them."""
    return text if len(text) <= _LONGEST_NAME else _LONG.sub(r"\1…", text)[:_LONGEST]


def _shown(value: object) -> object:
    if type(value) is str:
        return named(value)
    return _UNKNOWN if value is None else Share(value) if type(value) is float else value


def message(rule: Rule, row: Mapping[str, Any]) -> tuple[str, str]:
    """The message and the hint of the finding that a row of the rule's frame is."""
    known = {name: _shown(value) for name, value in row.items()}
    hint = row.get("hint")
    return rule.message.format_map(known), rule.hint.format_map(known) if hint is None else str(hint)


def _checked(rule: Rule, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the engine's columns in their types; raises where findings cannot be made of its rows."""
    types = {**FINDINGS, "examples": FINDINGS["related"]}
    frame = frame.with_columns(pl.col(name).cast(types[name]) for name in KNOWN if name in frame.columns)
    if "severity" in frame.columns:
        for severity in frame["severity"].drop_nulls().unique():
            Severity(severity)
    fields = [field for text in (rule.message, rule.hint) for _, field, _, _ in Formatter().parse(text) if field]
    if lacking := {re.split(r"[.\[]", field)[0] for field in fields}.difference(frame.columns):
        names = ", ".join(map(repr, sorted(lacking)))
        raise KeyError(f"the message names {names}, which is not a column of the rule's frame")
    message(rule, frame.row(0, named=True))
    return frame


class _Unknown:
    """An unknown value: it is written `?` in a message instead of ending the scan."""

    def __format__(self, _spec: str) -> str:
        return "?"

    def __getattr__(self, _name: str) -> _Unknown:
        return self

    def __getitem__(self, _key: object) -> _Unknown:
        return self

    __repr__ = __str__ = lambda self: "?"


_UNKNOWN = _Unknown()
