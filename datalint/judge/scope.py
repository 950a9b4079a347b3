"""What is true of a group is said once: which rows of a rule are one finding about a folder, class, split or dataset.

Rows that state one fact form a group where they are at least `LEAST` images (or records), and at least half of those
there are. Of all groups that are so, the fewest that explain the rows are taken: first the one with the most of them.
Where two explain the same rows, the dataset is preferred, unless the other is (nearly) all hit and the dataset is not:
"all 40 images of the class meme" says more than "40 of 120 images". Rows that no group explains stay findings of their
own.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.judge.sets import SetsOfImages, SetsOfRecords
from datalint.judge.words import named
from datalint.rule import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.judge.sets import Numbers, Sets
    from datalint.rule import Rule, Severity

#: The fewest images or records that are a group, and the smallest share of a group that makes it one about it.
LEAST, SHARE = 8, 0.5
#: The share from which nearly all of a group is hit.
_NEARLY_ALL = 0.9
#: What the message of a group may name beside the rule's columns.
ABOUT = ("who", "of", "count", "total", "part")
#: Columns by which a row is about something else than one image or record.
_OTHERS = ("related", "examples", "members")
_PLACES = pl.Schema({"path": pl.String(), "file": pl.String(), **dict.fromkeys(_OTHERS, pl.List(pl.String))})


class Unit(NamedTuple):
    """What a rule's rows are about, one each, and all of its kind that there are."""

    noun: str
    plural: str
    place: str
    """The column that says where one lies: `path`, or `file` for records."""
    all: Callable[[Dataset], pl.DataFrame]
    """All of them, with at least the column `place`."""
    parts: bool = False
    """Whether an image has several: then it is also said in how many images they are."""


def _files(data: Dataset) -> pl.DataFrame:
    return pl.concat([data.table("images").select("path"), data.table("skipped").select("path")]).unique()


def _outlines(data: Dataset) -> pl.DataFrame:
    corners = data.table("boxes").filter(pl.col("unit").str.starts_with("quad-"))
    return pl.concat([data.table("polygons").filter(pl.col("part") == 0).select("file"), corners.select("file")])


def _objects(data: Dataset) -> pl.DataFrame:
    alone = data.table("polygons").filter((pl.col("part") == 0) & pl.col("box").is_null())
    return pl.concat([data.table("boxes").select("file"), alone.select("file")])


def _named_images(data: Dataset) -> pl.DataFrame:
    return data.described.select("path", "file").drop_nulls().unique().collect()


def _sizes(data: Dataset) -> pl.DataFrame:
    return data.table("named").filter(pl.col("width").is_not_null() | pl.col("height").is_not_null()).select("file")


def _records(data: Dataset) -> pl.DataFrame:
    """Records used and problems."""
    tables = ("named", "labels", "boxes", "polygons", "keypoints", "problems")
    return pl.concat([data.table(name).select("file", "line", "pointer") for name in tables]).unique()


