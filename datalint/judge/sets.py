"""The sets that hold images and records (folders, classes, splits, label files), as numbers instead of names a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from datalint.judge.paths import Paths
from datalint.rule import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from datalint.dataset import Dataset

    Numbers = NDArray[np.int64]


class Sets(Protocol):
    """Sets of items; an item is a number, and -1 is in none of them."""

    def name(self, number: int) -> str | None:
        """What the set of this number is called; None for the whole dataset."""

    def count(self, items: Numbers, times: Numbers | None = None) -> Numbers:
        """(sets,): how many of the items each holds; an item counts `times`, else once."""

    def each(self, items: Numbers, wanted: NDArray[np.bool_]) -> Iterator[tuple[Numbers, Numbers]]:
        """(places in `items`, set of each), piece by piece: where an item is in a set that is wanted."""


class Whole(Sets):
    """The one set that everything is in."""

    def name(self, number: int) -> str | None:
        """What the set is called."""
        return None

    def count(self, items: Numbers, times: Numbers | None = None) -> Numbers:
        """How many of the items each set holds."""
        return np.array([items.size if times is None else times.sum()], np.int64)

    def each(self, items: Numbers, wanted: NDArray[np.bool_]) -> Iterator[tuple[Numbers, Numbers]]:
        """Where an item is in a set that is wanted."""
        if wanted[0]:
            yield np.arange(items.size), np.zeros(items.size, np.int64)


class Nested(Sets):
    """Sets that may lie in one another, as folders do. An item is the number of the innermost set that holds it."""

    def __init__(self, around: Callable[[str], str] = lambda name: "") -> None:
        """`around` names the set that a set lies in; empty where it lies in none."""
        self._around = around
        self._names: list[str] = []
        self._numbers: dict[str, int] = {"": -1}
        self._outer: list[int] = []

    def items(self, names: pl.Series) -> Numbers:
        """(n,): the number of each set, a new one where it was not known; -1 for null."""
        different = names.drop_nulls().unique()
        known = np.array([*map(self._number, different.to_list()), -1], np.int64)
        place: Numbers = names.cast(pl.Enum(different)).to_physical().fill_null(len(different)).to_numpy()
        found: Numbers = known[place]
        return found

    def _number(self, name: str) -> int:
        new = []
        while name not in self._numbers:
            new.append(name)
            name = self._around(name)
        number = self._numbers[name]
        for one in reversed(new):
            self._outer.append(number)
            number = self._numbers[one] = len(self._names)
            self._names.append(one)
        return number

    def name(self, number: int) -> str | None:
        """What the set is called."""
        return self._names[number]

    def count(self, items: Numbers, times: Numbers | None = None) -> Numbers:
        """How many of the items each set holds."""
        outer = np.array(self._outer, np.int64)
        found = np.zeros(outer.size, np.int64)
        some = items >= 0
        inner, many = items[some], None if times is None else times[some]
        while inner.size:
            counted = np.bincount(inner, many, outer.size).astype(np.int64)
            found += counted
            held = np.flatnonzero((counted > 0) & (outer >= 0))
            inner, many = outer[held], counted[held]
        return found

    def each(self, items: Numbers, wanted: NDArray[np.bool_]) -> Iterator[tuple[Numbers, Numbers]]:
        """Where an item is in a set that is wanted."""
        outer = np.array(self._outer, np.int64)
        at = np.flatnonzero(items >= 0)
        number = items[at]
        while at.size:
            asked = wanted[number]
            yield at[asked], number[asked]
            number = outer[number]
            at, number = at[number >= 0], number[number >= 0]


class Several(Sets):
    """Sets of which an item may be in any number."""

    def __init__(self, items: pl.Series, names: pl.Series, size: int) -> None:
        """Each of the items is in the set whose name is beside it; items are below `size`, and nothing is null."""
        self._names = names.unique().sort()
        pairs = pl.DataFrame({"item": items, "set": names.cast(pl.Enum(self._names)).to_physical()})
        pairs = pairs.sort("item", "set")
        again = (pl.col("item") == pl.col("item").shift()) & (pl.col("set") == pl.col("set").shift())
        pairs = pairs.filter(~again.fill_null(value=False))
        many = np.bincount(pairs["item"].to_numpy(), minlength=size)
        self._starts = np.concatenate([[0], np.cumsum(many)]).astype(np.uint32)
        self._sets = pairs["set"].to_numpy()

    def name(self, number: int) -> str | None:
        """What the set is called."""
        name: str = self._names[number]
        return name

    def count(self, items: Numbers, times: Numbers | None = None) -> Numbers:
        """How many of the items each set holds."""
        at, number = self._of(items)
        return np.bincount(number, None if times is None else times[at], len(self._names)).astype(np.int64)

    def each(self, items: Numbers, wanted: NDArray[np.bool_]) -> Iterator[tuple[Numbers, Numbers]]:
        """Where an item is in a set that is wanted."""
        at, number = self._of(items)
        yield at[wanted[number]], number[wanted[number]]

    def _of(self, items: Numbers) -> tuple[Numbers, Numbers]:
        """(places in `items`, set of each)."""
        known = np.flatnonzero(items >= 0)
        low = self._starts[items[known]].astype(np.int64)
        many = self._starts[items[known] + 1] - low
        places = np.arange(many.sum()) + np.repeat(low + many - np.cumsum(many), many)
        return np.repeat(known, many), self._sets[places]


class SetsOfImages:
    """The dataset, the classes, the splits and the folders, the preferred first where two explain the same."""

    scopes = (Scope.DATASET, Scope.CLASS, Scope.SPLIT, Scope.FOLDER)

    def __init__(self, data: Dataset) -> None:
        images = data.table("images")
        named = [
            data.table(table).select("image", name=name).drop_nulls()
            for table, name in (("labels", "class"), ("splits", "split"))
        ]
        several = [Several(table["image"], table["name"], images.height) for table in named]
        self._paths = data.once(Paths)
        self._folders = Nested(_folder_of)
        self._folder = self._folders.items(_folders_of(images["path"])).astype(np.int32)
        self.sets: tuple[Sets, ...] = Whole(), *several, self._folders

    def units(self, at: pl.Series) -> tuple[Numbers, Numbers]:
        """(rows,): the number of the image that each row is about, from 0; and (images,): a row about each."""
        rows = self._paths.rows(at)
        unknown = np.flatnonzero(rows < 0)
        rows[unknown] = len(self._folder) + at.gather(unknown).rank("dense").to_numpy()
        _, first, unit = np.unique(rows, return_index=True, return_inverse=True)
        return unit, first

    def items(self, at: pl.Series) -> list[Numbers]:
        """What the images at these paths are in each of `sets`."""
        rows = self._paths.rows(at)
        unknown = np.flatnonzero(rows < 0)
        folder = np.empty(rows.size, np.int64)
        folder[rows >= 0] = self._folder[rows[rows >= 0]]
        folder[unknown] = self._folders.items(_folders_of(at.gather(unknown)))
        return [rows, rows, rows, folder]

    @property
    def all(self) -> list[Numbers]:
        """The same of all images that there are."""
        rows = np.arange(self._folder.size)
        return [rows, rows, rows, self._folder.astype(np.int64)]


class SetsOfRecords:
    """The label files, the dataset and the folders, the preferred first where two explain the same."""

    scopes = (Scope.FILE, Scope.DATASET, Scope.FOLDER)

    def __init__(self) -> None:
        self._files, self._folders = Nested(), Nested(_folder_of)
        self.sets: tuple[Sets, ...] = self._files, Whole(), self._folders

    def units(self, at: pl.Series) -> tuple[Numbers, Numbers]:
        """Each record is one, however many lie in a file."""
        return np.arange(len(at)), np.arange(len(at))

    def items(self, at: pl.Series) -> list[Numbers]:
        """What the records in these label files are in each of `sets`."""
        files = self._files.items(at)
        _, one_of, file = np.unique(files, return_index=True, return_inverse=True)
        return [files, files, self._folders.items(_folders_of(at.gather(one_of)))[file]]


def _folders_of(paths: pl.Series) -> pl.Series:
    """The folder of each; null where it lies in none."""
    return paths.str.extract(r"(?s)^(.*)/")


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]
