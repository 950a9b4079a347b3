"""`datalint review`."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from datalint.cli.options import names, option, rule_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.report.decisions import Decided, Kind
    from datalint.report.reopened import Entry, Reopened

#: Lines of related paths, and of values to choose from, that are shown.
_RELATED, _VALUES = 8, 40
_COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}
_ASKS = {"reason": "why it stays", "class": "the right class", "split": "to the split", "copy": "the copy that stays"}


@click.command("review", short_help="Decide about the findings of a report, one by one.")
@click.argument("report", type=click.Path(path_type=Path))
@option("--only", multiple=True, callback=names, metavar="RULES", shell_complete=rule_names, help="Ask about these.")
@click.option(
    "--decisions",
    type=click.Path(path_type=Path),
    default="decisions.jsonl",
    metavar="FILE",
    help="Write decisions here, after those that are there (default: decisions.jsonl).",
)
@option("--by", metavar="NAME", help="Who decides, as the file says it.")
def command(report: Path, only: Sequence[str], decisions: Path, by: str | None) -> None:
    """Decide about the findings of REPORT (JSON or HTML of `datalint scan`), one by one, with single keys.

    Each decision is written at once: Ctrl-C loses none, and the next call goes on where this one stopped.
    `datalint fix --decisions FILE` carries them out.

    \b
    datalint scan data --format json=report.json
    datalint review report.json --only split-leak,DL9
    datalint fix data --decisions decisions.jsonl --to clean
    """
    from datalint.report.decisions import DecisionError, end_line, read
    from datalint.report.place import escaped
    from datalint.report.reopened import ReopenError, reopened

    try:
        opened = reopened(report)
        known = read(decisions) if decisions.exists() else {}
    except (ReopenError, DecisionError) as error:
        raise click.ClickException(str(error)) from None
    entries = {entry.finding.id: entry for entry in opened.entries if _is_asked(entry, only)}
    if only and not entries:
        raise click.ClickException(f"{report} has no finding of {', '.join(only)}")
    left = [entry for entry in entries.values() if entry.finding.id not in known]
    if left:
        with decisions.open("a+", encoding="utf-8", newline="\n") as file:
            end_line(file)
            known |= _asked(left, opened, file, by)
    done = sum(identity in known for identity in entries)
    click.echo(f"{done:,} of {len(entries):,} decided, in {decisions}")
    if known:
        root, clean = (opened.root, "clean") if Path(opened.root).is_dir() else (".", "../clean")
        click.echo(escaped(f"datalint fix {shlex.quote(root)} --decisions {shlex.quote(str(decisions))} --to {clean}"))


def _is_asked(entry: Entry, only: Sequence[str]) -> bool:
    code, name = entry.finding.code.lower(), entry.finding.name
    return not only or any(name == rule.lower() or code.startswith(rule.lower()) for rule in only)


def _asked(left: Sequence[Entry], opened: Reopened, file: TextIO, by: str | None) -> dict[str, Decided]:
    """Ask about each, and write each answer at once."""
    from datalint.report.decisions import BY_NAME, Decided

    taken: dict[str, Decided] = {}
    place = 0
    while place < len(left):
        entry = left[place]
        _show(entry, f"[{place + 1:,}/{len(left):,}]", taken.get(entry.finding.id))
        key = _key()
        kind = next((BY_NAME[name] for name in entry.offers if BY_NAME[name].key == key), None)
        if key in ("q", ""):
            break
        if key in ("b", "s", " "):
            place = max(0, place - 1) if key == "b" else place + 1
        elif kind is not None and (value := _value(kind, entry, opened)) is not None:
            when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            taken[entry.finding.id] = Decided(entry.finding.id, kind.name, value or None, by, when)
            file.write(taken[entry.finding.id].line)
            file.flush()
            place += 1
    return taken


def _key() -> str:
    try:
        return click.getchar().lower()
    except EOFError:
        return ""
    except OSError:
        raise click.ClickException("a review needs a terminal; the HTML report takes decisions as well") from None


def _show(entry: Entry, counted: str, taken: Decided | None) -> None:
    from datalint.report.decisions import BY_NAME
    from datalint.report.place import escaped, place, said

    finding = entry.finding
    severity = click.style(finding.severity, fg=_COLOURS.get(finding.severity), bold=True)
    click.echo(f"\n{counted} {severity}  {finding.code} {finding.name}")
    click.echo(f"  {place(finding)}")
    click.echo(f"  {said(finding)}")
    if finding.hint:
        click.echo(f"  → {escaped(finding.hint)}")
    for path in finding.related[:_RELATED]:
        click.echo(f"    {escaped(path)}")
    if taken is not None:
        click.echo(f"  decided: {escaped(' '.join(filter(None, (taken.decision, taken.value))))}")
    keys = [(BY_NAME[name].key, BY_NAME[name].label) for name in entry.offers]
    keys += [("s", "Skip"), ("b", "Back"), ("q", "Quit")]
    click.echo("  " + "  ".join(f"{click.style(key, bold=True)} {label}" for key, label in keys))


def _value(kind: Kind, entry: Entry, opened: Reopened) -> str | None:
    """The value of a decision, empty if it needs none; None where the question was left without an answer."""
    if not kind.asks:
        return ""
    finding = entry.finding
    known = {
        "class": opened.classes,
        "split": opened.splits,
        "copy": [path for path in (finding.path, *finding.related) if path],
        "reason": [],
    }[kind.asks]
    _list(known)
    suggested = entry.suggested if kind.asks == "class" else ""
    while True:
        value = click.prompt(f"  {_ASKS[kind.asks]}", default=suggested, show_default=bool(suggested)).strip()
        if value in known or not (value and known):
            return value or None
        if value.isdecimal() and 0 < int(value) <= len(known):
            return known[int(value) - 1]
        click.echo("  it is none of these: type one, or its number")


def _list(values: Sequence[str]) -> None:
    from datalint.report.place import escaped

    for number, value in enumerate(values[:_VALUES], 1):
        click.echo(f"    {number:>2} {escaped(value)}")
    if len(values) > _VALUES:
        click.echo(f"    and {len(values) - _VALUES:,} more")
