"""The report for pull-request comments and job summaries: GitHub-flavoured Markdown, short enough for both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from datalint.advise import LIBRARIES
from datalint.amounts import counted
from datalint.report import changes, in_force
from datalint.report.extent import extents, is_group, named
from datalint.report.place import escaped, place
from datalint.report.rows import by_rule, each, worst
from datalint.report.skipped import groups
from datalint.report.verdict import by_severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.report import Report

#: Characters: GitHub refuses a comment of more than 65,536 (a job summary may hold 1 MiB).
LIMIT = 65_000
#: Findings shown per rule.
SHOWN = 10
#: Characters of one message, name or path.
LONG = 300
RELATED = 2
#: Characters of the line about the settings.
LONG_LINE = 2_000


def render(report: Report) -> str:
    """The Markdown report: verdict, counts by rule, the worst findings of each rule; at most LIMIT characters."""
    lines: list[str] = []
    room = LIMIT - 200
    for line in _lines(report):
        room -= len(line) + 1
        if room < 0:
            lines += ["", "The rest was cut, because a comment has a limit. The HTML and JSON reports have everything."]
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"## datalint: {_verdict(report)}"
    yield ""
    yield _facts(report)
    if settings := in_force.line(report):
        yield ""
        yield text(settings, most=LONG_LINE)
    if notice := in_force.notice(report):
        yield ""
        yield f"**Note:** {text(notice, most=LONG_LINE)}"
    yield from _plan(report)
    rules = _by_rule(report.findings)
    if rules:
        yield from _table(report, rules)
        extent = extents(report, report.new)
        for code, findings in rules.items():
            yield from _rule(code, findings, extent[code])
    yield from _changes(report)
    yield from _passed(report)
    yield from _not_run(report)
    yield from _accepted(report)
    yield from _skipped(report)
    yield from _unused(report)
    yield from _advice(report)


def _verdict(report: Report) -> str:
    if report.exit_code == 3:
        return "nothing was scanned, no image and no label record was found"
    counts = report.counts
    crashed = sum(rule.crashed for rule in report.rules_not_run)
    known = by_severity(report, "baselined")
    parts = [counted(number, f"{'new ' if known else ''}{severity}") for severity, number in counts.items() if number]
    if crashed:
        parts.append(f"{counted(crashed, 'rule')} crashed")
    if not parts:
        parts = ["no new findings" if known else "no findings"]
    if known.get("error"):
        parts.append(counted(known["error"], "known error"))
    return ", ".join(parts)


def _plan(report: Report) -> Iterator[str]:
    """What to do, in order: each step with what it is, why it comes so early, and what to type."""
    steps = report.plan
    if not steps:
        return
    yield ""
    yield "**What to do first**"
    yield ""
    for number, step in enumerate(steps, 1):
        do = f" {text(step.do)[:1].upper()}{text(step.do)[1:]}." if step.do and not step.repairs else ""
        typed = f" {code(step.command, most=LONG_LINE)}" if step.command else ""
        yield f"{number}. **{text(step.what)}.** {text(step.why)}{do}{typed}"


def _passed(report: Report) -> Iterator[str]:
    """What was checked and is right."""
    passed = report.passed
    if not passed:
        return
    yield ""
    yield "<details><summary>Checked, and right</summary>"
    yield ""
    for entry in passed:
        yield f"- {entry.family.capitalize()}: {text(entry.what)}"
    yield ""
    yield "</details>"


def _facts(report: Report) -> str:
    overview = report.overview
    facts = [code(report.root_name), counted(overview["images"], "image")]
    if overview["classes"]:
        facts.append(counted(len(overview["classes"]), "class", "classes"))
    if overview["splits"]:
        facts.append(", ".join(f"{text(name)} {number:,}" for name, number in overview["splits"].items()))
    facts.append(counted(len(report.rules_run), "rule") + " ran")
    if report.baseline is not None:
        facts.append(report.tally)
    if report.accepted:
        facts.append(f"{report.accepted:,} accepted")
    return " · ".join(facts)


def _by_rule(findings: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Code -> new findings, worst first; codes in the order of their first finding."""
    new = findings.filter(pl.col("status") == "new")
    return {code: worst(group) for code, group in by_rule(new)}


def _table(report: Report, rules: dict[str, pl.DataFrame]) -> Iterator[str]:
    summaries = {rule.code: rule.summary() for rule in report.rules_run}
    yield ""
    yield "| severity | rule | findings | what it flags |"
    yield "|---|---|---:|---|"
    for name, findings in rules.items():
        severity, rule = findings["severity"][0], findings["name"][0]
        bold = f"**{severity}**" if severity == "error" else severity
        yield f"| {bold} | {text(name)} {text(rule)} | {findings.height:,} | {text(summaries.get(name, ''))} |"


def _rule(name: str, findings: pl.DataFrame, extent: str) -> Iterator[str]:
    yield ""
    opened = " open" if findings["severity"][0] == "error" else ""
    title = f"<b>{text(name)} {text(findings['name'][0])}</b>: {extent}"
    yield f"<details{opened}><summary>{title}</summary>"
    yield ""
    shown = list(each(findings.head(SHOWN)))
    for finding in shown:
        where = "" if is_group(finding) else f"{code(place(finding))}: "
        if finding.file is not None and finding.path is not None:
            where = f"{code(place(finding))} {code(finding.path)}: "
        some, more = named(finding, finding.data, RELATED)
        beside = [*map(code, some), *([f"{more:,} more"] if more else [])]
        yield f"- {where}{text(finding.message)}" + (f" ({', '.join(beside)})" if beside else "")
    if findings.height > len(shown):
        yield f"- ... {findings.height - len(shown):,} more"
    hint = next((finding.hint for finding in shown if finding.hint), "")
    if hint:
        yield ""
        yield f"What to do: {text(hint)}"
    yield ""
    yield "</details>"


