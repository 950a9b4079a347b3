"""From rows of rules' frames to findings: each cause once, without what the config accepts, worst first."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.finding import FINDINGS, KNOWN, Accepted, fingerprint, plain
from datalint.judge.run import message
from datalint.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.dataset import Dataset
    from datalint.judge.accept import Acceptances
    from datalint.judge.changed_only import ChangedOnly
    from datalint.judge.run import Hits

#: Places that are named of a rule's accepted findings.
PLACES = 3
#: Characters of a path and of a subject that a finding shows; no path of a file is nearly as long.
LONGEST_PATH, LONGEST_SUBJECT = 1000, 200


def collect(
    hits: Sequence[Hits], data: Dataset, acceptances: Acceptances, changed_only: ChangedOnly | None = None
) -> tuple[pl.DataFrame, tuple[Accepted, ...]]:
    """The findings table of all rules, of rows that are `changed_only` alone; and what the config accepts."""
    contents = _Contents(data)
    louder = {name for hit in hits for name in hit.rule.yields_to}
    spoken: dict[str, list[frozenset[str]]] = {}
    for hit in hits:
        if hit.rule.name in louder:
            spoken.setdefault(hit.rule.name, []).extend(_images(row) for row in hit.frame.iter_rows(named=True))
    columns: dict[str, list[Any]] = {name: [] for name in FINDINGS}
    accepted: list[Accepted] = []
    for hit in hits:
        rule = hit.rule
        covered = _Covered([group for name in rule.yields_to for group in spoken.get(name, ())])
        extra = [name for name in hit.frame.columns if name not in KNOWN]
        acceptance = acceptances.of(rule)
        frame = hit.frame if changed_only is None else changed_only.rows(hit.frame, rule)
        taken: list[str] = []
        for row in frame.iter_rows(named=True):
            if covered.covers(row):
                continue
            related = [path for path in row.get("related") or [] if path is not None]
            identity = fingerprint(
                rule.code,
                contents.of(row.get("path"), *related),
                row.get("subject"),
                [row.get(name) for name in rule.key],
            )
            if acceptance.covers(row.get("path"), row.get("file"), identity, contents.one):
                taken.append(row.get("path") or row.get("file") or row.get("subject") or "")
                continue
            said, hint = message(rule, row)
            finding = {
                **{name: row.get(name) for name in ("file", "line", "column", "pointer", "score")},
                "path": _shown(row.get("path"), LONGEST_PATH),
                "subject": _shown(row.get("subject"), LONGEST_SUBJECT),
                "id": identity,
                "code": rule.code,
                "name": rule.name,
                "severity": str(hit.severity or row.get("severity") or rule.severity),
                "confidence": str(rule.confidence),
                "message": said,
                "hint": hint,
                "related": related + [path for path in row.get("examples") or [] if path is not None],
                "data": _json({name: plain(row[name]) for name in extra}),
                "status": "new",
            }
            for name, values in columns.items():
                values.append(finding[name])
        if taken:
            some = tuple(sorted(set(taken) - {""})[:PLACES])
            accepted.append(Accepted(rule.code, rule.name, len(taken), some))
    return _table(columns), tuple(accepted)


def _table(columns: dict[str, list[Any]]) -> pl.DataFrame:
    """The findings in the order in which they are shown."""
    findings = pl.DataFrame({**columns, "related": _nested(columns["related"])}, schema=FINDINGS)
    rank = {severity.value: severity.rank for severity in Severity}
    order = [
        pl.col("severity").replace_strict(rank, return_dtype=pl.Int8),
        pl.col("code"),
        *(pl.col(name) for name in ("path", "file", "line", "column", "pointer", "subject", "message", "id")),
    ]
    return findings.sort(order, nulls_last=True, maintain_order=True)


def _shown(text: str | None, most: int) -> str | None:
    """A name that comes from a label file, which may be of any length."""
    return f"{text[:most]}…" if text is not None and len(text) > most else text


def _nested(lists: Sequence[Sequence[str]]) -> pl.Series:
    """A column of lists. Polars itself would make a series of each list first, which takes longer than the rest."""
    flat = [(row, item) for row, items in enumerate(lists) for item in items]
    grouped = (
        pl.DataFrame(flat, schema={"row": pl.UInt32, "item": pl.String}, orient="row")
        .group_by("row", maintain_order=True)
        .agg("item")
    )
    rows = pl.DataFrame({"row": range(len(lists))}, schema={"row": pl.UInt32})
    return rows.join(grouped, on="row", how="left", maintain_order="left")["item"].fill_null([])


_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make an encoder for every finding


def _images(row: Mapping[str, Any]) -> frozenset[str]:
    named = (row.get("path"), *(row.get("related") or ()), *(row.get("examples") or ()))
    return frozenset(path for path in named if path is not None)


class _Covered:
    """Whether the images that a row of a frame names all lie within one of the given sets."""

    def __init__(self, groups: Sequence[frozenset[str]]) -> None:
        self._groups = groups
        self._of: dict[str, list[int]] = {}
        for number, group in enumerate(groups):
            for path in group:
                self._of.setdefault(path, []).append(number)

    def covers(self, row: Mapping[str, Any]) -> bool:
        if not self._groups:
            return False
        images = _images(row)
        return bool(images) and any(images <= self._groups[number] for number in self._of.get(next(iter(images)), ()))


class _Contents:
    """Content hashes by path; files that no stage has hashed are hashed when a finding asks."""

    def __init__(self, data: Dataset) -> None:
        images = data.table("images")
        self._data = data
        self._paths = images["path"]
        hashes = images["sha256"].to_list() if "sha256" in images.columns else [None] * images.height
        self._known: dict[str, str | None] = dict(zip(self._paths.to_list(), hashes, strict=True))

    def of(self, *paths: str | None) -> list[str]:
        """The hashes of several images."""
        return [self.one(path) for path in paths if path is not None]

    def one(self, path: str) -> str:
        """The SHA-256 of an image; for what cannot be read its path, which is all that identifies it."""
        return self._known.get(path) or self._hashed(path)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {path: row for row, path in enumerate(self._paths)}

    def _hashed(self, path: str) -> str:
        found = f"path:{path}"
        if (row := self._rows.get(path)) is not None:
            with suppress(OSError), self._data.item(self._data.table("images")["os_path"][row]).open() as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            self._known[path] = found
        return found
