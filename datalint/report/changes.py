"""What changed since an earlier report: in a few lines of text, and as JSON has it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from datalint.finding import plain
from datalint.report.place import name_of

if TYPE_CHECKING:
    from datalint.judge.earlier import Changes
    from datalint.report import Report

#: Rules named on a line.
RULES = 6


def document(comparison: Changes) -> dict[str, Any]:
    """The `comparison` object of the JSON report."""
    found: dict[str, Any] = plain(
        {
            "report": name_of(comparison.earlier),
            "root": comparison.root,
            **comparison.counts,
            "by_code": {
                code: {"new": new, "fixed": fixed, "remaining": remaining}
                for code, _, new, fixed, remaining in comparison.by_rule.iter_rows()
            },
            "new_ids": sorted(comparison.new["id"]),
            "fixed_findings": comparison.fixed.to_dicts(),
            "not_compared": dict(comparison.not_compared),
            "accepted": comparison.accepted,
            "not_scanned": comparison.unseen,
        }
    )
    return found


def headline(comparison: Changes) -> str:
    """`3 new, 12 fixed, 40 remaining since old.json`."""
    counts = ", ".join(f"{number:,} {kind}" for kind, number in comparison.counts.items())
    return f"{counts} since {name_of(comparison.earlier)}"


def rules(comparison: Changes, kind: str) -> str:
    """`DL101 unreadable-image 2, DL701 split-leak 1`, the most first; empty where there is none."""
    counted = comparison.by_rule.filter(comparison.by_rule[kind] > 0).sort([kind, "code"], descending=[True, False])
    named = [
        f"{code} {name} {number:,}" for code, name, number in counted.select("code", "name", kind).head(RULES).rows()
    ]
    more = counted.height - len(named)
    return ", ".join(named) + (f", and {more:,} more rule{'' if more == 1 else 's'}" if more else "")


def remarks(report: Report) -> list[str]:
    """What could not be compared, one sentence each."""
    comparison = report.comparison
    if comparison is None:
        return []
    said = []
    if PurePath(comparison.root).name != PurePath(report.root_name).name:
        said.append(f"the earlier report is of {comparison.root}")
    for when, words in (("then", "ran only then"), ("now", "ran only now")):
        codes = [code for code, ran in comparison.not_compared.items() if ran == when]
        if codes:
            some = ", ".join(codes[:RULES]) + (f" and {len(codes) - RULES:,} more" if len(codes) > RULES else "")
            said.append(f"not compared, as {'it' if len(codes) == 1 else 'they'} {words}: {some}")
    if comparison.accepted:
        said.append(f"accepted by the config since then, and not counted as fixed: {comparison.accepted:,}")
    if comparison.unseen:
        said.append(f"in places that this scan did not look at: {comparison.unseen:,}")
    return said
