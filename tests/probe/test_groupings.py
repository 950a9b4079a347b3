"""What images were labelled together: the parts and lines that a person would name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from datalint.dataset import Dataset, schema
from datalint.probe.groupings import Grouping, groupings, orders
from datalint.probe.items import Images


def asked(
    paths: list[str],
    classes: list[str],
    splits: dict[str, list[int]] | None = None,
    files: list[str | None] | None = None,
    taken: list[datetime | None] | None = None,
) -> tuple[Dataset, pl.DataFrame, list[str]]:
    numbers = np.arange(len(paths))
    images = pl.DataFrame({"image": numbers, "path": paths, "taken": taken or [None] * len(paths)})
    labels = pl.DataFrame({"image": numbers, "class": classes, "file": files or [None] * len(paths)})
    inside = [(image, split) for split, rows in (splits or {}).items() for image in rows]
    data = Dataset(Path())
    data.tables = {
        "images": schema.conform("images", images),
        "labels": schema.conform("labels", labels),
        "splits": pl.DataFrame(inside, schema=schema.schema("splits"), orient="row"),
    }
    return data, Images(data).rows, sorted(set(classes))


def parts(found: list[Grouping], by: str) -> dict[str, list[int]]:
    return {
        name: np.flatnonzero(grouping.part == number).tolist()
        for grouping in found
        if grouping.by == by
        for number, name in enumerate(grouping.names)
    }


def test_a_place_has_one_name_in_both_classes() -> None:
    paths = ["corn/site2/a.jpg", "jay/site2/b.jpg", "corn/site1/day 1/c.jpg", "jay/d.jpg"]
    found = parts(groupings(*asked(paths, ["corn", "jay", "corn", "jay"])), "folder")
    assert found == {"site2": [0, 1], "site1": [2], "site1/day 1": [2]}


def test_splits_may_overlap() -> None:
    data, rows, classes = asked(["a.jpg", "b.jpg", "c.jpg"], ["x", "y", "x"], {"train": [0, 1], "val": [1, 2]})
    assert parts(groupings(data, rows, classes), "split") == {"train": [0, 1], "val": [1, 2]}


def test_the_label_file_of_each_image() -> None:
    data, rows, classes = asked(["a.jpg", "b.jpg", "c.jpg"], ["x", "y", "x"], files=["one.csv", "two.csv", None])
    assert parts(groupings(data, rows, classes), "file") == {"one.csv": [0], "two.csv": [1]}


def test_names_are_grouped_by_their_start_and_by_what_they_are_made_of() -> None:
    paths = ["x/batch7_a.jpg", "x/batch7_b.jpg", "x/IMG_2041.JPG", "x/IMG_2042.JPG", "x/00017.jpg", "x/00018.jpg"]
    found = parts(groupings(*asked(paths, ["x", "y"] * 3)), "name")
    assert found["batch*"] == found["batch7*"] == found["batch7_*"] == [0, 1]
    assert found["IMG*"] == found["IMG_204*.JPG"] == [2, 3]
    assert found["0001*.jpg"] == [4, 5]


def test_numbers_are_counted_not_spelled() -> None:
    data, rows, _ = asked(["x/img10.jpg", "y/img9.jpg", "x/img0100.jpg"], ["x", "y", "x"])
    (order,) = orders(data, rows)
    assert order.by == "number"
    assert order.rank.tolist() == [1, 0, 2]
    assert order.names[0] == "img10.jpg"


def test_times_are_an_order_where_there_are_any() -> None:
    taken = [datetime(2026, 5, 2, 10), None, datetime(2026, 5, 1, 9, 30)]
    data, rows, _ = asked(["a.jpg", "b.jpg", "c.jpg"], ["x", "y", "x"], taken=taken)
    _, time = orders(data, rows)
    assert (time.by, time.rank.tolist(), time.names[2]) == ("time", [1, -1, 0], "2026-05-01 09:30")


def test_odd_names_do_no_harm() -> None:
    paths = ["no extension", ".jpg", "x/" + "9" * 300 + ".jpg", "x/é—漢.jpg", "x/____.jpg", "x/٣٤.jpg", "x/½.jpg"]
    data, rows, classes = asked(paths, ["x", "y"] * 3 + ["x"])
    for grouping in groupings(data, rows, classes):
        assert len(grouping.part) == len(paths)
        assert grouping.part.max() < len(grouping.names)
    assert all(sorted(order.rank.tolist()) == list(range(len(paths))) for order in orders(data, rows))
