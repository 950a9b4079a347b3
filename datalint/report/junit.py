"""JUnit XML: a suite per rule, a case per finding. A case fails if its finding makes the exit code 1."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from datalint.report.extent import is_group, named
from datalint.report.place import escaped, place, said
from datalint.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from datalint.finding import Finding
    from datalint.report import Report

#: The outcomes of a case, as an element and as an attribute that counts it.
_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


class _Case(NamedTuple):
    name: str
    outcome: str = "passed"
    message: str = ""
    text: str = ""
    kind: str = ""


def render(report: Report) -> str:
    """A suite for every rule that was chosen: passed, failed, skipped (it could not run) or broken (it crashed)."""
    suites = dict(sorted(_suites(report)))
    if report.exit_code == 3:
        nothing = "nothing was scanned: no image and no label record was found"
        suites["datalint"] = [_Case("dataset", "error", nothing)]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="datalint" {_counts(case for cases in suites.values() for case in cases)}>')
    for name, cases in suites.items():
        lines.append(f"<testsuite name={_quoted(name)} {_counts(cases)}>")
        lines += [_element(name, case) for case in cases]
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suites(report: Report) -> Iterator[tuple[str, list[_Case]]]:
    never = report.config.fail_on == "never" or report.config.exit_zero
    limit = -1 if never else Severity(report.config.fail_on).rank
    found: dict[str, list[_Case]] = {}
    for finding in report.fresh:
        found.setdefault(f"{finding.code} {finding.name}", []).append(_case(finding, limit))
    for rule in report.rules_run:
        found.setdefault(f"{rule.code} {rule.name}", [_Case(rule.name)])
    yield from found.items()
    for idle in report.rules_not_run:
        yield idle.label, [_Case(idle.name, "error" if idle.crashed else "skipped", idle.reason)]


def _case(finding: Finding, limit: int) -> _Case:
    some, more = named(finding, finding.data, len(finding.related))
    lines = [f"{'for example' if is_group(finding) else 'related'}: {other}" for other in some]
    lines += [f"and {more:,} more"] if more else []
    lines += [finding.hint] if finding.hint else []
    outcome = "failure" if Severity(finding.severity).rank <= limit else "passed"
    return _Case(place(finding), outcome, said(finding), "\n".join(escaped(line) for line in lines), finding.severity)


def _counts(cases: Iterable[_Case]) -> str:
    outcomes = Counter(case.outcome for case in cases)
    counts = {"tests": outcomes.total()} | {name: outcomes[outcome] for outcome, name in _COUNTED.items()}
    return " ".join(f'{name}="{number}"' for name, number in counts.items())


def _element(suite: str, case: _Case) -> str:
    head = f"<testcase classname={_quoted(suite)} name={_quoted(case.name)}"
    if case.outcome == "passed":
        said = escape(f"{case.kind}: {case.message}")
        return f"{head}><system-out>{said}</system-out></testcase>" if case.message else f"{head}/>"
    kind = f" type={_quoted(case.kind)}" if case.kind else ""
    element = f"<{case.outcome}{kind} message={_quoted(case.message)}>{escape(case.text)}</{case.outcome}>"
    return f"{head}>{element}</testcase>"


def _quoted(text: str) -> str:
    # What is not printable is not allowed in XML, escaped or not.
    return quoteattr(escaped(text))
