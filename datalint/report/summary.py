"""The `summary` object of the JSON report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datalint.report import Report


def summed(report: Report) -> dict[str, Any]:
    """Counts of findings, rules that ran and that did not, files that were skipped, entries that are unused."""
    counts = report.counts
    by_code = report.new.group_by("code").len().sort("code")
    return {
        "errors": counts["error"],
        "warnings": counts["warning"],
        "notes": counts["note"],
        "by_code": dict(by_code.iter_rows()),
        "rules_run": sorted(rule.code for rule in report.rules_run),
        "rules_not_run": [
            {"code": rule.code, "reason": rule.reason}
            | ({"plugin": rule.name} if rule.code is None else {})
            | ({"crashed": True} if rule.crashed else {})
            for rule in report.rules_not_run
        ],
        "skipped": report.dataset.table("skipped").select("path", "reason").sort("path", "reason").to_dicts(),
        "accepted": report.accepted,
        "accepted_by_code": {entry.code: entry.count for entry in report.acceptances},
        "baselined": report.findings.height - report.new.height,
        "unused": [
            {"kind": entry.kind, "code": entry.code, "about": entry.about, "reason": entry.reason}
            for entry in report.unused
        ],
    }
