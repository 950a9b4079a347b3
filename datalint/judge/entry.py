"""The finding that a row of a rule's frame is, or that a group of rows is, field for field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.finding import KNOWN, fingerprint, plain
from datalint.judge.words import group_message, message
from datalint.rule import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalint.dataset import Dataset
    from datalint.judge.contents import Contents
    from datalint.judge.scope import Group
    from datalint.rule import Rule, Severity

#: Characters of a path and of a subject that a finding shows; no path of a file is nearly as long.
LONGEST_PATH, LONGEST_SUBJECT = 1000, 200
#: Images, and places in label files, that a finding about a group names.
EXAMPLES, PLACES = 8, 20

Entry = dict[str, Any]
"""A row of the findings table."""


class Entries:
    """Makes the findings of one rule."""

    def __init__(self, rule: Rule, severity: Severity | None, contents: Contents, data: Dataset) -> None:
        self._rule, self._severity, self._contents = rule, severity, contents
        self._images = data.table("images").height

    def identity(self, row: Mapping[str, Any]) -> str:
        """The id of the finding that a row is."""
        related = [path for path in row.get("related") or [] if path is not None]
        contents = self._contents.of(row.get("path"), *related)
        key = [row[name] for name in self._rule.key if name in row]
        return fingerprint(self._rule.code, contents, row.get("subject"), key)

    def group_identity(self, group: Group) -> str:
        """The id of the finding that a group is: its code and its group, whatever the members are."""
        return fingerprint(self._rule.code, [], None, ["group", str(group.scope), group.name, *group.fact])

    def single(self, row: Mapping[str, Any], identity: str) -> Entry:
        """The finding that a row is."""
        said, hint = message(self._rule, row)
        listed = [path for name in ("related", "examples") for path in row.get(name) or [] if path is not None]
        extra = [name for name in row if name not in KNOWN]
        return self._entry(
            identity,
            said,
            hint,
            **{name: row.get(name) for name in ("path", "file", "line", "column", "pointer", "subject", "score")},
            severity=row.get("severity"),
            scope=self._scope(row),
            count=max(1, len(row.get("members") or ())),
            related=listed,
            data=_json({name: plain(row[name]) for name in extra}),
        )

    def group(self, group: Group, rows: pl.DataFrame, identity: str) -> Entry:
        """The finding that a group is; `rows` are its rows."""
        counts = {"count": group.count, "total": group.total, "part": group.share}
        about = {"who": self._who(group, rows), "of": group.of, **counts}
        said, hint = group_message(self._rule, rows, about)
        worst = _worst(rows)
        data: dict[str, Any] = {"unit": group.unit.noun, "total": group.total, "share": group.share}
        if group.unit.place == "file":
            data["places"] = [_place(row) for row in worst.head(PLACES).iter_rows(named=True)]
        images = worst["path"].drop_nulls().unique(maintain_order=True) if "path" in worst.columns else ()
        severity = rows["severity"][0] if "severity" in rows.columns else None
        return self._entry(
            identity,
            said,
            hint,
            file=group.name if group.scope is Scope.FILE else None,
            subject=group.name if group.scope in (Scope.FOLDER, Scope.CLASS, Scope.SPLIT) else None,
            score=rows["score"].fill_nan(None).max() if "score" in rows.columns else None,
            severity=self._rule.group_severity or severity,
            scope=group.scope,
            count=group.count,
            related=list(images[:EXAMPLES]),
            data=_json({name: plain(value) for name, value in data.items()}),
        )

    def _entry(self, identity: str, said: str, hint: str, **fields: Any) -> Entry:
        rule = self._rule
        return {
            **dict.fromkeys(("path", "file", "line", "column", "pointer", "subject", "score")),
            **fields,
            "path": _shown(fields.get("path"), LONGEST_PATH),
            "subject": _shown(fields.get("subject"), LONGEST_SUBJECT),
            "id": identity,
            "code": rule.code,
            "name": rule.name,
            "severity": str(self._severity or fields["severity"] or rule.severity),
            "confidence": str(rule.confidence),
            "scope": str(fields["scope"]),
            "message": said,
            "hint": hint,
            "status": "new",
        }

    def _scope(self, row: Mapping[str, Any]) -> Scope:
        if row.get("file") is not None:
            return Scope.FILE if self._rule.unit == "label file" else Scope.RECORD
        return Scope.IMAGE if row.get("path") is not None else Scope(self._rule.scope)

    def _who(self, group: Group, rows: pl.DataFrame) -> str:
        """What the group is; of records also in how many images, where these are fewer."""
        images = rows["path"].n_unique() if "path" in rows.columns and rows["path"].null_count() == 0 else 0
        if not group.unit.parts or not 0 < images < group.count:
            return group.who
        of = f"{images:,} of {self._images:,} images" if images <= self._images else f"{images:,} images"
        return f"{group.who} (in {of})"


def _worst(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order in which they are shown: by score, then by place."""
    places = [name for name in ("path", "file", "line", "column", "pointer") if name in rows.columns]
    score = [-pl.col("score").fill_null(0.0).fill_nan(0.0)] if "score" in rows.columns else []
    return rows.sort(*score, *places, nulls_last=True, maintain_order=True)


def _place(row: Mapping[str, Any]) -> str:
    """`labels.csv:4`, `labels.json#/annotations/3`; of a whole file what in it is meant, if the row says so."""
    pointer, line = row.get("pointer"), row.get("line")
    if pointer:
        return f"{row['file']}#{pointer}"
    return f"{row['file']}:{line}" if line is not None else str(row.get("subject") or row["file"])


def _shown(text: str | None, most: int) -> str | None:
    """A name that comes from a label file, which may be of any length."""
    return f"{text[:most]}…" if text is not None and len(text) > most else text


_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make an encoder for every finding
