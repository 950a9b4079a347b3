"""The findings that rows of a rule's frame are, or that a group of rows is, field for field."""

from __future__ import annotations

import json
from itertools import repeat
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.finding import FINDINGS, KNOWN, fingerprint, plain, text_as_json
from datalint.judge.words import group_message, messages
from datalint.rule import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from datalint.dataset import Dataset
    from datalint.judge.contents import Contents
    from datalint.judge.scope import Group
    from datalint.rule import Rule, Severity

#: Characters of a path and of a subject that a finding shows; no path of a file is nearly as long.
LONGEST_PATH, LONGEST_SUBJECT = 1000, 200
#: Images, and places in label files, that a finding about a group names.
EXAMPLES, PLACES = 8, 20

_NOTHING = pl.lit([], dtype=pl.List(pl.String))


class Entries:
    """Makes the findings of one rule."""

    def __init__(self, rule: Rule, severity: Severity | None, contents: Contents, data: Dataset) -> None:
        self._rule, self._severity, self._contents = rule, severity, contents
        self._images = data.table("images").height

    def identities(self, rows: pl.DataFrame) -> list[str]:
        """The ids of the findings that rows are."""
        key = [name for name in self._rule.key if name in rows.columns]
        keys: Iterable[Sequence[Any]] = rows.select(key).iter_rows() if key else repeat((), rows.height)
        subjects = rows["subject"].to_list() if "subject" in rows.columns else repeat(None, rows.height)
        about = zip(self._contents_of(rows), subjects, keys, strict=True)
        return [fingerprint(self._rule.code, *row) for row in about]

    def _contents_of(self, rows: pl.DataFrame) -> list[list[str]]:
        """What the images hold that each row is about."""
        found: list[list[str]] = [[] for _ in range(rows.height)]
        numbered = rows.with_row_index("row") if "row" not in rows else rows.with_columns(row=pl.int_range(pl.len()))
        for name in ("path", "related"):
            if name not in rows:
                continue
            named = numbered.select("row", pl.col(name).alias("path"))
            named = named.explode("path") if named["path"].dtype == pl.List else named
            named = named.drop_nulls().cast({"path": pl.String})
            for row, content in zip(named["row"].to_list(), self._contents.of(named["path"]), strict=True):
                found[row].append(content)
        return found

    def group_identity(self, group: Group) -> str:
        """The id of the finding that a group is: its code and its group, whatever the members are."""
        return fingerprint(self._rule.code, [], None, ["group", str(group.scope), group.name, *group.fact])

    def single(self, rows: pl.DataFrame, identities: Sequence[str]) -> pl.DataFrame:
        """The findings that rows are, in the columns of the findings table."""
        said, hints = messages(self._rule, rows)
        lists = [pl.col(name).fill_null(_NOTHING) for name in ("related", "examples") if name in rows.columns]
        members = pl.col("members").list.len().fill_null(0).clip(1) if "members" in rows.columns else pl.lit(1)
        own = pl.col("severity") if "severity" in rows.columns else pl.lit(None, pl.String)
        return self._entries(
            rows,
            id=pl.Series(identities, dtype=pl.String),
            message=said,
            hint=hints,
            severity=own,
            scope=self._scope(rows),
            count=members,
            related=pl.concat_list(lists).list.drop_nulls() if lists else _NOTHING,
            data=pl.Series(_data(rows), dtype=pl.String),
        )

    def group(self, group: Group, rows: pl.DataFrame, identity: str) -> pl.DataFrame:
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
        entry = {
            "file": group.name if group.scope is Scope.FILE else None,
            "subject": group.name if group.scope in (Scope.FOLDER, Scope.CLASS, Scope.SPLIT) else None,
            "score": rows["score"].fill_nan(None).max() if "score" in rows.columns else None,
            "id": identity,
            "message": said,
            "hint": hint,
            "severity": str(self._rule.group_severity or severity or "") or None,
            "scope": str(group.scope),
            "count": group.count,
            "related": list(images[:EXAMPLES]),
            "data": _json({name: plain(value) for name, value in data.items()}),
        }
        one = pl.DataFrame([entry], schema={name: FINDINGS[name] for name in entry})
        return self._entries(one)

    def _entries(self, rows: pl.DataFrame, **columns: pl.Expr | pl.Series) -> pl.DataFrame:
        """Findings: what the rows have of the columns of the findings table, with what is given, and the rule's own."""
        rule = self._rule
        found = rows.with_columns(**columns)
        found = found.with_columns(pl.lit(None, FINDINGS[name]).alias(name) for name in FINDINGS if name not in found)
        severity = str(self._severity) if self._severity else pl.coalesce("severity", pl.lit(str(rule.severity)))
        found = found.with_columns(
            _shown("path", LONGEST_PATH),
            _shown("subject", LONGEST_SUBJECT),
            code=pl.lit(rule.code),
            name=pl.lit(rule.name),
            severity=pl.lit(severity) if isinstance(severity, str) else severity,
            confidence=pl.lit(str(rule.confidence)),
            status=pl.lit("new"),
        )
        return found.select(pl.col(name).cast(dtype) for name, dtype in FINDINGS.items())

    def _scope(self, rows: pl.DataFrame) -> pl.Expr:
        in_file, of_image = (
            pl.col(name).is_not_null() if name in rows.columns else pl.lit(value=False) for name in ("file", "path")
        )
        of_file = Scope.FILE if self._rule.unit == "label file" else Scope.RECORD
        return (
            pl.when(in_file)
            .then(pl.lit(str(of_file)))
            .when(of_image)
            .then(pl.lit(str(Scope.IMAGE)))
            .otherwise(pl.lit(str(Scope(self._rule.scope))))
        )

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


def _shown(name: str, most: int) -> pl.Expr:
    """A name that comes from a label file, which may be of any length."""
    text = pl.col(name).cast(pl.String)
    cut = pl.concat_str(text.str.slice(0, most), pl.lit("…"))
    return pl.when(text.str.len_chars() > most).then(cut).otherwise(text).alias(name)


def _data(rows: pl.DataFrame) -> list[str]:
    """What a rule's own columns hold, as JSON."""
    extra = [name for name in rows.columns if name not in KNOWN]
    names = [_json(name).replace("%", "%%") for name in extra]
    template = f"{{{', '.join(f'{name}: %s' for name in names)}}}"
    values = [_values(rows[name]) for name in extra]
    return list(map(template.__mod__, zip(*values, strict=True))) if extra else ["{}"] * rows.height


def _values(column: pl.Series) -> list[str]:
    """Each value as JSON: what `plain` makes of it."""
    if column.dtype.is_float():
        column = column.set(~column.is_finite().fill_null(value=True), None)
    values = column.to_list()
    if column.dtype.is_integer():
        return ["null" if value is None else str(value) for value in values]
    if column.dtype.is_float():
        return ["null" if value is None else repr(float(f"{value:.6g}")) for value in values]
    if column.dtype == pl.String:
        return ["null" if value is None else text_as_json(value) for value in values]
    return [_json(plain(value)) for value in values]


_json = json.JSONEncoder(ensure_ascii=False).encode
