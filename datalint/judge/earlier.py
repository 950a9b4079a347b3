"""An earlier JSON report of a dataset: what it says, and what is new, fixed or remaining since then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec
import polars as pl

from datalint.config.settings import ConfigError
from datalint.finding import FINDINGS
from datalint.judge import baseline

if TYPE_CHECKING:
    from pathlib import Path

    from datalint.finding import Accepted

#: Columns of a finding in a report that was read.
COLUMNS = {name: dtype for name, dtype in FINDINGS.items() if name != "data"}


class _Statistics(msgspec.Struct):
    mean: list[float]
    std: list[float]


class Overview(msgspec.Struct):
    """The `dataset` object of a JSON report."""

    root: str
    layouts: list[str]
    images: int
    classes: dict[str, int]
    """Labels a class."""
    splits: dict[str, int]
    """Images a split."""
    statistics: _Statistics | None


class _NotRun(msgspec.Struct):
    code: str | None
    reason: str = ""
    crashed: bool = False
    plugin: str | None = None


class _Summary(msgspec.Struct):
    rules_run: list[str]
    rules_not_run: list[_NotRun]


class _Finding(msgspec.Struct):
    id: str
    code: str
    name: str
    severity: Literal["error", "warning", "note"]
    confidence: str
    path: str | None
    file: str | None
    line: int | None
    column: int | None
    pointer: str | None
    subject: str | None
    score: float | None
    message: str
    hint: str
    related: list[str]
    status: Literal["new", "baselined"]
    scope: str = "image"  # what a report of an older version does not say
    count: int = 1


class Document(msgspec.Struct):
    """A JSON report."""

    schema: Literal["datalint/report/v1"]
    dataset: Overview
    summary: _Summary
    findings: list[_Finding]


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier report that was read."""

    file: Path
    document: Document
    findings: pl.DataFrame
    """With COLUMNS, worst first."""


def read(file: Path) -> Earlier:
    """A JSON report; raises ConfigError with one line where it is none."""
    try:
        document = msgspec.json.decode(file.read_bytes(), type=Document)
        rows = [[getattr(finding, name) for name in COLUMNS] for finding in document.findings]
        findings = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (
        msgspec.MsgspecError, UnicodeDecodeError, RecursionError, pl.exceptions.PolarsError, OverflowError, TypeError,
    ) as error:  # fmt: skip
        why = " ".join(str(error).split())
        raise ConfigError(f"{file}: not a JSON report of datalint (--format json=FILE writes one): {why}") from None
    return Earlier(file, document, findings)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since an earlier report, by the rules that ran both times. A finding is known as in a baseline."""

    earlier: Path
    """The earlier report's file."""
    root: str
    """The dataset that it was of, as it named it."""
    new: pl.DataFrame
    """Findings that were not there then, or are about groups that have grown. All three have COLUMNS."""
    fixed: pl.DataFrame
    """Those of then that are gone, as they were then."""
    remaining: pl.DataFrame
    """Those of then that are still there, as they are now."""
    not_compared: dict[str, Literal["then", "now"]]
    """Rules that ran only once: code -> when."""
    accepted: int = 0
    """Findings of then that the config accepts now: they are not fixed."""
    unseen: int = 0
    """Findings of then in places that this scan did not look at."""

    @property
    def counts(self) -> dict[str, int]:
        """How many are new, fixed and remaining."""
        return {"new": self.new.height, "fixed": self.fixed.height, "remaining": self.remaining.height}

    @property
    def by_rule(self) -> pl.DataFrame:
        """(code, name, new, fixed, remaining), in order of code."""
        kinds = [(kind, getattr(self, kind)) for kind in ("new", "fixed", "remaining")]
        rows: pl.DataFrame = pl.concat(frame.select("code", "name", kind=pl.lit(kind)) for kind, frame in kinds)
        counted = [(pl.col("kind") == kind).sum().alias(kind) for kind, _ in kinds]
        found: pl.DataFrame = rows.group_by("code").agg(pl.col("name").first(), *counted).sort("code")
        return found


class Compared(baseline.Judged, Protocol):
    """What a comparison reads from a scan. A `Report` is one."""

    @property
    def acceptances(self) -> tuple[Accepted, ...]:
        """What the config accepts, by rule."""


def changes(report: Compared, earlier: Earlier) -> Changes:
    """What of `report` is new, and what of `earlier` is fixed or remains."""
    then, ran = set(earlier.document.summary.rules_run), {rule.code for rule in report.rules_run}
    old = earlier.findings.filter(pl.col("code").is_in(list(then & ran)))
    entries = baseline.entries_of(old, report.dataset.root, report.dataset.home / baseline.NAME)
    found = baseline.since(report, report.dataset.home / baseline.NAME, entries)
    rows = {id(entry): row for row, entry in enumerate(entries)}
    accepted = {identity for each in report.acceptances for identity in each.ids}
    gone = [rows[id(entry)] for entry in found.gone]
    taken = [row for row in gone if old["id"][row] in accepted]
    now = report.findings.select(*COLUMNS)
    judged = now["code"].is_in(list(then & ran))
    known = pl.Series(found.known, dtype=pl.Boolean)
    return Changes(
        earlier.file,
        earlier.document.dataset.root,
        now.filter(judged & ~known),
        old[sorted(set(gone).difference(taken))],
        now.filter(judged & known),
        {code: "now" if code in ran else "then" for code in sorted(then ^ ran)},
        len(taken),
        len(found.unseen),
    )
