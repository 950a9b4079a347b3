"""From rows of rules' frames to findings: each cause once, without what the config accepts, worst first."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from datalint.finding import FINDINGS, MEMBERS, Accepted
from datalint.judge.contents import Contents
from datalint.judge.entry import Entries
from datalint.judge.scope import Groups
from datalint.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.dataset import Dataset
    from datalint.judge.accept import Acceptance, Acceptances
    from datalint.judge.changed_only import ChangedOnly
    from datalint.judge.entry import Entry
    from datalint.judge.run import Hits
    from datalint.rule import Rule

#: Places that are named of a rule's accepted findings.
PLACES = 3


class Collected(NamedTuple):
    """What the rules found, as tables."""

    findings: pl.DataFrame
    members: pl.DataFrame
    """The images and records that they speak of."""
    accepted: tuple[Accepted, ...]
    touches: pl.Series
    """Whether each finding touches what changed; true where nobody asks."""
    members_touch: pl.Series
    """Whether each member does."""


def collect(
    hits: Sequence[Hits],
    data: Dataset,
    acceptances: Acceptances,
    changed_only: ChangedOnly | None = None,
    *,
    whole: bool = True,
) -> Collected:
    """The findings of all rules, their members, and what the config accepts.

    Groups are found among all rows, so that they are the same whatever changed. Unless `whole`, single rows that do not
    touch what changed are left out here, before they are put into words.
    """
    contents, groups = Contents(data), Groups(data)
    spoken = _spoken(hits)
    table, accepted = _Table(data, changed_only), []
    for hit in hits:
        rule = hit.rule
        entries = Entries(rule, hit.severity, contents, data)
        acceptance = acceptances.of(rule)
        covered = _Covered([images for name in rule.yields_to for images in spoken.get(name, ())])
        left, taken = _left(hit.frame, covered, acceptance, entries, contents)
        alone = np.ones(left.height, bool)
        for group in groups.of(rule, left, hit.severity):
            alone[group.rows] = False
            identity = entries.group_identity(group)
            if acceptance.covers(None, None, identity, contents.one):
                taken.append(group.name or "")
                continue
            rows = left[group.rows]
            table.add_group(rule, rows, entries.group(group, rows, identity))
        single = left.filter(alone)
        if changed_only is not None and not whole:
            single = single.filter(changed_only.touching(single, rule))
        table.add(rule, single, [entries.single(row, entries.identity(row)) for row in single.iter_rows(named=True)])
        if taken:
            some = tuple(sorted(set(taken) - {""})[:PLACES])
            accepted.append(Accepted(rule.code, rule.name, len(taken), some))
    return table.collected(tuple(accepted))


def _left(
    frame: pl.DataFrame, covered: _Covered, acceptance: Acceptance, entries: Entries, contents: Contents
) -> tuple[pl.DataFrame, list[str]]:
    """The rows that neither a louder rule speaks of nor the config accepts; and places of those that it accepts."""
    if not covered and not acceptance:
        return frame, []
    kept, taken = [], []
    for number, row in enumerate(frame.iter_rows(named=True)):
        if covered.covers(row):
            continue
        if acceptance and acceptance.covers(row.get("path"), row.get("file"), entries.identity(row), contents.one):
            taken.append(row.get("path") or row.get("file") or row.get("subject") or "")
            continue
        kept.append(number)
    return frame[kept], taken


def _spoken(hits: Sequence[Hits]) -> dict[str, list[frozenset[str]]]:
    """The images that rows speak of, by the rule, of rules that others yield to."""
    louder = {name for hit in hits for name in hit.rule.yields_to}
    spoken: dict[str, list[frozenset[str]]] = {}
    for hit in hits:
        if hit.rule.name in louder:
            spoken.setdefault(hit.rule.name, []).extend(_images(row) for row in hit.frame.iter_rows(named=True))
    return spoken


def _images(row: Mapping[str, Any]) -> frozenset[str]:
    lists = (row.get(name) or () for name in ("related", "examples", "members"))
    named = (row.get("path"), *chain.from_iterable(lists))
    return frozenset(path for path in named if path is not None)


class _Covered:
    """Whether the images that a row of a frame names all lie within one of the given sets."""

    def __init__(self, groups: Sequence[frozenset[str]]) -> None:
        self._groups = groups
        self._of: dict[str, list[int]] = {}
        for number, group in enumerate(groups):
            for path in group:
                self._of.setdefault(path, []).append(number)

    def __bool__(self) -> bool:
        return bool(self._groups)

    def covers(self, row: Mapping[str, Any]) -> bool:
        if not self._groups:
            return False
        images = _images(row)
        return bool(images) and any(images <= self._groups[number] for number in self._of.get(next(iter(images)), ()))


class _Table:
    """Gathers the findings and their members."""

    def __init__(self, data: Dataset, changed_only: ChangedOnly | None) -> None:
        self._images = data.table("images").select("image", "path")
        self._changed_only = changed_only
        self._columns: dict[str, list[Any]] = {name: [] for name in FINDINGS}
        self._touches: list[bool] = []
        self._members: list[pl.DataFrame] = [pl.DataFrame(schema={**MEMBERS, "touches": pl.Boolean}).drop("image")]

    def add(self, rule: Rule, rows: pl.DataFrame, entries: Sequence[Entry]) -> None:
        """The findings that rows are, one each."""
        for entry in entries:
            self._append(entry)
        self._touches += self._touching(rows, rule).to_list()
        identities = pl.Series("finding", [entry["id"] for entry in entries], pl.String)
        named = rows.with_columns(identities)
        if "members" in rows.columns:
            listed = named.select("finding", pl.col("members").alias("path")).explode("path").drop_nulls()
            self._add_members(rule, listed)
            named = named.filter(pl.col("members").list.len().fill_null(0) == 0)
        self._add_members(rule, named)

    def add_group(self, rule: Rule, rows: pl.DataFrame, entry: Entry) -> None:
        """The one finding that rows are together."""
        self._append(entry)
        self._touches.append(bool(self._touching(rows, rule).any()))
        self._add_members(rule, rows.with_columns(pl.lit(entry["id"]).alias("finding")))

    def _append(self, entry: Entry) -> None:
        for name, values in self._columns.items():
            values.append(entry[name])

    def _touching(self, rows: pl.DataFrame, rule: Rule) -> pl.Series:
        if self._changed_only is None:
            return pl.repeat(value=True, n=rows.height, dtype=pl.Boolean, eager=True)
        return self._changed_only.touching(rows, rule)

    def _add_members(self, rule: Rule, rows: pl.DataFrame) -> None:
        """Members of findings: the images or records that the rows are about, by the column `finding`."""
        places = [name for name in MEMBERS if name not in ("finding", "image")]
        known = rows.select(
            "finding",
            *(pl.col(name) if name in rows.columns else pl.lit(None, MEMBERS[name]).alias(name) for name in places),
            self._touching(rows, rule).alias("touches"),
        )
        self._members.append(known.filter(pl.col("path").is_not_null() | pl.col("file").is_not_null()))

    def collected(self, accepted: tuple[Accepted, ...]) -> Collected:
        """The findings in the order in which they are shown, and their members by finding and place."""
        columns = {**self._columns, "related": _nested(self._columns["related"])}
        findings = pl.DataFrame(columns, schema=FINDINGS).with_columns(
            touches=pl.Series(self._touches, dtype=pl.Boolean)
        )
        rank = {severity.value: severity.rank for severity in Severity}
        order = [
            pl.col("severity").replace_strict(rank, return_dtype=pl.Int8),
            pl.col("code"),
            *(pl.col(name) for name in ("path", "file", "line", "column", "pointer", "subject", "message", "id")),
        ]
        findings = findings.sort(order, nulls_last=True, maintain_order=True)
        members = pl.concat(self._members).join(self._images, on="path", how="left", maintain_order="left")
        members = members.sort([name for name in MEMBERS if name != "image"], nulls_last=True)
        return Collected(
            findings.drop("touches"),
            members.select(pl.col(name).cast(dtype) for name, dtype in MEMBERS.items()),
            accepted,
            findings["touches"],
            members["touches"],
        )


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
