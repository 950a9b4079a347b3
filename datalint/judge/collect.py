"""From rows of rules' frames to findings: each cause once, without what the config accepts, worst first."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from datalint.finding import FINDINGS, MEMBERS, Accepted
from datalint.judge.columns import Columns
from datalint.judge.contents import Contents
from datalint.judge.entry import Entries
from datalint.judge.paths import Paths
from datalint.judge.scope import Groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.dataset import Dataset
    from datalint.judge.accept import Acceptance, Acceptances
    from datalint.judge.changed_only import ChangedOnly
    from datalint.judge.run import Hits
    from datalint.rule import Rule

#: Rows that are put into words at once: what Python holds of a row takes ten times as much as the table.
_AT_ONCE = 1 << 16
#: Columns that name images beside `path`.
_LISTS = ("related", "examples", "members")
#: Columns that say where a finding or a member lies.
_PLACES = ("path", "file", "line", "column", "pointer", "subject")
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
    hits: list[Hits],
    data: Dataset,
    acceptances: Acceptances,
    changed_only: ChangedOnly | None = None,
    *,
    whole: bool = True,
) -> Collected:
    """The findings of all rules, their members, and what the config accepts. It empties `hits`.

    Groups are found among all rows, so that they are the same whatever changed. Unless `whole`, single rows that do not
    touch what changed are left out here, before they are put into words.
    """
    table, accepted = _gathered(hits, data, acceptances, changed_only, whole=whole)
    return table.collected(accepted)


def _gathered(
    hits: list[Hits], data: Dataset, acceptances: Acceptances, changed_only: ChangedOnly | None, *, whole: bool
) -> tuple[_Table, tuple[Accepted, ...]]:
    contents, groups = Contents(data), Groups(data)
    spoken = _spoken(hits)
    table, accepted = _Table(data, changed_only), []
    hits.reverse()
    while hits:
        hit = hits.pop()  # what is in words need not be kept beside them
        rule = hit.rule
        entries = Entries(rule, hit.severity, contents, data)
        acceptance = acceptances.of(rule)
        left = _uncovered(hit.frame, [spoken[name] for name in rule.yields_to if name in spoken])
        left, taken = _left(left, acceptance, entries, contents)
        alone = np.ones(left.height, bool)
        for group in groups.of(rule, left, hit.severity):
            alone[group.rows] = False
            identity = entries.group_identity(group)
            if acceptance.covers(None, None, identity, contents.one):
                taken.append((group.name or "", identity))
                continue
            rows = left[group.rows]
            table.add_group(rule, rows, entries.group(group, rows, identity))
        single = left if alone.all() else left.filter(alone)
        if changed_only is not None and not whole:
            single = single.filter(changed_only.touching(single, rule))
        for rows in single.iter_slices(_AT_ONCE):
            table.add(rule, rows, entries.single(rows, entries.identities(rows)))
        if taken:
            some = tuple(sorted({place for place, _ in taken if place})[:PLACES])
            ids = frozenset(identity for _, identity in taken)
            accepted.append(Accepted(rule.code, rule.name, len(taken), some, ids))
    return table, tuple(accepted)


def _left(
    frame: pl.DataFrame, acceptance: Acceptance, entries: Entries, contents: Contents
) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    """The rows that the config does not accept; and places and ids of those that it accepts."""
    if not acceptance:
        return frame, []
    kept, taken = [], []
    rows = zip(frame.iter_rows(named=True), entries.identities(frame), strict=True)
    for number, (row, identity) in enumerate(rows):
        if acceptance.covers(row.get("path"), row.get("file"), identity, contents.one):
            taken.append((row.get("path") or row.get("file") or row.get("subject") or "", identity))
        else:
            kept.append(number)
    return frame[kept], taken


class _Spoken:
    """The images that rows of a rule speak of: one each, or several together."""

    def __init__(self, frame: pl.DataFrame) -> None:
        alone = _of_one(frame)
        self._single = frame.filter(alone)["path"].cast(pl.String) if "path" in frame.columns else None
        self._groups = [_images(row) for row in frame.filter(~alone).iter_rows(named=True)]
        self._of: dict[str, list[int]] = {}
        for number, group in enumerate(self._groups):
            for path in group:
                self._of.setdefault(path, []).append(number)

    @property
    def all(self) -> pl.Series:
        """All of the images."""
        several = pl.Series("path", list(self._of), pl.String)
        return several if self._single is None else pl.concat([self._single, several]).drop_nulls().unique()

    def cover(self, images: frozenset[str]) -> bool:
        """Whether a row speaks of all of these."""
        return any(images <= self._groups[number] for number in self._of.get(next(iter(images)), ()))


def _spoken(hits: Sequence[Hits]) -> dict[str, _Spoken]:
    """The images that rows speak of, by the rule, of rules that others yield to."""
    louder = {name for hit in hits for name in hit.rule.yields_to}
    return {hit.rule.name: _Spoken(hit.frame) for hit in hits if hit.rule.name in louder}


def _uncovered(frame: pl.DataFrame, spoken: Sequence[_Spoken]) -> pl.DataFrame:
    """The rows whose images do not all lie within those that one row of a louder rule speaks of."""
    if not spoken:
        return frame
    images = pl.concat([one.all for one in spoken]).unique()
    alone = _of_one(frame)
    if "path" in frame.columns:
        covered = (alone & frame["path"].is_in(images.implode()).fill_null(value=False)).to_numpy().copy()
    else:
        covered = np.zeros(frame.height, bool)
    known = set(images)
    for number, row in zip((~alone).arg_true(), frame.filter(~alone).iter_rows(named=True), strict=True):
        named = _images(row)
        several = len(named) > 1 and any(one.cover(named) for one in spoken)
        covered[number] = several or (len(named) == 1 and named <= known)
    return frame.filter(~covered) if covered.any() else frame


def _of_one(frame: pl.DataFrame) -> pl.Series:
    """Whether a row names one image at most, by `path`."""
    empty = [pl.col(name).list.len().fill_null(0) == 0 for name in _LISTS if name in frame.columns]
    return frame.select(pl.all_horizontal(pl.repeat(value=True, n=pl.len()), *empty).alias("alone"))["alone"]


def _images(row: Mapping[str, Any]) -> frozenset[str]:
    lists = (row.get(name) or () for name in _LISTS)
    named = (row.get("path"), *chain.from_iterable(lists))
    return frozenset(path for path in named if path is not None)


class _Table:
    """Gathers the findings and their members."""

    def __init__(self, data: Dataset, changed_only: ChangedOnly | None) -> None:
        self._paths = data.once(Paths)
        self._changed_only = changed_only
        self._findings = Columns({**FINDINGS, "touches": pl.Boolean})
        # Which finding a member is of is a number until there are no more of them: in order of their ids it is quick.
        self._members = Columns({**MEMBERS, "finding": pl.UInt32, "touches": pl.Boolean})

    def add(self, rule: Rule, rows: pl.DataFrame, entries: pl.DataFrame) -> None:
        """The findings that rows are, one each."""
        named = rows.with_columns(finding=pl.int_range(pl.len(), dtype=pl.UInt32) + self._findings.height)
        self._findings.add(entries.with_columns(self._touching(rows, rule).alias("touches")))
        if "members" in rows.columns:
            listed = named.select("finding", pl.col("members").alias("path")).explode("path").drop_nulls()
            self._add_members(rule, listed)
            named = named.filter(pl.col("members").list.len().fill_null(0) == 0)
        self._add_members(rule, named)

    def add_group(self, rule: Rule, rows: pl.DataFrame, entry: pl.DataFrame) -> None:
        """The one finding that rows are together."""
        self._add_members(rule, rows.with_columns(finding=pl.lit(self._findings.height, pl.UInt32)))
        touches = bool(self._touching(rows, rule).any())
        self._findings.add(entry.with_columns(touches=pl.lit(touches)))

    def _touching(self, rows: pl.DataFrame, rule: Rule) -> pl.Series:
        if self._changed_only is None:
            return pl.repeat(value=True, n=rows.height, dtype=pl.Boolean, eager=True)
        return self._changed_only.touching(rows, rule)

    def _add_members(self, rule: Rule, rows: pl.DataFrame) -> None:
        """Members of findings: the images or records that the rows are about, by the column `finding`."""
        known = rows.select(
            "finding",
            *(pl.col(name).cast(MEMBERS[name]) for name in _PLACES if name in rows.columns),
            self._touching(rows, rule).alias("touches"),
        )
        absent = [pl.lit(None, dtype).alias(name) for name, dtype in MEMBERS.items() if name not in known.columns]
        known = known.with_columns(absent).filter(pl.col("path").is_not_null() | pl.col("file").is_not_null())
        images = pl.Series("image", self._paths.rows(known["path"]))
        self._members.add(known.with_columns(images.set(images < 0, None)))

    def collected(self, accepted: tuple[Accepted, ...]) -> Collected:
        """The findings in the order in which they are shown, and their members by finding and place."""
        ids = self._findings["id"]
        members = self._members.by([ids.rank("dense").gather(self._members["finding"]), *_PLACES])
        members = members.with_columns(ids.gather(members["finding"]).alias("finding"))
        findings = self._findings.by(["severity", "code", *_PLACES], ties=("message", "id"))
        return Collected(
            findings.drop("touches"), members.select(list(MEMBERS)), accepted, findings["touches"], members["touches"]
        )
