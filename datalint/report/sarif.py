"""SARIF 2.1.0, as GitHub's code scanning takes it.

GitHub refuses a file with more than 25,000 results per run and keeps 5,000 of them; a result without a file, or with a
space in its URI, makes it refuse the whole upload (GitHub Docs, "SARIF support for code scanning"). So the worst 5,000
findings are written and the cut is reported, every result has a file, and URIs are relative and percent-encoded.
Findings of the baseline are left out: the forge closes what is not listed.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint import __version__
from datalint.catalogue.page import page
from datalint.finding import Finding
from datalint.report import in_force
from datalint.report.anchor import Anchors, Place
from datalint.report.place import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.report import Report
    from datalint.rule import Rule

#: Results in a file.
KEPT = 5_000
#: Related images named per result; GitHub shows 100 locations.
RELATED = 20
#: Characters of a rule's short and full description.
LONG = 1_024

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_URGENCY = {"error": "error", "warning": "warning", "note": "recommendation"}


def render(report: Report) -> str:
    """The SARIF log of one run: at most KEPT findings, the worst."""
    return json.dumps(_log(report), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def notice(report: Report) -> str:
    """What was cut, in words; empty where nothing was."""
    total = report.new.height
    if total <= KEPT:
        return ""
    return (
        f"sarif: the worst {KEPT:,} of {total:,} findings, the most that code scanning keeps; the JSON report has all"
    )


def _log(report: Report) -> dict[str, Any]:
    anchors = Anchors(report)
    findings = list(_worst(report))
    rules = report.rules_run  # one without results tells the forge that its alerts are closed
    root = anchors.root.uri
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "datalint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_descriptor(rule) for rule in rules],
            }
        },
        "automationDetails": {"id": "datalint/" if root == "." else f"datalint/{root}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": list(_results(findings, [rule.code for rule in rules], anchors)),
        "properties": {"findings": report.new.height, "cut": max(0, report.new.height - KEPT)},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _worst(report: Report) -> Iterator[Finding]:
    """The new findings that are kept, by severity, then confidence, then score; in the report's order."""
    new = report.new
    if new.height > KEPT:
        by = [pl.col(name).to_physical() for name in ("severity", "confidence")]
        score = -pl.col("score").fill_null(0.0).fill_nan(0.0)
        order = new.select(pl.arg_sort_by([*by, score], maintain_order=True).alias("row"))["row"]
        new = new[order.head(KEPT).sort()]
    for row in new.iter_rows(named=True):
        yield Finding(**{**row, "related": tuple(row["related"]), "data": {}})


def _descriptor(rule: Rule) -> dict[str, Any]:
    summary = rule.summary() or rule.name
    family = type(rule).__module__.split(".")
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": _cut(summary)},
        "fullDescription": {"text": _cut(summary)},
        "help": {"text": rule.page() or summary, "markdown": page(type(rule))},
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": {
            "precision": str(rule.confidence),
            "problem.severity": _URGENCY[rule.severity],
            "tags": ["dataset", family[2]] if family[:2] == ["datalint", "rules"] else ["dataset"],
        },
    }


def _invocation(report: Report) -> dict[str, Any]:
    notes = [
        {
            "level": "error" if rule.crashed else "note",
            "message": {"text": escaped(f"{rule.label} did not run: {rule.reason}")},
        }
        for rule in report.rules_not_run
    ]
    about = (in_force.line(report), in_force.notice(report))
    notes += [{"level": "note", "message": {"text": escaped(text)}} for text in about if text]
    if cut := notice(report):
        notes.append({"level": "warning", "message": {"text": cut}})
    if report.exit_code == 3:
        notes.append({"level": "error", "message": {"text": "no image and no label record was found"}})
    return {
        "executionSuccessful": report.exit_code in (0, 1),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": notes,
    }


def _results(findings: list[Finding], codes: list[str], anchors: Anchors) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    index = {code: number for number, code in enumerate(codes)}
    for finding in findings:
        seen[finding.id] += 1
        related = finding.related[:RELATED]
        result: dict[str, Any] = {
            "ruleId": finding.code,
            "level": finding.severity,
            "message": {"text": _message(finding, related, anchors)},
            "locations": [_location(anchors.of(finding), finding.pointer)],
            "partialFingerprints": {
                "primaryLocationLineHash": f"{finding.id.rpartition(':')[2]}:{seen[finding.id]}",
                "datalint/v1": finding.id,
            },
            "properties": {"confidence": finding.confidence},
        }
        if finding.code in index:
            result["ruleIndex"] = index[finding.code]
        if finding.subject is not None:
            result["properties"]["subject"] = finding.subject
        result["properties"] |= {"scope": finding.scope, "count": finding.count}
        if finding.count > 1:
            result["occurrenceCount"] = finding.count
        if finding.score is not None and finding.score == finding.score:
            result["rank"] = round(100 * min(1.0, max(0.0, finding.score)), 1)
        if related:
            result["relatedLocations"] = [
                {"id": number, **_location(anchors.file(path), None)} for number, path in enumerate(related, 1)
            ]
        yield result


def _message(finding: Finding, related: tuple[str, ...], anchors: Anchors) -> str:
    """The fact, the related images as links to their locations, and what to do."""
    text = _unlinked(anchors.said(finding))
    if related:
        links = [f"[{_linked(path)}]({number})" for number, path in enumerate(related, 1)]
        others = max(len(finding.related), finding.count) - len(related)
        more = f" and {others:,} more" if others > 0 else ""
        text += f" ({', '.join(links)}{more})"
    hint = _unlinked(escaped(finding.hint))
    return f"{text}. {hint[0].upper()}{hint[1:]}." if hint else f"{text}."


def _unlinked(text: str) -> str:
    """`text`, in which a class may be named so, without embedded links of its own."""
    return text.replace("](", "\\](")


def _linked(path: str) -> str:
    """`path` as the text of an embedded link (SARIF 2.1.0, 3.11.6): backslash and brackets escaped."""
    text = escaped(path)
    for character in "\\[]":
        text = text.replace(character, "\\" + character)
    return text


def _location(place: Place, pointer: str | None) -> dict[str, Any]:
    # Code scanning wants a whole region, for images too; an empty one at the start says nothing false.
    line, column = place.line or 1, place.column or 1
    region = {"startLine": line, "startColumn": column, "endLine": line, "endColumn": column}
    found: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": place.uri}, "region": region}}
    if pointer:
        found["logicalLocations"] = [{"fullyQualifiedName": pointer}]
    return found


def _cut(text: str) -> str:
    return text if len(text) <= LONG else text[: LONG - 1] + "…"
