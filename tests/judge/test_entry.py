"""Findings made column by column are those that one would make row by row."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint import Confidence, Dataset, Need, Rule, Severity
from datalint.config.settings import Config
from datalint.dataset.schema import conform
from datalint.finding import FINDINGS, KNOWN, plain
from datalint.judge.accept import Acceptances
from datalint.judge.collect import collect
from datalint.judge.contents import Contents
from datalint.judge.entry import LONGEST_PATH, LONGEST_SUBJECT, Entries
from datalint.judge.paths import Paths
from datalint.judge.run import Hits
from datalint.judge.words import _shown as shown_in_words
from datalint.rule import Scope

IMAGES = ("a/0.png", "a/1.png", 'b/"quoted" % {x}.png', "b/é.png")


class Full(Rule):
    """Has a column of every kind."""

    code, name, since = "TEST020", "full", "1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs: ClassVar[tuple[Need, ...]] = (Need.FILES,)
    message = "{{{text}}} in {path}: {number:,} of {share:.1%}, {part:.3f}"
    record_message = "record {line} says {text}"
    hint = "look at {text}"
    key: ClassVar[tuple[str, ...]] = ("number", "text", "absent")
    scope = "class"
    groups = False

    def check(self, data: Dataset) -> pl.LazyFrame:
        return pl.LazyFrame()


class OfFiles(Full):
    """Is about label files, and always says the same."""

    code, name = "TEST021", "of-files"
    message, record_message, hint = "a file", "", ""
    key = ()
    unit = "label file"


def dataset() -> Dataset:
    data = Dataset(Path("no-such-folder"))
    hashes = [hashlib.sha256(path.encode()).hexdigest() for path in IMAGES[:-1]]
    images = pl.DataFrame({"image": range(4), "path": IMAGES, "sha256": [*hashes, None]})
    images = images.with_columns(os_path=pl.col("path").cast(pl.Binary))
    data.tables["images"] = conform("images", images)
    return data


def row_by_row(rule: Rule, severity: Severity | None, frame: pl.DataFrame, data: Dataset) -> list[dict[str, Any]]:
    hashes = dict(data.table("images").select("path", "sha256").iter_rows())

    def content(path: str) -> str:
        return hashes.get(path) or f"path:{path}"

    def one(row: Mapping[str, Any]) -> dict[str, Any]:
        about = sorted(content(path) for path in (row.get("path"), *(row.get("related") or ())) if path is not None)
        key = plain([row[name] for name in rule.key if name in row])
        canonical = [rule.code, about, row.get("subject"), key]
        text = json.dumps(canonical, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        known = {name: shown_in_words(value) for name, value in row.items()}
        said = rule.record_message if rule.record_message and row.get("file") is not None else rule.message
        if row.get("file") is not None:
            scope = Scope.FILE if rule.unit == "label file" else Scope.RECORD
        else:
            scope = Scope.IMAGE if row.get("path") is not None else Scope(rule.scope)
        path, subject = row.get("path"), row.get("subject")
        return {
            **{name: row.get(name) for name in ("file", "line", "column", "pointer", "score")},
            "path": path and (f"{path[:LONGEST_PATH]}…" if len(path) > LONGEST_PATH else path),
            "subject": subject and (f"{subject[:LONGEST_SUBJECT]}…" if len(subject) > LONGEST_SUBJECT else subject),
            "id": "datalint/v1:" + hashlib.sha256(text.encode()).hexdigest()[:32],
            "code": rule.code,
            "name": rule.name,
            "severity": str(severity or row.get("severity") or rule.severity),
            "confidence": str(rule.confidence),
            "scope": str(scope),
            "count": max(1, len(row.get("members") or ())),
            "message": said.format_map(known),
            "hint": rule.hint.format_map(known) if row.get("hint") is None else row["hint"],
            "related": [p for name in ("related", "examples") for p in row.get(name) or [] if p is not None],
            "data": json.dumps({name: plain(row[name]) for name in row if name not in KNOWN}, ensure_ascii=False),
            "status": "new",
        }

    return [one(row) for row in frame.iter_rows(named=True)]


PATHS = st.none() | st.sampled_from(IMAGES) | st.just("gone.png") | st.just("long/" * 300)
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.just('50 % "of" {it}' * 20)
LISTS = st.none() | st.lists(PATHS, max_size=3)
COLUMNS: dict[str, tuple[Any, pl.DataType]] = {
    "path": (PATHS, pl.String()),
    "file": (st.none() | st.just("labels.csv"), pl.String()),
    "line": (st.none() | st.integers(1, 99), pl.UInt32()),
    "column": (st.none() | st.integers(1, 99), pl.UInt32()),
    "pointer": (TEXTS, pl.String()),
    "subject": (TEXTS, pl.String()),
    "score": (st.none() | st.floats(0, 1) | st.just(float("nan")), pl.Float64()),
    "related": (LISTS, pl.List(pl.String())),
    "examples": (LISTS, pl.List(pl.String())),
    "members": (LISTS, pl.List(pl.String())),
    "severity": (st.none() | st.sampled_from(["error", "note"]), pl.String()),
    "hint": (TEXTS, pl.String()),
    "number": (st.none() | st.integers(-(2**40), 2**40), pl.Int64()),
    "share": (st.none() | st.floats(), pl.Float64()),
    "part": (st.none() | st.floats(width=32), pl.Float32()),
    "text": (TEXTS, pl.String()),
    "yes": (st.none() | st.booleans(), pl.Boolean()),
    "50 %": (st.none() | st.lists(st.floats(), max_size=2), pl.List(pl.Float64())),
    "when": (st.none() | st.dates(datetime.date(2000, 1, 1)), pl.Date()),
    "raw": (st.none() | st.binary(max_size=4), pl.Binary()),
    "row": (st.integers(0, 9), pl.UInt8()),
}
NEEDED = ("path", "line", "text", "number", "share", "part")


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    optional = draw(st.lists(st.sampled_from(sorted(set(COLUMNS) - set(NEEDED))), unique=True))
    height = draw(st.integers(1, 6))
    names = draw(st.permutations([*NEEDED, *optional]))
    return pl.DataFrame(
        {
            name: pl.Series(draw(st.lists(COLUMNS[name][0], min_size=height, max_size=height)), dtype=COLUMNS[name][1])
            for name in names
        }
    )


def same(found: pl.DataFrame, expected: list[dict[str, Any]]) -> None:
    assert found.schema == FINDINGS
    assert len(found) == len(expected)
    for row, other in zip(found.iter_rows(named=True), expected, strict=True):
        assert repr(row) == repr({name: other[name] for name in row})  # of two NaN neither is the other


@given(frames(), st.sampled_from([Full, OfFiles]), st.sampled_from([None, Severity.NOTE]))
@settings(max_examples=150, deadline=None)
def test_column_by_column_is_row_by_row(frame: pl.DataFrame, kind: type[Rule], severity: Severity | None) -> None:
    data, rule = dataset(), kind()
    entries = Entries(rule, severity, Contents(data), data)
    same(entries.single(frame, entries.identities(frame)), row_by_row(rule, severity, frame, data))


@given(frames())
@settings(max_examples=40, deadline=None)
def test_parts_make_the_same_findings(frame: pl.DataFrame) -> None:
    data, config = dataset(), Config(isolated=True)
    with pytest.MonkeyPatch.context() as patch:
        whole = collect([Hits(Full(), None, frame)], data, Acceptances(config, data))
        patch.setattr("datalint.judge.collect._AT_ONCE", 2)
        parts = collect([Hits(Full(), None, frame)], data, Acceptances(config, data))
    assert whole.findings.equals(parts.findings)
    assert whole.members.equals(parts.members)


@given(st.lists(st.sampled_from([*IMAGES, "gone.png", None])))
def test_images_by_path(paths: list[str | None]) -> None:
    rows = Paths(dataset()).rows(pl.Series(paths, dtype=pl.String))
    assert rows.tolist() == [IMAGES.index(path) if path in IMAGES else -1 for path in paths]


def test_paths_of_one_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told apart."""
    monkeypatch.setattr(pl.Series, "hash", lambda paths: pl.repeat(7, len(paths), dtype=pl.UInt64, eager=True))
    rows = Paths(dataset()).rows(pl.Series([*reversed(IMAGES), "gone.png", None]))
    assert rows.tolist() == [3, 2, 1, 0, -1, -1]