def _changes(report: Report) -> Iterator[str]:
    comparison = report.comparison
    if comparison is None:
        return
    yield ""
    yield f"<details open><summary><b>{text(changes.headline(comparison))}</b></summary>"
    yield ""
    changed = comparison.by_rule.filter((pl.col("new") > 0) | (pl.col("fixed") > 0))
    if changed.height:
        yield "| rule | new | fixed | remaining |"
        yield "|---|---:|---:|---:|"
        for name, rule, *counts in changed.iter_rows():
            yield f"| {text(name)} {text(rule)} | {' | '.join(f'{number:,}' if number else '' for number in counts)} |"
        yield ""
    for row in comparison.fixed.head(SHOWN).to_dicts():
        where = row["file"] or row["path"] or row["subject"] or "dataset"
        yield f"- fixed: {text(row['code'])} {code(where)}: {text(row['message'])}"
    if comparison.fixed.height > SHOWN:
        yield f"- ... {comparison.fixed.height - SHOWN:,} more fixed"
    for remark in changes.remarks(report):
        yield f"- {text(remark)}"
    yield ""
    yield "</details>"


def _advice(report: Report) -> Iterator[str]:
    """One block a language, so that it is pasted at once; each is one piece, which is cut as a whole."""
    for library, language in LIBRARIES.items():
        if not (code := report.advice.program(library)):
            continue
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
        title = f"<details><summary>Ready to paste, for {library}</summary>"
        yield f"\n{title}\n\n{fence}{language}\n{code}{fence}\n\n</details>"


def _not_run(report: Report) -> Iterator[str]:
    if not report.rules_not_run:
        return
    crashed = any(rule.crashed for rule in report.rules_not_run)
    yield ""
    plugins = sum(rule.code is None for rule in report.rules_not_run)
    counts = {"rule": len(report.rules_not_run) - plugins, "plugin": plugins}
    total = " and ".join(counted(number, noun) for noun, number in counts.items() if number)
    yield f"<details{' open' if crashed else ''}><summary>{total} did not run</summary>"
    yield ""
    reasons: dict[str, list[str]] = {}
    for rule in report.rules_not_run:
        reasons.setdefault(rule.reason, []).append(text(rule.label))
    for reason, rules in reasons.items():
        yield f"- {text(reason)}: {', '.join(rules)}"
    yield ""
    yield "</details>"


def _accepted(report: Report) -> Iterator[str]:
    if not report.acceptances:
        return
    yield ""
    yield f"<details><summary>{counted(report.accepted, 'finding')} accepted by the config</summary>"
    yield ""
    for entry in report.acceptances:
        more = f" and {entry.count - len(entry.places):,} more" if entry.count > len(entry.places) else ""
        places = ", ".join(code(place) for place in entry.places)
        yield f"- {text(entry.code)} {text(entry.name)}: {entry.count:,}" + (f" ({places}{more})" if places else "")
    yield ""
    yield "</details>"


def _skipped(report: Report) -> Iterator[str]:
    skipped = report.dataset.table("skipped")
    if skipped.is_empty():
        return
    yield ""
    yield f"<details><summary>Other files: {skipped.height:,}</summary>"
    yield ""
    for reason, number, paths in groups(report.dataset, 3):
        more = f" and {number - len(paths):,} more" if number > len(paths) else ""
        yield f"- {text(reason)}: {', '.join(code(path) for path in paths)}{more}"
    yield ""
    yield "</details>"


def _unused(report: Report) -> Iterator[str]:
    if not report.unused:
        return
    yield ""
    entries = counted(len(report.unused), "entry", "entries")
    yield f"<details><summary>{entries} of the baseline or config not used</summary>"
    yield ""
    for entry in report.unused[:SHOWN]:
        where = "baseline" if entry.kind == "baseline" else "[[accept]]"
        yield f"- {code(where)} {text(entry.code)} {code(entry.about)}: {text(entry.reason)}"
    if len(report.unused) > SHOWN:
        yield f"- ... {len(report.unused) - SHOWN:,} more"
    yield ""
    yield "</details>"


def _cut(value: str, most: int = LONG) -> str:
    value = escaped(value)
    return value if len(value) <= most else value[: most - 1] + "…"


def code(value: str, most: int = LONG) -> str:
    """`value` as a code span on one line: nothing in it is Markdown, HTML or a mention."""
    value = _cut(value, most)
    fence = "`" * (max((len(run) for run in re.findall("`+", value)), default=0) + 1)
    pad = " " if value.startswith("`") or value.endswith("`") or not value.strip() else ""
    return f"{fence}{pad}{value}{pad}{fence}"


def text(value: str, most: int = LONG) -> str:
    """`value` as plain prose on one line, in a list or a table cell: markup escaped, no mention, no link made of it."""
    value = _cut(value, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    value = re.sub(r"([\\`*_{}\[\]|~])", r"\\\1", value)
    # GitHub makes links of @name, #12 and addresses after rendering, where no backslash helps; a zero-width space does.
    return re.sub(r"([@#]|:(?=//)|www(?=\.))", "\\1\u200b", value)
