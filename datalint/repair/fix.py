"""Repair a dataset from Python: what `datalint fix` does, for a report that is at hand."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from datalint.repair import decisions as decided
from datalint.repair import words
from datalint.repair.changes import Policy
from datalint.repair.check import Check
from datalint.repair.chosen import chosen
from datalint.repair.copy import copy
from datalint.repair.edits import FixError
from datalint.repair.journal import apply
from datalint.repair.plan import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from datalint.repair.changes import Keep
    from datalint.repair.check import Outcome
    from datalint.report import Report
    from datalint.report.decisions import Decided

#: The probe judges by all images at once: it is not asked, as it answers otherwise when some of them are gone.
PROBE = "DL9"


class Repaired(NamedTuple):
    """What `fix` did, or would do."""

    plan: Plan
    """What is changed, and what is not and why; printed, it says so in words."""
    outcome: Outcome | None = None
    """What the second scan found: its `exit_code` is 0 where all is as it should be. None where nothing was changed."""
    manifest: Path | None = None
    """What `datalint fix --undo` takes, for a repair in place."""

    def __str__(self) -> str:
        lines = [*words.said(self.plan), "", *words.diffs(self.plan)] if self.outcome is None else [str(self.outcome)]
        return "\n".join(lines)


def fix(
    report: Report,
    *,
    only: Sequence[str] | str = (),
    safe: bool | None = None,
    to: str | os.PathLike[str] | None = None,
    backup: str | os.PathLike[str] | None = None,
    keep: Keep = "first",
    out_of: str | None = None,
    decisions: str | os.PathLike[str] | Iterable[Decided] | None = None,
    link: bool = False,
) -> Repaired:
    """Repair the findings of `report`; without `to` and `backup` only say how.

    `to` is a new folder for a corrected copy, `backup` a new folder for what a repair in place changes. `only` names
    rules, `safe` all that lose nothing (the default without `only` and `decisions`). `decisions` are a file of them, or
    the report's own: `report.decisions`. `keep`, `out_of` and `link` are those of `datalint fix`. Raises FixError with
    one line where nothing can be repaired, and TypeError for both folders.
    """
    if to is not None and backup is not None:
        raise TypeError("fix() takes `to` for a copy, or `backup` to change the dataset itself, not both")
    names = [only] if isinstance(only, str) else list(only)
    wanted = chosen(names, safe=not (names or decisions) if safe is None else safe)
    config = report.config
    told = _told(decisions)
    made = plan(report, wanted, Policy(keep, out_of), told)
    if not made or (to is None and backup is None):
        return Repaired(made)
    check = Check(replace(report, config=config.merged(ignore=(*config.ignore, PROBE))), made)
    if to is not None:
        copy(made, Path(to), link=link)
        return Repaired(made, check.after(Path(to)))
    assert backup is not None
    manifest = apply(made, Path(backup))
    return Repaired(made, check.after(made.root), manifest)


def _told(decisions: str | os.PathLike[str] | Iterable[Decided] | None) -> dict[str, decided.Decision]:
    """Finding -> decision; of several about one the last."""
    if decisions is None:
        return {}
    if isinstance(decisions, str | os.PathLike):
        return decided.read(Path(decisions))
    return {each.id: decided.Decision(each.decision, each.value) for each in decisions}


__all__ = ["FixError", "Repaired", "fix"]