#: What a rule may say that its rows are about.
UNITS = {
    "image": Unit("image", "images", "path", lambda data: data.table("images").select("path")),
    "file": Unit("file", "files", "path", _files),
    "label": Unit("label", "labels", "file", lambda data: data.table("labels").select("file"), parts=True),
    "box": Unit("box", "boxes", "file", lambda data: data.table("boxes").select("file"), parts=True),
    "outline": Unit("outline", "outlines", "file", _outlines, parts=True),
    "object": Unit("object", "objects", "file", _objects, parts=True),
    "set of keypoints": Unit(
        "set of keypoints",
        "sets of keypoints",
        "file",
        lambda data: data.table("keypoints").select("file"),
        parts=True,
    ),
    "declared size": Unit("declared size", "declared sizes", "file", _sizes),
    "named image": Unit("named image", "named images", "file", _named_images),
    "class": Unit("class", "classes", "file", lambda data: data.table("classes").select(file="source")),
    "mask": Unit("mask", "masks", "file", lambda data: data.masks.select(pl.col("path").alias("file"))),
    "record": Unit("label record", "label records", "file", _records, parts=True),
    "label file": Unit("label file", "label files", "file", lambda data: _records(data).select("file").unique()),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a rule's frame that are one finding."""

    scope: Scope
    name: str | None
    """The folder, label file, class or split; None for the dataset."""
    fact: tuple[str, ...]
    """What tells it from another group of the rule in the same place: the fact, without numbers and names."""
    rows: NDArray[np.uint32]
    """Their numbers, ascending."""
    count: int
    """How many images or records they are about ..."""
    total: int | None
    """... of how many that the group holds; None where that is not known."""
    unit: Unit

    @property
    def share(self) -> float | None:
        """The part of the group that is hit."""
        return None if self.total is None else self.count / self.total

    @property
    def of(self) -> str:
        """` of the class meme`; nothing for the dataset."""
        kind = f"the {self.scope} " if self.scope in (Scope.CLASS, Scope.SPLIT) else ""
        end = "/" if self.scope is Scope.FOLDER else ""
        return "" if self.name is None else f" of {kind}{named(self.name)}{end}"

    @property
    def who(self) -> str:
        """`all 40 images of the class meme`."""
        hit = f"all {self.count:,}" if self.count == self.total else f"{self.count:,}"
        more = "" if self.total in (None, self.count) else f" of {self.total:,}"
        return f"{hit}{more} {self.unit.plural}{self.of}"


class Groups:
    """The groups of one dataset, with how much each holds."""

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._totals: dict[str, list[Numbers]] = {}

    def of(self, rule: Rule, frame: pl.DataFrame, override: Severity | None = None) -> list[Group]:
        """The groups among the rows of a rule's frame, by place; no row is in two.

        `override` is the severity that the config gives the rule: then that of the rows tells none apart.
        """
        if not rule.groups or frame.height < LEAST:
            return []
        found: list[Group] = []
        for unit, rows in _rows(rule, frame):
            facts = _facts(rule, frame[rows].with_columns(row=rows), by_severity=override is None)
            for fact, part in facts:
                found += self._explained(rule, unit, fact, part)
        return sorted(found, key=lambda group: (group.scope, group.name or "", group.fact))

    def _explained(self, rule: Rule, unit: str, fact: tuple[str, ...], part: pl.DataFrame) -> Iterator[Group]:
        held, places = self._held(unit), part[UNITS[unit].place]
        # An image counts once, however many rows are about it; each record is one.
        units, first = held.units(places)
        if first.size < LEAST:
            return
        items = held.items(places.gather(first))
        tallies = [
            _Tally(rank, sets, own, sets.count(own), total)
            for rank, (sets, own, total) in enumerate(zip(held.sets, items, self._total(unit), strict=True))
        ]
        chosen = _cover([one for tally in tallies for one in tally.candidates(SHARE)], first.size, SHARE)
        if rule.said_once and sum(one.units.size for one in chosen) < first.size:
            chosen = _cover([one for tally in tallies for one in tally.candidates(0.0)], first.size, 0.0)
        group_of = np.full(first.size, -1, np.int64)  # no unit is in two groups
        for number, one in enumerate(chosen):
            group_of[one.units] = number
        found = group_of[units]
        in_order = np.argsort(found, kind="stable")
        ends = np.searchsorted(found[in_order], np.arange(len(chosen) + 1))
        rows = part["row"].to_numpy()
        for number, one in enumerate(chosen):
            hit = np.sort(rows[in_order[ends[number] : ends[number + 1]]]).astype(np.uint32)
            known = one.total if one.total >= one.units.size else None
            yield Group(held.scopes[one.rank], one.name, fact, hit, one.units.size, known, UNITS[unit])

    def _held(self, unit: str) -> SetsOfImages | SetsOfRecords:
        return self._of_images if UNITS[unit].place == "path" else self._of_records

    @cached_property
    def _of_images(self) -> SetsOfImages:
        return SetsOfImages(self._data)

    @cached_property
    def _of_records(self) -> SetsOfRecords:
        return SetsOfRecords()

    def _total(self, unit: str) -> list[Numbers]:
        """How many each set holds, by scope."""
        if unit not in self._totals:
            held = self._held(unit)
            if unit == "image":
                items, times = self._of_images.all, None
            else:
                everything = UNITS[unit].all(self._data)[UNITS[unit].place].drop_nulls()
                counted = everything.alias("at").value_counts(name="times")
                items, times = held.items(counted["at"]), counted["times"].to_numpy()
            self._totals[unit] = [sets.count(own, times) for sets, own in zip(held.sets, items, strict=True)]
        return self._totals[unit]


def _rows(rule: Rule, frame: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    """The rows that may be in a group, by what they are about: a unit, and the numbers of its rows."""
    columns = [name for name in ("path", "file", *_OTHERS) if name in frame.columns]
    known = pl.concat([pl.DataFrame(schema=_PLACES), frame.select(columns)], how="diagonal")
    alone = pl.all_horizontal(pl.col(name).list.len().fill_null(0) == 0 for name in _OTHERS)
    in_file = pl.col("file").is_not_null()
    of_image = ~in_file & pl.col("path").is_not_null() & pl.lit(rule.per_image)
    own = UNITS[rule.unit].place
    for unit, which in (
        (rule.unit if own == "file" else "record", in_file),
        (rule.unit if own == "path" else "image", of_image),
    ):
        rows = known.select(which=alone & which)["which"].arg_true()
        if len(rows) >= LEAST:
            yield unit, rows


#: What varies in the words of one fact.
_VARIES = r"'[^']*'|\"[^\"]*\"|`[^`]*`|[-+]?\d[\d,._]*(?:e[-+]?\d+)?"


def _facts(rule: Rule, frame: pl.DataFrame, *, by_severity: bool) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """The rows that state the same fact, with the same severity and the same hint: the fact, and the rows."""
    texts = [name for name in (*rule.fact, "hint") if name in frame.columns]
    keys = {name: pl.col(name).cast(pl.String).str.replace_all(_VARIES, "…").fill_null("") for name in texts}
    if by_severity and "severity" in frame.columns:
        keys["severity"] = pl.col("severity").fill_null(str(rule.severity))
    if not keys:
        yield (), frame
        return
    numbered = frame.with_columns(**{f"fact {name}": key for name, key in keys.items()})
    for values, part in numbered.partition_by([f"fact {name}" for name in keys], as_dict=True).items():
        if part.height >= LEAST:
            yield tuple(map(str, values[: len(rule.fact)])), part


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A set that may be a group, and the units that it holds."""

    rank: int
    name: str | None
    total: int
    units: Numbers


@dataclass(frozen=True, slots=True)
class _Tally:
    """How many of some units the sets of one scope hold, and how many there are in each."""

    rank: int
    sets: Sets
    items: Numbers
    counts: Numbers
    known: Numbers
    """(sets that were there when all were counted,)"""

    def candidates(self, share: float) -> list[_Candidate]:
        """The sets that hold at least LEAST of the units, and these that share of the set, by name."""
        totals = np.pad(self.known, (0, self.counts.size - self.known.size))
        wanted = (self.counts >= LEAST) & (self.counts >= share * totals)
        if not wanted.any():
            return []
        at, number = map(np.concatenate, zip(*self.sets.each(self.items, wanted), strict=True))
        in_order = np.argsort(number, kind="stable")
        numbers = np.flatnonzero(wanted)
        starts, ends = (np.searchsorted(number[in_order], numbers, side) for side in ("left", "right"))
        found = [
            _Candidate(self.rank, self.sets.name(one), int(totals[one]), at[in_order[start:end]])
            for one, start, end in zip(numbers.tolist(), starts, ends, strict=True)
        ]
        return sorted(found, key=lambda one: one.name or "")


def _cover(candidates: Sequence[_Candidate], size: int, share: float) -> list[_Candidate]:
    """The fewest groups that explain the units, the one that explains most first, with the units that each explains.

    Greedy: each next group is the one with the most units that are not yet explained, as long as these are at least
    LEAST and that share of it.
    """

    def key(number: int, count: int) -> tuple[int, bool, int]:
        return -count, count < _NEARLY_ALL * candidates[number].total, number

    queue = [(*key(number, one.units.size), one.units.size) for number, one in enumerate(candidates)]
    heapq.heapify(queue)
    explained = np.zeros(size, bool)
    chosen: list[_Candidate] = []
    while queue:
        *_, number, known = heapq.heappop(queue)
        one = candidates[number]
        units = one.units[~explained[one.units]]
        if units.size < max(LEAST, share * one.total):
            continue
        if units.size < known:  # a group before it took some of them: it waits for its turn
            heapq.heappush(queue, (*key(number, units.size), units.size))
            continue
        explained[units] = True
        chosen.append(replace(one, units=units))
    return chosen
