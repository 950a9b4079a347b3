"""How far two sources say the same of the images that both describe."""

from __future__ import annotations

import polars as pl
import pytest

from datalint.dataset.assembly import compare
from tests.dataset.assembly.test_merge import CAT, DOG, source


def labels(*classes: str | None) -> pl.DataFrame:
    return pl.DataFrame({"file_row": range(len(classes)), "class": classes}).drop_nulls()


@pytest.mark.parametrize(
    ("lead", "other", "common", "same", "differing"),
    [
        (["a", "b"], ["a", "b"], 2, True, 0),
        (["a", "b", "a"], ["a", "b", "b"], 3, True, 1),
        (["a", "b", None], [None, None, "a"], 0, False, 0),
        (["a", "b"] * 10, ["1", "2"] * 10, 20, True, 0),
        (["a", "b"] * 10, ["1", "2"] * 9 + ["2", "1"], 20, True, 2),
        (["a", "b"] * 4, ["1", "2", "1", "2", "2", "1", "2", "1"], 8, False, 4),
        (["a", "b"] * 4, ["x"] * 8, 8, False, 4),
    ],
)
def test_labels(lead: list[str | None], other: list[str | None], common: int, same: bool, differing: int) -> None:
    found = compare.labels(labels(*lead), labels(*other))
    assert (found.common, found.same, found.differing.height) == (common, same, differing)


def test_objects_are_compared_to_the_pixel_where_most_agree() -> None:
    leader = source("voc", "Annotations", {"a.jpg": [CAT], "b.jpg": [CAT, DOG], "c.jpg": [DOG]})
    moved = (CAT[0], [50.0, 0.0, 60.0, 10.0])
    other = source("box-table", "l.csv", {"a.jpg": [moved], "b.jpg": [DOG, CAT], "c.jpg": [DOG]})
    both = leader.named.select("path")
    found = compare.differing(leader, other, both, compare.OBJECTS)
    assert found.images.rows() == [("a.jpg", "other boxes of 1 cat", "1 cat")]
    assert (found.by, found.other_task) == ("classes and boxes", False)


def test_else_by_the_classes_alone() -> None:
    leader = source("voc", "Annotations", {"a.jpg": [CAT], "b.jpg": [CAT], "c.jpg": [DOG]})
    shares = source("yolo", "labels", {"a.jpg": [CAT], "b.jpg": [DOG, CAT], "c.jpg": []}, unit="cxcywh-share")
    both = leader.named.select("path")
    found = compare.differing(leader, shares, both, compare.OBJECTS)
    assert found.images.rows() == [("b.jpg", "1 cat, 1 dog", "1 cat"), ("c.jpg", "nothing", "1 dog")]
    assert (found.by, found.other_task) == ("classes, counted", True)


def test_sources_that_overlap() -> None:
    images = [pl.Series([1, 2, 2]), pl.Series([3]), pl.Series([2, 3]), pl.Series([], dtype=pl.Int64), pl.Series([1])]
    assert compare.overlapping(images) == [[], [], [0, 1], [], [0]]
    assert compare.overlapping(images[:1]) == [[]]
    assert compare.overlapping([]) == []


def test_of_many_sources_about_one_image_the_first_few_lead() -> None:
    images = [pl.Series(["a", f"own{number}", None]) for number in range(100)]
    found = compare.overlapping(images)
    assert found[:4] == [[], [0], [0, 1], [0, 1]]
    assert found[99] == [0, 1]
    assert compare.overlapping(images[:4]) == [[], [0], [0, 1], [0, 1, 2]]
