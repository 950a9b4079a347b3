"""One dataset as data files and lists describe it."""

from __future__ import annotations

import polars as pl

from datalint.dataset.assembly.annotations import SPLITS
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem
from datalint.dataset.formats.yolo.described import Dataset, Images, Missing


def split(name: str, *rows: int) -> pl.DataFrame:
    return pl.DataFrame({"file_row": rows, "split": [name] * len(rows)}, schema=SPLITS)


def test_more_is_said_of_a_dataset_and_nothing_is_lost() -> None:
    problem = Problem("path", Place("val.txt", 2), "why", "what")
    read, unreadable = Outcome(Kind.READ, "read"), Outcome(Kind.UNREADABLE, "cannot be read")
    first = Dataset("x", outcomes={"a.yaml": read})
    missing = (Missing("gone.jpg", Place("val.txt", 1)),)
    parts = (
        Images(split("train", 4, 2)),
        Images(split("val", 2), missing, (problem,), {"val.txt": read}),
    )
    found = first.naming(iter(parts))
    assert found.splits.rows() == [(4, "train"), (2, "train"), (2, "val")]
    assert found.images.tolist() == [2, 4]
    assert (found.missing, found.problems) == (missing, (problem,))
    assert found.outcomes == {"a.yaml": read, "val.txt": read}
    assert first.splits.is_empty()
    later = found.saying([problem], {"val.txt": unreadable})
    assert (later.problems, later.outcomes["val.txt"]) == ((problem, problem), unreadable)
