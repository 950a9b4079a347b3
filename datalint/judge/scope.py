"""What is true of a group is said once: which rows of a rule are one finding about a folder, class, split or dataset.

Rows that state one fact form a group where they are at least `LEAST` images (or records), and at least half of those
there are. Of all groups that are so, the fewest that explain the rows are taken: first the one with the most of them.
Where two explain the same rows, the dataset is preferred, unless the other is (nearly) all hit and the dataset is not:
"all 40 images of the class meme" says more than "40 of 120 images". Rows that no group explains stay findings of their
own.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.judge.paths import Paths
from datalint.judge.words import named
from datalint.rule import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from datalint.dataset import Dataset
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

#: Of groups that explain the same rows the earlier is preferred.
_OF_IMAGES = (Scope.DATASET, Scope.CLASS, Scope.SPLIT, Scope.FOLDER)
_OF_RECORDS = (Scope.FILE, Scope.DATASET, Scope.FOLDER)
#: Table and column of the sets that images are in.
_SETS = {Scope.CLASS: ("labels", "class"), Scope.SPLIT: ("splits", "split")}


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
        self._totals: dict[str, pl.DataFrame] = {}
        self._names: dict[str, tuple[NDArray[np.int64], pl.Series]] = {}

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
        kind = UNITS[unit]
        units = part.select("row", pl.col(kind.place).alias("at"))
        # An image counts once, however many rows are about it; each record is one.
        once = units["at"].unique() if kind.place == "path" else units["at"]
        size = len(once)
        if size < LEAST:
            return
        counts = self._counts(once, unit).join(self._total(unit), on=["scope", "name"], how="left", nulls_equal=True)
        enough = counts.filter((pl.col("count") >= LEAST) & (pl.col("count") >= SHARE * pl.col("total").fill_null(0)))
        if enough.is_empty() and not rule.said_once:
            return
        numbered = units.with_columns(unit=(pl.col("at") if kind.place == "path" else pl.col("row")).rank("dense") - 1)
        places = self._placed(numbered.unique("unit", keep="first").select("unit", "at"), unit)
        few = places.join(enough.drop("count"), on=["scope", "name"], nulls_equal=True)
        chosen = _cover(few, size, SHARE)
        if rule.said_once and sum(len(units) for *_, units in chosen) < size:
            every = places.join(counts.drop("count"), on=["scope", "name"], nulls_equal=True)
            chosen = _cover(every, size, 0.0)
        rows = numbered.sort("row").select("row", "unit").to_numpy()
        group_of = np.full(size, -1, np.int64)  # no unit is in two groups
        for number, (*_, members) in enumerate(chosen):
            group_of[members] = number
        found = group_of[rows[:, 1]]
        in_order = np.argsort(found, kind="stable")
        ends = np.searchsorted(found[in_order], np.arange(len(chosen) + 1))
        order = _OF_IMAGES if kind.place == "path" else _OF_RECORDS
        for number, (rank, name, total, members) in enumerate(chosen):
            hit = rows[in_order[ends[number] : ends[number + 1]], 0].astype(np.uint32)
            known = total if total >= len(members) else None
            yield Group(order[rank], name, fact, hit, len(members), known, kind)

    def _total(self, unit: str) -> pl.DataFrame:
        """(scope, name, total): how many each group holds."""
        if unit not in self._totals:
            everything = UNITS[unit].all(self._data)[UNITS[unit].place].drop_nulls()
            self._totals[unit] = self._counts(everything, unit, whole=True).rename({"count": "total"})
        return self._totals[unit]

    def _counts(self, at: pl.Series, unit: str, *, whole: bool = False) -> pl.DataFrame:
        """(scope, name, count): how many of these places each group holds, without a table of which.

        `whole` says that all images are among the places.
        """
        units = at.alias("at").to_frame()
        parents = units.select(parent=_PARENT).drop_nulls().group_by("parent").len("count")
        folders = parents.join(_above(parents["parent"]), on="parent").group_by("name").agg(pl.col("count").sum())
        found = {Scope.DATASET: pl.DataFrame({"name": [None], "count": [len(at)]}), Scope.FOLDER: folders}
        records = UNITS[unit].place == "file"
        order = _OF_RECORDS if records else _OF_IMAGES
        if records:
            found[Scope.FILE] = units.group_by(name="at").len("count")
        else:
            images = None if whole else pl.Series(self._data.once(Paths).rows(at))
            for scope, (table, name) in _SETS.items():
                names = self._named(table, name)[1]
                if images is not None:
                    names = self._of(table, name, images.filter(images >= 0))["name"]
                found[scope] = names.alias("name").to_frame().group_by("name").len("count")
        types = {"name": pl.String, "count": pl.UInt32}
        return pl.concat(
            frame.select(_rank(order, scope), *(pl.col(name).cast(dtype) for name, dtype in types.items()))
            for scope, frame in found.items()
        )

    def _placed(self, units: pl.DataFrame, unit: str) -> pl.DataFrame:
        """(unit, scope, name) of all groups that hold some of `units` (unit, at); scope is a place in the order."""
        records = UNITS[unit].place == "file"
        order = _OF_RECORDS if records else _OF_IMAGES
        found = [
            units.select("unit", _rank(order, Scope.DATASET), pl.lit(None, pl.String).alias("name")),
            _folders(units).select("unit", _rank(order, Scope.FOLDER), "name"),
        ]
        if records:
            found.append(units.select("unit", _rank(order, Scope.FILE), pl.col("at").alias("name")))
        else:
            images = self._data.once(Paths).rows(units["at"])
            known = units.select("unit", image=images).filter(pl.col("image") >= 0)
            for scope, (table, name) in _SETS.items():
                named = self._of(table, name, known["image"])
                found.append(named.select(known["unit"].gather(named["at"]), _rank(order, scope), "name"))
        return pl.concat([frame.with_columns(pl.col("unit").cast(pl.UInt32)) for frame in found])

    def _of(self, table: str, column: str, images: pl.Series) -> pl.DataFrame:
        """(at, name): the classes or splits of images; `at` is a place in `images`."""
        starts, names = self._named(table, column)
        low, high = starts[images], starts[images + 1]
        many = high - low
        at = np.repeat(np.arange(many.size), many)
        places = np.arange(at.size) + np.repeat(high - np.cumsum(many), many)
        return pl.DataFrame({"at": at, "name": names.gather(places)})

    def _named(self, table: str, column: str) -> tuple[NDArray[np.int64], pl.Series]:
        """The classes or splits of all images, image by image, each once; and where those of each image begin."""
        if table not in self._names:
            named = self._data.table(table).select("image", column).drop_nulls().sort("image", column)
            again = (pl.col("image") == pl.col("image").shift()) & (pl.col(column) == pl.col(column).shift())
            named = named.filter(~again.fill_null(value=False))
            many = np.bincount(named["image"], minlength=self._data.table("images").height)
            self._names[table] = np.concatenate([[0], np.cumsum(many)]), named[column]
        return self._names[table]


def _rank(order: tuple[Scope, ...], scope: Scope) -> pl.Expr:
    return pl.lit(order.index(scope), pl.Int8).alias("scope")


#: The folder of a place.
_PARENT = pl.col("at").str.extract(r"(?s)^(.*)/")


def _folders(units: pl.DataFrame) -> pl.DataFrame:
    """(unit, name): the folder of each, and those above it."""
    parents = units.select("unit", parent=_PARENT).drop_nulls("parent")
    return parents.join(_above(parents["parent"].unique()), on="parent").select("unit", "name")


def _above(folders: pl.Series) -> pl.DataFrame:
    """(parent, name): each of some folders, itself and those above it."""
    above = [
        (parent, "/".join(parts[:length]))
        for parent in folders.to_list()
        for parts in [parent.split("/")]
        for length in range(1, len(parts) + 1)
    ]
    return pl.DataFrame(above, schema={"parent": pl.String, "name": pl.String}, orient="row")


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


def _cover(places: pl.DataFrame, size: int, share: float) -> list[tuple[int, str | None, int, NDArray[np.uint32]]]:
    """The fewest groups that explain the units: (scope, name, total, units), the one that explains most first.

    Greedy: each next group is the one with the most units that are not yet explained, as long as these are at least
    LEAST and that share of it.
    """
    candidates = (
        places.group_by("scope", "name")
        .agg("unit", pl.col("total").first().fill_null(0))
        .filter((pl.col("unit").list.len() >= LEAST) & (pl.col("unit").list.len() >= share * pl.col("total")))
        .sort("scope", "name", nulls_last=False)
    )
    members = [np.asarray(units, np.uint32) for units in candidates["unit"].to_list()]
    ranks, names, totals = (candidates[name].to_list() for name in ("scope", "name", "total"))

    def key(number: int, count: int) -> tuple[int, bool, int]:
        return -count, count < _NEARLY_ALL * totals[number], number

    queue = [(*key(number, len(units)), len(units)) for number, units in enumerate(members)]
    heapq.heapify(queue)
    explained = np.zeros(size, bool)
    chosen: list[tuple[int, str | None, int, NDArray[np.uint32]]] = []
    while queue:
        *_, number, known = heapq.heappop(queue)
        units = members[number][~explained[members[number]]]
        if len(units) < max(LEAST, share * totals[number]):
            continue
        if len(units) < known:  # a group before it took some of them: it waits for its turn
            heapq.heappush(queue, (*key(number, len(units)), len(units)))
            continue
        explained[units] = True
        chosen.append((ranks[number], names[number], totals[number], np.sort(units)))
    return chosen
