"""The report for a person at a terminal: grouped by rule, worst first, capped."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from datalint.amounts import counted, percent
from datalint.report import changes, in_force
from datalint.report.extent import classes, extents, images, is_group, named
from datalint.report.lines import Lines
from datalint.report.place import escaped, name_of, place, said
from datalint.report.plan.commands import Commands
from datalint.report.rows import by_rule, each, worst
from datalint.report.skipped import groups
from datalint.report.source_lines import WIDE, SourceLine, SourceLines
from datalint.report.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import polars as pl

    from datalint.dataset import ProbeOutcome
    from datalint.finding import Finding
    from datalint.report import Report
    from datalint.report.passed import Passed
    from datalint.sources.url import Url

#: Findings shown per rule, when the whole is capped.
SHOWN = 5
#: The smallest share of wrong labels that is stated: the estimate is no finer than one label in a thousand.
_LEAST_NOISE = 0.001
#: Longer commands do not move what is said of the others.
_SHORT = 30
_GUTTER = " │ "
_TONES = {"error": "red", "warning": "yellow", "note": "cyan", "good": "green"}
STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def render(
    report: Report,
    *,
    color: bool = False,
    width: int | None = None,
    limit: int = SHOWN,
    verbose: bool = False,
    beside: Collection[str] = (),
    links: bool = False,
) -> str:
    """The text report; `limit` findings are shown per rule (0 = all of them).

    Lines are broken where they would be wider than `width` cells; without one, each fact is one line. `beside` are the
    formats in which the report is written as well. With `links` (and colour) a terminal may open the files.
    """
    stream = io.StringIO()
    console = Console(
        file=stream,
        force_terminal=color,
        force_jupyter=False,  # in a notebook too the report is returned, not shown
        no_color=not color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,  # `Lines` breaks them
    )
    lines = Lines(console, width)
    _head(lines, report)
    passed = report.passed
    _plan(lines, report, passed)
    extent = extents(report, report.new)
    quoted = SourceLines(report.dataset, WIDE if width is None else width - len(_GUTTER) - 6)
    for code, findings in by_rule(report.new):
        _rule(lines, findings, extent[code], limit, quoted, report.dataset.root if links else None)
    _passed(lines, passed)
    _not_run(lines, report, verbose)
    _accepted(lines, report)
    _skipped(lines, report, verbose)
    _unused(lines, report, verbose)
    _changes(lines, report)
    _verdict(lines, report)
    _next(lines, report, beside)
    return stream.getvalue()


def _head(lines: Lines, report: Report) -> None:
    data, overview = report.dataset, report.overview
    there = images(data)
    facts = [f"{there} image{'' if there == '1' else 's'}"]
    if overview["classes"]:
        known = classes(data, len(overview["classes"]))
        facts.append(f"{known} class{'' if known == '1' else 'es'}")
    if overview["splits"]:
        facts.append(", ".join(f"{escaped(name)} {count:,}" for name, count in overview["splits"].items()))
    lines.add(Text.assemble((escaped(report.root_name), "bold"), "  ", " · ".join(facts)))
    if line := in_force.line(report):
        lines.add(Text("  " + escaped(line)))
    if notice := in_force.notice(report):
        lines.add(Text("  " + escaped(notice), "yellow"))
    for sentence in data.evidence:
        lines.add(Text("  " + escaped(sentence), "dim"))
    if data.statistics:
        lines.add(Text("  " + normalize_line(report), "dim"))
    if line := probe_line(report):
        lines.add(Text("  " + escaped(line), "dim"))
    lines.add()


def _plan(lines: Lines, report: Report, passed: Sequence[Passed]) -> None:
    """The verdict, and what to do first."""
    told, steps = verdict(report), report.plan
    if report.exit_code == 3 or not (steps or passed):
        return
    order = ". What to do, in the order that saves most:" if len(steps) > 1 else ""
    lines.add(Text.assemble((told.title, f"bold {_TONES[told.tone]}"), order))
    for number, step in enumerate(steps, 1):
        lines.add(Text.assemble((f"  {number}  ", "bold"), (escaped(step.what), STYLES[step.severity])), inset=5)
        lines.add(Text(f"     {escaped(step.why)}"), inset=5)
        if step.do and not step.repairs:
            lines.add(Text(f"     → {escaped(step.do)}", "green"), inset=7)
        if step.command:
            lines.command(escaped(step.command), inset=5)
    lines.add()


def _passed(lines: Lines, passed: Sequence[Passed]) -> None:
    """What was checked and is right, a line a family."""
    if not passed:
        return
    lines.add(Text("Passed", "bold"))
    wide = max(len(entry.family) for entry in passed)
    for entry in passed:
        lines.add(
            Text.assemble("  ", ("✓ ", "green"), entry.family.capitalize().ljust(wide), f"  {entry.what}"),
            inset=6 + wide,
        )
    lines.add()


def normalize_line(report: Report) -> str:
    """The measured mean and std as one would paste them into a training script."""
    statistics = report.dataset.statistics
    if statistics is None:
        return ""
    mean, std = (", ".join(f"{value:.4f}" for value in values) for values in (statistics.mean, statistics.std))
    return f"transforms.Normalize(mean=[{mean}], std=[{std}])"


def probe_line(report: Report) -> str:
    """How far the probe can be trusted, in one sentence; empty if it did not run."""
    outcome = report.dataset.probe_outcome
    if outcome is None or not outcome.ran:
        return ""
    text = f"Probe: {counted(outcome.assessed, 'label')} assessed"
    if outcome.accuracy is not None and outcome.chance is not None:
        text += (
            f"; the quick model gets {percent(outcome.accuracy)} right on {outcome.noun}s it did not see "
            f"(always guessing the largest class: {percent(outcome.chance)})"
        )
    text += f"; {noise(outcome)}"
    if outcome.planted and outcome.noise is not None:
        text += f"; self-check: {recovered(outcome)}"
    for remark in outcome.remarks:
        text += f"; {remark}"
    for reason, number in outcome.not_assessed.items():
        text += f"; {counted(number, outcome.noun)} not assessed: {reason}"
    return text


def recovered(outcome: ProbeOutcome) -> str:
    """How many of the labels that the probe flipped in memory it found to be likely wrong, and what follows if none."""
    flipped = f"of {counted(outcome.planted, 'label')} flipped in memory"
    if not outcome.recovered:
        return f"none {flipped} was found, so wrong labels can only be among the suspicious ones here"
    return f"{outcome.recovered:,} {flipped} {'was' if outcome.recovered == 1 else 'were'} found"


def noise(outcome: ProbeOutcome) -> str:
    """The estimated share of wrong labels, and how far it may be off."""
    if outcome.noise is None:
        return "too unsure of the classes to tell wrong labels from hard images"
    most = outcome.noise + (outcome.noise_error or 0.0)
    if most < _LEAST_NOISE:
        return f"under {100 * _LEAST_NOISE:.1f} % of the labels look wrong"
    if outcome.noise_error is not None and outcome.noise < outcome.noise_error:
        return f"at most {100 * most:.1f} % of the labels look wrong"
    error = f" ± {100 * outcome.noise_error:.1f}" if outcome.noise_error is not None else ""
    return f"{100 * outcome.noise:.1f}{error} % of the labels look wrong"


def _rule(
    lines: Lines, findings: pl.DataFrame, extent: str, limit: int, quoted: SourceLines, root: Path | Url | None
) -> None:
    shown = list(each(worst(findings, limit or None)))
    first = shown[0]
    counts = dict(findings.group_by("severity").len().sort("severity").iter_rows())
    mixed = (
        f" ({', '.join(counted(number, severity) for severity, number in counts.items())})" if len(counts) > 1 else ""
    )
    lines.add(
        Text.assemble(
            (f"{first.severity:7} ", STYLES[first.severity]),
            (f"{first.code} {first.name}", "bold"),
            f"  {extent}{mixed}" if findings.height > 1 else "",
        )
    )
    for finding in shown:
        line = Text("  ")
        if not is_group(finding):
            line.append(place(finding), _style(finding, root)).append("  ")
        lines.add(line.append(said(finding)))
        _quote(lines, quoted.of(finding))
        some, more = named(finding, finding.data, 3)
        for other in some:
            lines.add(Text("      " + escaped(other), "dim"))
        if more:
            listed = " (--export lists all)" if is_group(finding) else ""
            lines.add(Text(f"      and {more:,} more{listed}", "dim"))
    if len(shown) < findings.height:
        lines.add(Text(f"  ... {findings.height - len(shown):,} more (--max-findings 0 shows all)", "dim"))
    hints = list(dict.fromkeys(finding.hint for finding in shown if finding.hint))
    for hint in hints[:2]:
        lines.add(Text(f"  → {escaped(hint)}", "green"))
    lines.add()


def _style(finding: Finding, root: Path | Url | None) -> str:
    """How its place looks: a file in blue, and as a link to it where it is a file of this machine."""
    name = finding.file or finding.path
    if name is None:
        return ""
    if not isinstance(root, Path) or not (root / name).is_file():
        return "blue"
    return f"blue link {(root / name).absolute().as_uri()}"


def _quote(lines: Lines, line: SourceLine | None) -> None:
    """A line of a label file, and under it where the fault is."""
    if line is None:
        return
    lines.add(Text(f"{line.number:>6}{_GUTTER}{line.text}", "dim"))
    if line.caret is not None:
        lines.add(Text.assemble((f"{'':6}{_GUTTER}", "dim"), " " * line.caret, ("^", "bold")))


def _not_run(lines: Lines, report: Report, verbose: bool) -> None:
    if not report.rules_not_run:
        return
    lines.add(Text("Not run", "bold"))
    by_reason: dict[tuple[str, bool], list[str]] = {}
    absent = [] if verbose else [rule for rule in report.rules_not_run if rule.absent]
    if len({rule.reason for rule in absent}) == 1:
        absent = []
    for rule in report.rules_not_run:
        if rule not in absent:
            by_reason.setdefault((rule.reason, rule.crashed), []).append(escaped(rule.label))
    for (reason, crashed), rules in by_reason.items():
        all_of_them = verbose or len(rules) <= 4
        names = ", ".join(rules) if all_of_them else f"{', '.join(rules[:3])} and {len(rules) - 3} more"
        lines.add(Text(f"  {names}: {escaped(reason)}", "bold red" if crashed else ""))
    if absent:
        kinds = list(dict.fromkeys(rule.absent for rule in absent))
        about = " and ".join([", ".join(kinds[:-1]), kinds[-1]] if kinds[1:] else kinds)
        lines.add(f"  {counted(len(absent), 'rule')} about {about}: there are none here (--verbose lists the rules)")
    lines.add()


def _changes(lines: Lines, report: Report) -> None:
    if report.comparison is None:
        return
    lines.add(Text.assemble(("Compared  ", "bold"), escaped(changes.headline(report.comparison))))
    for kind in ("new", "fixed"):
        if some := changes.rules(report.comparison, kind):
            lines.add(Text(f"  {kind:5}  {escaped(some)}"))
    for remark in changes.remarks(report):
        lines.add(Text("  " + escaped(remark), "dim"))
    lines.add()


def _accepted(lines: Lines, report: Report) -> None:
    if not report.acceptances:
        return
    by = f" by {escaped(name_of(report.config.source.absolute()))}" if report.config.source is not None else ""
    lines.add(Text(f"Accepted{by}", "bold"))
    for entry in report.acceptances:
        more = f" and {entry.count - len(entry.places):,} more" if entry.count > len(entry.places) else ""
        places = ", ".join(escaped(place) for place in entry.places)
        where = f": {places}{more}" if places else ""
        lines.add(Text(f"  {entry.code} {entry.name}: {counted(entry.count, 'finding')}{where}"))
    lines.add()


def _skipped(lines: Lines, report: Report, verbose: bool) -> None:
    skipped = report.dataset.table("skipped")
    if skipped.is_empty():
        return
    lines.add(Text(f"Other files and folders: {skipped.height:,}", "bold"))
    for reason, files, shown in groups(report.dataset, None if verbose else 3):
        more = f" and {files - len(shown):,} more" if files > len(shown) else ""
        lines.add(Text(f"  {escaped(reason)}: {', '.join(escaped(path) for path in shown)}{more}"))
    lines.add()


def _unused(lines: Lines, report: Report, verbose: bool) -> None:
    if not report.unused:
        return
    by_cause: dict[tuple[str, str], list[str]] = {}
    for entry in report.unused:
        by_cause.setdefault((entry.kind, entry.reason), []).append(f"{entry.code} {entry.about}")
    lines.add(Text("Unused", "bold"))
    for (kind, reason), entries in by_cause.items():
        shown = entries if verbose else entries[:3]
        more = f" and {len(entries) - len(shown):,} more" if len(entries) > len(shown) else ""
        where = "[[accept]]" if kind == "accept" else "baseline"
        lines.add(Text(f"  {where}: {'; '.join(escaped(entry) for entry in shown)}{more}: {reason}"))
    if any(entry.kind == "baseline" for entry in report.unused):
        lines.add(Text("  → --prune-baseline removes them from the baseline", "green"))
    lines.add()


def _verdict(lines: Lines, report: Report) -> None:
    if report.exit_code == 3:
        lines.add(
            Text(
                f"Nothing was scanned: no image and no label record was found in {escaped(report.root_name)}",
                "bold red",
            )
        )
        return
    counts, known = report.counts, report.baseline is not None or report.findings.height > report.new.height
    new = "new " if known else ""
    parts: list[tuple[str, str]] = []
    for severity, number in counts.items():
        parts += [(", ", "")] if parts else []
        parts.append((counted(number, f"{new}{severity}"), STYLES[severity] if number else "dim"))
    rules, rest = counted(len(report.rules_run), "rule"), []
    if report.baseline is not None:
        lines.add(Text(report.tally))
    if report.accepted:
        rest.append(f"{report.accepted:,} accepted")
    tail = f"  ({'; '.join([f'{rules} ran', *rest])}, {sum(report.seconds.values()):.1f} s)"
    lines.add(Text.assemble(*parts, (tail, "dim")))


def _next(lines: Lines, report: Report, beside: Collection[str]) -> None:
    """What to type next, where something was found."""
    if report.new.is_empty():
        return
    steps = [(f"datalint rule {report.new['code'][0]}", "what this rule means, and when not to use it")]
    fixable = {rule.code: rule.name for rule in report.rules_run if rule.fixable}
    repaired = [fixable[code] for code in report.new["code"].unique(maintain_order=True) if code in fixable]
    if repaired and (command := Commands(report).repair):
        steps.insert(0, (command, f"what can be repaired: {', '.join(repaired)}"))
    if "html" not in beside:
        steps.append(("--format html=report.html", "the report with pictures, for a browser"))
    if report.baseline is None:
        steps.append(("--write-baseline", "from now on only new findings fail the scan"))
    wide = max(len(command) for command, _ in steps if len(command) <= _SHORT) + 2
    for number, (command, what) in enumerate(steps):
        begin = command.ljust(wide) if len(command) <= _SHORT else f"{command}  "
        lines.add(Text.assemble(" " * 6 if number else ("Next  ", "bold"), begin, (what, "dim")), inset=6)
