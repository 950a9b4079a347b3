"""A report read from its file, JSON or HTML: its findings one by one, and what they can be given."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.finding import RECORD_ID, Finding
from datalint.report import comparison
from datalint.report.decisions import offered
from datalint.report.html.columns import PREFIX
from datalint.report.html.content import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


class ReopenError(Exception):
    """A file that is not a report with findings, in one line."""


class Entry(NamedTuple):
    """One finding of a report."""

    finding: Finding
    offers: tuple[str, ...]
    """The decisions that can be taken about it."""
    suggested: str
    """The class that is suggested; empty where none is."""


class Reopened(NamedTuple):
    """What a report says."""

    root: str
    entries: list[Entry]
    classes: list[str]
    splits: list[str]


def reopened(path: Path) -> Reopened:
    """The report at `path`; of an HTML report the findings that it lists. ReopenError where it is none."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReopenError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}") from None
    page = _DATA.search(text)
    try:
        document = json.loads(page[1] if page else text)
        if page is None and document["schema"] != "datalint/report/v1":
            raise ValueError
        return _of_page(document) if page else _of_report(document)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise ReopenError(f"{path}: it is not a report of datalint scan, as JSON or HTML") from None


def _of_report(document: Mapping[str, Any]) -> Reopened:
    data = document["dataset"]
    entries = []
    for row in document["findings"]:
        finding = Finding(**{**row, "related": tuple(row["related"])})
        compared = comparison.of(finding.data) if finding.path is not None else None
        offers = offered(finding.code, finding.scope, finding.count)
        entries.append(Entry(finding, offers, compared.classes[1] if compared else ""))
    return Reopened(data["root"], entries, sorted(data["classes"]), sorted(data["splits"]))


def _of_page(document: Mapping[str, Any]) -> Reopened:
    columns, about = document["findings"], document["decisions"]
    entries = [_entry(document, columns, row) for row in range(len(columns["rule"]))]
    return Reopened(about["root"], entries, about["classes"], about["splits"])


def _entry(document: Mapping[str, Any], columns: Mapping[str, Any], row: int) -> Entry:
    """A row of the page's columns; those in which few rows hold anything are objects from row to value."""
    texts, (code, name) = document["texts"], document["rules"][columns["rule"][row]]

    def of(column: str) -> Any:
        values = columns.get(column)
        return values.get(str(row)) if isinstance(values, dict) else values and values[row]

    def text(column: str) -> str | None:
        return texts[of(column) or 0] or None

    identity, record, path = columns["id"][row], text("record"), text("path")
    classes = of("classes")
    finding = Finding(
        id=identity if ":" in identity else PREFIX + identity,
        code=code,
        name=name,
        severity=SEVERITIES[columns["severity"][row]],
        confidence="",
        path=path,
        file=text("file"),
        line=of("line"),
        column=of("column"),
        pointer=text("pointer"),
        subject=text("subject"),
        score=columns["score"][row],
        scope="",
        count=of("count") or 1,
        message=text("message") or "",
        hint=text("hint") or "",
        related=tuple(texts[number] for number in of("related") or ()),
        data={RECORD_ID: record} if record else {},
    )
    suggested = texts[classes[1]] if path and classes else ""
    return Entry(finding, tuple(columns["choices"][columns["offers"][row]]), suggested)
