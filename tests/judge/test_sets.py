"""Sets of images and records, counted in numbers: as counting them by name would."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datalint import Dataset
from datalint.dataset.schema import conform
from datalint.judge.sets import Nested, SetsOfImages, SetsOfRecords, Several, Whole

if TYPE_CHECKING:
    from datalint.judge.sets import Numbers, Sets

NAMES = st.lists(st.sampled_from(["a", "a/x", "a/x/y", "b/x", "a b/é", None]), max_size=40)


def around(name: str) -> str:
    return name.rpartition("/")[0]


def by_name(sets: Sets, items: Numbers, times: Numbers | None = None) -> dict[str | None, int]:
    counts = sets.count(items, times)
    return {sets.name(number): int(count) for number, count in enumerate(counts) if count}


def members(sets: Sets, items: Numbers, wanted: str | None) -> list[int]:
    asked = np.array([sets.name(number) == wanted for number in range(sets.count(items).size)])
    return sorted(int(at) for places, _ in sets.each(items, asked) for at in places)


@given(names=NAMES)
def test_a_folder_holds_what_lies_in_folders_below_it(names: list[str | None]) -> None:
    folders = Nested(around)
    items = folders.items(pl.Series(names, dtype=pl.String))
    expected: Counter[str | None] = Counter()
    for name in names:
        while name:
            expected[name], name = expected[name] + 1, around(name)
    assert by_name(folders, items) == expected
    assert by_name(folders, items, np.full(items.size, 3)) == {name: 3 * count for name, count in expected.items()}
    inside = [at for at, name in enumerate(names) if name and f"{name}/".startswith("a/")]
    assert members(folders, items, "a") == inside


def test_numbers_of_sets_stay_when_others_follow() -> None:
    folders = Nested(around)
    first = folders.items(pl.Series(["a/x"]))
    folders.items(pl.Series(["b", "a/y"]))
    assert folders.items(pl.Series(["a/x"])) == first
    assert by_name(folders, first) == {"a": 1, "a/x": 1}


def test_an_item_is_in_any_number_of_sets_and_in_each_once() -> None:
    sets = Several(pl.Series([0, 0, 0, 2], dtype=pl.UInt32), pl.Series(["cat", "dog", "cat", "cat"]), 3)
    items = np.array([0, 1, 2, -1])
    assert by_name(sets, items) == {"cat": 2, "dog": 1}
    assert by_name(sets, items, np.array([5, 1, 2, 9])) == {"cat": 7, "dog": 5}
    assert members(sets, items, "cat") == [0, 2]


def test_the_dataset_holds_all() -> None:
    items = np.array([4, -1, 4])
    assert by_name(Whole(), items) == {None: 3}
    assert by_name(Whole(), items, np.array([1, 2, 3])) == {None: 6}
    assert members(Whole(), items, None) == [0, 1, 2]


def test_images_and_paths_that_are_none() -> None:
    """A rule may speak of a file that is no image: it lies in a folder and has no class."""
    images = pl.DataFrame({"image": [0, 1], "path": ["a/0.jpg", "b/1.jpg"]})
    labels = images.with_columns(**{"class": pl.Series(["cat", None])})
    data = Dataset(Path(), tables={"images": conform("images", images), "labels": conform("labels", labels)})
    sets = SetsOfImages(data)
    at = pl.Series(["c/x.txt", "b/1.jpg", "a/0.jpg", "c/x.txt", "a/y.txt"])
    unit, first = sets.units(at)
    assert [at[int(first[one])] for one in unit] == at.to_list()
    assert first.size == 4
    held = dict(zip(sets.scopes, zip(sets.sets, sets.items(at), strict=True), strict=True))
    found = {str(scope): by_name(*each) for scope, each in held.items()}
    assert found == {"dataset": {None: 5}, "class": {"cat": 1}, "split": {}, "folder": {"a": 2, "b": 1, "c": 2}}
    whole = [by_name(each, items) for each, items in zip(sets.sets, sets.all, strict=True)]
    assert whole == [{None: 2}, {"cat": 1}, {}, {"a": 1, "b": 1}]


def test_each_record_is_a_unit_of_its_file() -> None:
    sets = SetsOfRecords()
    at = pl.Series(["labels/a.json", "b.csv", "labels/a.json"])
    unit, first = sets.units(at)
    assert unit.tolist() == first.tolist() == [0, 1, 2]
    found = [by_name(each, items) for each, items in zip(sets.sets, sets.items(at), strict=True)]
    assert found == [{"labels/a.json": 2, "b.csv": 1}, {None: 3}, {"labels": 2}]
