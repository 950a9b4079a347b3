"""The plan: what to do first, in at most seven steps, each of which removes one cause of findings.

A step's place follows from how much a trained model suffers by its cause (`Cause.harm`), how bad the rules call it,
and the share of the images, boxes or records that it hits: `harm x severity x (0.1 + share)`. So what hits all comes
before what hits one, and a leak before a stray file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.report.place import place
from datalint.report.place import said as words
from datalint.report.plan.causes import Cause, cause_of, says
from datalint.report.plan.commands import Commands
from datalint.report.reach import Reach, Spoken, reach, spoken
from datalint.report.rows import each, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.report import Report

#: Steps of a plan.
MOST = 7
#: How bad findings are, of what an error is.
_SEVERITY = {"error": 1.0, "warning": 0.25, "note": 0.1}
#: What a fault weighs however little it hits; and the part that notes must hit to be a step.
_LEAST, _NOTES = 0.1, 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and what it is about."""

    cause: str
    """A short name of what the findings have in common: leaks, unreadable, wrong-labels, ..."""
    severity: str
    """The worst of its findings: error, warning or note."""
    what: str
    """The fault in a sentence, with numbers: `64 % of the test images (251 of 394) are also in train`."""
    why: str
    """What it does to training."""
    do: str
    """What to do, in the imperative."""
    command: str
    """What to type for it, where the scan was started; empty for a dataset in memory."""
    repairs: bool
    """Whether the command repairs. Else it shows the findings, with pictures."""
    rules: tuple[str, ...]
    """Codes of the rules that found it, those first that found most."""
    findings: int
    count: int | None
    """How many `unit` it hits, each counted once ..."""
    total: int | None
    """... of how many there are; null where it is about the dataset as a whole."""
    unit: str | None
    """What is counted: test images, boxes, classes, ..."""

    def document(self) -> dict[str, Any]:
        """The entry of the JSON report."""
        return {**asdict(self), "rules": list(self.rules)}


@dataclass(frozen=True)
class _Draft:
    """A cause with what was found of it."""

    cause: Cause
    said: Spoken
    reach: Reach | None

    @property
    def severity(self) -> str:
        found = set(self.said.findings["severity"].unique())
        return next(name for name in _SEVERITY if name in found)

    @property
    def share(self) -> float:
        """The part that is hit. An error or a warning about the dataset as a whole hits all of it."""
        if self.reach is not None:
            return self.reach.share
        return float(self.severity != "note")

    @property
    def weight(self) -> float:
        return self.cause.harm * _SEVERITY[self.severity] * (_LEAST + self.share)

    @property
    def is_step(self) -> bool:
        return self.severity != "note" or self.share >= _NOTES or self.cause.at_once


def steps(report: Report) -> tuple[Step, ...]:
    """The plan: at most MOST steps, those first that save most. Of what no baseline knows."""
    drafts = sorted(_drafts(report), key=lambda draft: (-draft.weight, draft.cause.name))
    commands = Commands(report)
    fixable = {rule.code for rule in report.rules_run if rule.fixable}
    return tuple(_step(draft, commands, fixable) for draft in drafts[:MOST])


def _drafts(report: Report) -> Iterator[_Draft]:
    new = report.new
    rules = new.select("code", "name").unique().iter_rows()
    causes = {code: cause for code, name in rules if (cause := cause_of(code, name)) is not None}
    names = {code: cause.name for code, cause in causes.items()}
    of = pl.col("code").replace_strict(names, default=None, return_dtype=pl.String)
    # Notes are counted only where there is nothing louder: else the number would not be that of the faults.
    louder = (pl.col("severity") != "note").any().over("cause")
    found = new.with_columns(cause=of).drop_nulls("cause").filter((pl.col("severity") != "note") | ~louder)
    known = {cause.name: cause for cause in causes.values()}
    for name, said in spoken(report, found, "cause"):
        draft = _Draft(known[name], said, reach(report, known[name].unit, said))
        if draft.is_step:
            yield draft


def _step(draft: _Draft, commands: Commands, fixable: set[str]) -> Step:
    findings, cause, hit = draft.said.findings, draft.cause, draft.reach
    counts = findings.group_by("code", "name").len().sort(["len", "code"], descending=[True, False])
    first = next(each(worst(findings).head(1)))
    if hit is None:
        more = f" (and {findings.height - 1:,} more)" if findings.height > 1 else ""
        where = "" if first.count > 1 or first.scope == "dataset" else f"{place(first)}: "
        what = f"{where}{words(first).split('; ')[0]}{more}"
    else:
        what = f"{hit} {says(cause, counts['name'].to_list(), hit.count, hit.home)}"
    command, repairs = _command(draft, commands, fixable, counts)
    return Step(
        cause=cause.name,
        severity=draft.severity,
        what=what,
        why=cause.why,
        do=first.hint,
        command=command,
        repairs=repairs,
        rules=tuple(counts["code"]),
        findings=findings.height,
        count=hit.count if hit else None,
        total=hit.total if hit else None,
        unit=hit.plural if hit else None,
    )


def _command(draft: _Draft, commands: Commands, fixable: set[str], rules: pl.DataFrame) -> tuple[str, bool]:
    """What to type, and whether it repairs; `rules` are the code and name of those that found it."""
    cause, names = draft.cause, set(rules["name"])
    if cause.command:
        return commands.other(cause.command), True
    repaired = rules.filter(pl.col("code").is_in(fixable)).sort("code")["name"].to_list()
    if repaired and commands.can_fix and names.isdisjoint(cause.split):
        return commands.fix(repaired, draft.reach.home if draft.reach else ""), True
    if cause.split and (again := commands.split()):
        return again, True
    return commands.show(sorted(rules["code"]), cause.name), False
