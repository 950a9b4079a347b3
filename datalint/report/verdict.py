"""The verdict: the whole report in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import polars as pl

from datalint.amounts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.report import Report
    from datalint.report.plan import Step

Tone = Literal["error", "warning", "note", "good"]


class Verdict(NamedTuple):
    """How the dataset stands."""

    tone: Tone
    """How bad it is; `good` where nothing was found."""
    title: str
    """The sentence: `10 errors to fix before training`."""
    detail: str
    """What it rests on: how many checks ran, what did not, what is known."""


def verdict(report: Report) -> Verdict:
    """What counts is new; of what a baseline knows, errors are named, because they are there."""
    counts, known = report.counts, by_severity(report, "baselined")
    crashed = sum(rule.crashed for rule in report.rules_not_run)
    if report.exit_code == 3:
        return Verdict("error", "Nothing was scanned", "no image and no label record was found")
    detail = _detail(report, crashed)
    if crashed:
        return Verdict("error", f"The scan did not finish: {counted(crashed, 'rule')} crashed", detail)
    new = "new " if report.baseline is not None or known else ""
    beside = f"; {counted(known['error'], 'known error')} in the baseline" if known.get("error") else ""
    if counts["error"]:
        return Verdict("error", f"{counted(counts['error'], f'{new}error')} to fix before training", detail)
    if counts["warning"]:
        warnings = f"{counted(counts['warning'], f'{new}warning')} to review"
        return Verdict("warning", f"{warnings}{beside}" if beside else f"No {new}errors, {warnings}", detail)
    if beside:
        found = counted(counts["note"], "new note") if counts["note"] else "Nothing new"
        return Verdict("warning", f"{found}{beside}", detail)
    if counts["note"]:
        notes = counted(counts["note"], f"{new}note")
        return Verdict("note", f"No {new}errors, no {new}warnings, {notes}", detail)
    return Verdict("good", f"No {new}findings", detail)


def sentence(report: Report, steps: Sequence[Step]) -> str:
    """The verdict with the first step of the plan: `10 errors to fix before training. First: 64 % of the test ...`."""
    title = verdict(report).title
    return f"{title}. First: {steps[0].what}" if steps else title


def by_severity(report: Report, status: str) -> dict[str, int]:
    """How many findings of a status, new or baselined, there are of each severity that is among them."""
    return dict(report.findings.filter(pl.col("status") == status).group_by("severity").len().iter_rows())


def _detail(report: Report, crashed: int) -> str:
    known = report.findings.height - report.new.height
    plugins = sum(rule.code is None for rule in report.rules_not_run)
    idle = len(report.rules_not_run) - crashed - plugins
    parts = [f"{counted(len(report.rules_run), 'check')} ran"]
    parts += [f"{idle:,} {'does' if idle == 1 else 'do'} not apply here"] if idle else []
    parts += [f"{counted(plugins, 'plugin')} not run"] if plugins else []
    errors = by_severity(report, "baselined").get("error", 0)
    of_them = f" ({counted(errors, 'error')})" if errors else ""
    parts += [f"{counted(known, 'known finding')}{of_them} in the baseline"] if known else []
    parts += [f"{counted(report.accepted, 'finding')} accepted"] if report.accepted else []
    return "; ".join(parts)
