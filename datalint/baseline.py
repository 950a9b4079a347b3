"""The baseline: findings that were there when datalint was adopted. They are listed, and never fail a scan.

A finding is known by its id, which is its rule and the content it is about: a renamed file keeps its entry, a replaced
one loses it. The path stands beside the id for people, and tells findings with one id apart.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from datalint.config import ConfigError
from datalint.report import Unused
from datalint.report.write import write as write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from datalint.config import Config
    from datalint.report import Report

NAME = "datalint-baseline.json"
SCHEMA = "datalint/baseline/v1"


class Entry(NamedTuple):
    """One known finding."""

    code: str
    path: str
    """The image, else the label file, else the class or split it was about; for people, and where ids are equal."""
    id: str
    name: str


def location(settings: Config, root: Path) -> Path:
    """Where the baseline of a dataset is, or would be written: as set, else beside the config, else in the root."""
    return settings.baseline or (settings.source.parent if settings.source else root) / NAME


def find(settings: Config, root: Path) -> Path | None:
    """The baseline in force: one that was named, or one that lies where `location` says."""
    if settings.baseline is not None:
        return settings.baseline or None
    place = location(settings, root)
    return place if not settings.isolated and place.is_file() else None


def read(path: Path) -> list[Entry]:
    """The entries of a baseline; raises ConfigError with one line when it is none."""
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such baseline; --write-baseline makes one") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a baseline: {' '.join(str(error).split())}") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise ConfigError(f"{path}: not a baseline: its schema is {schema!r}, not {SCHEMA!r}")
    try:
        return [_entry(item) for item in document["findings"]]
    except (KeyError, TypeError):
        raise ConfigError(f"{path}: not a baseline: findings are texts {', '.join(Entry._fields)}") from None


def _entry(item: dict[str, Any]) -> Entry:
    entry = Entry(*(item[name] for name in Entry._fields))
    if not all(isinstance(part, str) for part in entry):
        raise TypeError
    return entry


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write a baseline, one finding a line in order of rule and path; raises WriteError."""
    lines = [json.dumps(entry._asdict(), ensure_ascii=False) for entry in sorted(entries)]
    head = f'{{"schema": {json.dumps(SCHEMA)}, "findings": ['
    write_text(path, head + ("\n" + ",\n".join(lines) + "\n" if lines else "") + "]}\n")


def entries(findings: pl.DataFrame) -> list[Entry]:
    """What a baseline holds of `findings`."""
    return [Entry(*row) for row in findings.select("code", _PLACE, "id", "name").iter_rows()]


_PLACE = pl.coalesce("path", "file", "subject", pl.lit("")).alias("place")


def apply(report: Report, path: Path, known: Sequence[Entry]) -> None:
    """Mark the findings of `report` that are `known`, and name the entries that match none although their rule ran."""
    taken, left = _match(report.findings, known)
    report.findings = report.findings.with_columns(
        pl.when(pl.Series(taken, dtype=pl.Boolean)).then(pl.lit("baselined")).otherwise(pl.lit("new")).alias("status")
    )
    ran = {rule.code for rule in report.rules_run}
    unused = [
        Unused("baseline", entry.code, entry.path, "it matches no finding") for entry in left if entry.code in ran
    ]
    report.unused = (*(entry for entry in report.unused if entry.kind != "baseline"), *unused)
    report.baseline = path


def updated(report: Report, old: Sequence[Entry]) -> list[Entry]:
    """A baseline of all that `report` found; entries of rules that did not run are kept."""
    return [*_elsewhere(report, old), *entries(report.findings)]


def pruned(report: Report, old: Sequence[Entry]) -> list[Entry]:
    """`old` without the entries that match nothing although their rule ran; the others with their present path."""
    taken, _ = _match(report.findings, old)
    return [*_elsewhere(report, old), *entries(report.findings.filter(pl.Series(taken, dtype=pl.Boolean)))]


def _elsewhere(report: Report, old: Sequence[Entry]) -> list[Entry]:
    ran = {rule.code for rule in report.rules_run}
    return [entry for entry in old if entry.code not in ran]


def _match(findings: pl.DataFrame, known: Sequence[Entry]) -> tuple[list[bool], list[Entry]]:
    """Which findings are known, one for one, and the entries that are left over.

    Of findings with one id those at a known path are taken first: where a copy is added, the copy is what is new.
    """
    exact = Counter((entry.id, entry.path) for entry in known)
    rows = findings.select("id", _PLACE).rows()
    taken = [False] * len(rows)
    for number, row in enumerate(rows):
        if exact[row] > 0:
            exact[row] -= 1
            taken[number] = True
    moved: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(known, reverse=True):
        if exact[entry.id, entry.path] > 0:
            exact[entry.id, entry.path] -= 1
            moved[entry.id].append(entry)
    for number, (identity, _) in enumerate(rows):
        if not taken[number] and moved.get(identity):
            moved[identity].pop()
            taken[number] = True
    return taken, sorted(entry for rest in moved.values() for entry in rest)
