"""GitHub's workflow commands: annotations on a pull request, at most ten per level.

GitHub keeps ten errors, ten warnings and ten notices per step and silently drops the rest (GitHub Docs, "Workflow
commands"; the limits are those of the runner's problem matchers). So the tenth says how many more there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.report import in_force
from datalint.report.anchor import Anchors
from datalint.report.place import escaped
from datalint.report.rows import each, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.report import Report

#: Annotations per level.
SHOWN = 10
COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """One command per line, errors first, and the tally in plain words at the end."""
    anchors = Anchors(report)
    lines = [line for severity in COMMANDS for line in _level(report, severity, anchors)]
    # The runner takes the old form of its commands, ##[error], anywhere in a line that is not a command.
    settings = escaped(in_force.line(report)).replace("##[", "## [")
    plain = [f"datalint: {text}" for text in (settings, report.tally) if text]
    return "\n".join([*lines, *plain]) + "\n"


def _level(report: Report, severity: str, anchors: Anchors) -> Iterator[str]:
    command = COMMANDS[severity]
    notices = list(_trouble(report)) if severity == "error" else []
    for notice in notices[:SHOWN]:
        yield f"::{command} title=datalint::{data(notice)}"
    if severity == "note" and (notice := in_force.notice(report)):
        notices = [notice]
        yield f"::{command} title=datalint,file={value(escaped(anchors.settings.path))}::{data(escaped(notice))}"
    room = max(0, SHOWN - len(notices))
    findings = report.new.filter(report.new["severity"] == severity)
    shown = findings.height if findings.height <= room else max(0, room - 1)
    for finding in each(worst(findings, shown)):
        place = anchors.of(finding)
        properties = {
            "title": f"{finding.code} {finding.name}",
            "file": escaped(place.path),
            "line": place.line,
            "col": place.column,
        }
        named = ",".join(f"{name}={value(str(text))}" for name, text in properties.items() if text is not None)
        hint = f". {escaped(finding.hint[0].upper() + finding.hint[1:])}" if finding.hint else ""
        yield f"::{command} {named}::{data(anchors.said(finding) + hint)}"
    if findings.height > shown:
        more = f"and {findings.height - shown:,} more; the job summary and the other reports have them"
        yield f"::{command} title=datalint::{data(more)}"


def _trouble(report: Report) -> Iterator[str]:
    if report.exit_code == 3:
        yield "nothing was scanned: no image and no label record was found"
    for rule in report.rules_not_run:
        if rule.crashed:
            yield escaped(f"{rule.label} did not run: {rule.reason}")


def data(text: str) -> str:
    """`text` as a command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def value(text: str) -> str:
    """`text` as a command's property."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
