"""Rules about keypoints on tables made by hand: what is wrong is told, what only looks so is not."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint import Rule
from datalint.dataset import Dataset
from datalint.dataset.boxes import resolve
from datalint.dataset.schema import conform
from datalint.rules.annotations._keypoints import surveyed
from datalint.rules.annotations.invalid_keypoints import InvalidKeypoints
from datalint.rules.annotations.keypoint_mismatch import KeypointMismatch

Numbers = Sequence[float]
FILE = "labels.json"


def dataset(points: Sequence[Numbers], unit: str = "pixels", *, box: Numbers | None = None, **columns: Any) -> Dataset:
    """A picture of 100 x 80 pixels with an object for each list of points, all of one box, or of none."""
    size = {"width": 100.0, "height": 80.0, "file": FILE}
    named = pl.DataFrame([{"path": "a.jpg", **size}])
    keypoints = pl.DataFrame(
        [
            {"path": "a.jpg", "class": "cat", "file": FILE, "line": row + 1, "points": list(map(float, numbers)),
             "unit": unit, "box": row if box is not None else None}
            for row, numbers in enumerate(points)
        ],
        schema_overrides={"points": pl.List(pl.Float64), "box": pl.UInt32},
    )  # fmt: skip
    mine = {name: values for name, values in columns.items() if name != "crowd"}
    keypoints = keypoints.with_columns(pl.Series(name, values) for name, values in mine.items())
    tables = {"named": conform("named", named), "keypoints": conform("keypoints", keypoints)}
    if box is not None:
        boxes = keypoints.select("path", "class", "file", "line", "box").with_columns(
            pl.Series("raw", [list(map(float, box))] * len(points), dtype=pl.List(pl.Float64)),
            pl.lit("cxcywh-share" if unit == "share" else "xywh-pixels").alias("unit"),
            pl.Series("crowd", columns.get("crowd", [None] * len(points)), dtype=pl.Boolean),
        )
        tables["boxes"] = conform("boxes", boxes)
    data = Dataset(Path("x"), tables=tables)
    resolve(data)
    return data


def found(rule: type[Rule], data: Dataset, **options: Any) -> list[tuple[int | None, str, str]]:
    """(line, severity, words) of each finding."""
    checked = rule(**options).check(data)
    rows = checked.collect() if isinstance(checked, pl.LazyFrame) else checked
    severity = pl.col("severity").fill_null("warning")
    return rows.select("line", severity, "fact").rows()


GOOD = [[10, 10, 2, 30, 30, 1, 0, 0, 0], [0, 0, 0, 99, 79, 2, 100, 80, 1], [0] * 9]


@pytest.mark.parametrize("rule", [InvalidKeypoints, KeypointMismatch])
def test_good_ones(rule: type[Rule]) -> None:
    assert found(rule, dataset(GOOD, declared=[3, 3, 3], labelled=[2.0, 2.0, 0.0], box=[5, 5, 95, 75])) == []
    assert found(rule, dataset(GOOD)) == []
    assert found(rule, dataset([])) == []
    assert found(rule, dataset([[]] * 4, declared=[3] * 4)) == []


@pytest.mark.parametrize(
    ("points", "declared", "severity", "words"),
    [
        ([10, 10, 2, 30, 30, 1], 3, "error", "are 2, and the class has 3"),
        ([10, 10, 2], 3, "error", "are only 1, and the class has 3"),
        ([10, math.nan, 2], None, "error", "are not all finite numbers"),
        ([10, -math.inf, 0], None, "error", "are not all finite numbers"),
        ([10, 10, 2, 7, 7, 0.5], None, "warning", "have 0.5 as the visibility of point 2, which is not 0, 1 or 2"),
        ([10, 10, -1], None, "warning", "have -1 as the visibility of point 1, which is not 0, 1 or 2"),
        ([10, 10, math.nan], None, "warning", "have NaN as the visibility of point 1, which is not 0, 1 or 2"),
        ([10, 10, 2, 103, 7, 1], None, "warning", "reach outside the 100x80 image that the label file declares: 3 p"),
    ],
)
def test_what_cannot_be_used(points: Numbers, declared: int | None, severity: str, words: str) -> None:
    data = dataset([GOOD[0], points], declared=[3 if declared else None, declared])
    ((line, found_severity, fact),) = found(InvalidKeypoints, data)
    assert (line, found_severity) == (2, severity)
    assert fact.startswith(words)


def test_points_outside_the_image() -> None:
    assert found(InvalidKeypoints, dataset([[100.4, 10, 2], [-50, -50, 0]])) == []
    shares = [[0.5, 0.5, 2, 1.02, 0.5, 1], [1.001, 0.5, 2], [1.2, 0.5, 0]]
    ((line, severity, _),) = found(InvalidKeypoints, dataset(shares, "share"))
    assert (line, severity) == (1, "error")
    # Boxes in pixels where shares are meant are told once, with what is in them.
    assert found(InvalidKeypoints, dataset([[40, 30, 2]], "share", box=[50, 40, 20, 20])) == []


@pytest.mark.parametrize(
    ("points", "labelled", "severity", "words"),
    [
        ([10, 10, 2, 0, 0, 0], 2.0, "warning", "have num_keypoints 2, and 1 of 2 points have a visibility above 0"),
        ([10, 10, 2, 0, 0, 0], 0.0, "warning", "have num_keypoints 0, and 1 of 2 points have a visibility above 0"),
        ([], 5.0, "warning", "have num_keypoints 5, and 0 of 0 points have a visibility above 0"),
        ([10, 10, 2, 0, 0, 1], None, "warning", "have 1 point at 0, 0 with a visibility above 0"),
        ([0, 0, 2, 0, 0, 1], None, "warning", "have 2 points at 0, 0 with a visibility above 0"),
        ([7, 8, 2, 7, 8, 1, 7, 8, 2], None, "warning", "are all at one place, the 3 that are labelled"),
        ([60, 60, 2, 70, 70, 1], None, "warning", "lie outside the box, all 2 that are labelled"),
        ([10, 10, 2, 60, 10, 1], None, "note", "reach 30 pixels outside the box"),
    ],
)
def test_what_contradicts_its_record(points: Numbers, labelled: float | None, severity: str, words: str) -> None:
    data = dataset([GOOD[0], points], box=[5, 5, 25, 25], labelled=[2.0, labelled])
    assert found(KeypointMismatch, data) == [(2, severity, words)]
    assert found(KeypointMismatch, dataset([GOOD[0], points], box=[5, 5, 25, 25], labelled=[2.0, labelled],
                                           crowd=[False, True])) == []  # fmt: skip


def test_points_around_a_box() -> None:
    assert found(KeypointMismatch, dataset([[4, 4, 2, 31, 31, 2], [20, 20, 2, 41, 20, 2]], box=[5, 5, 25, 25])) == []
    shares = dataset([[0.5, 0.5, 2, 0.5, 0.9, 2], [0.1, 0.1, 2, 0.1, 0.2, 2]], "share", box=[0.5, 0.5, 0.2, 0.2])
    assert found(KeypointMismatch, shares) == [
        (1, "note", "reach 24 pixels outside the box"),
        (2, "warning", "lie outside the box, all 2 that are labelled"),
    ]
    # A single point is where it is; so is one without a box, or with one that has no size.
    assert found(KeypointMismatch, dataset([[90, 70, 2]], box=[5, 5, 25, 25])) == []
    assert found(KeypointMismatch, dataset([[90, 70, 2, 80, 70, 2]], box=[5, 5, 0, math.nan])) == []
    assert found(KeypointMismatch, dataset([[0, 0, 2]])) == []


def test_a_file_in_which_nothing_is_labelled() -> None:
    (row,) = found(KeypointMismatch, dataset([[10, 10, 0, 20, 20, 0]] * 5))
    assert row == (None, "warning", ": all have places and the visibility 0")
    assert found(KeypointMismatch, dataset([[0, 0, 0, 0, 0, 0]] * 5)) == []
    assert found(KeypointMismatch, dataset([[10, 10, 0, 20, 20, 0]] * 5 + [[7, 7, 1]])) == []


_number = st.sampled_from([0.0, 1.0, 2.0, 5.0, -3.0, 0.5, math.nan, math.inf])
_objects = st.lists(st.lists(st.tuples(_number, _number, _number), max_size=4), max_size=6)


@settings(max_examples=200, deadline=None)
@given(_objects)
def test_the_survey_is_what_a_loop_finds(objects: list[list[tuple[float, float, float]]]) -> None:
    table = pl.DataFrame({"points": [[n for point in points for n in point] for points in objects]},
                         schema={"points": pl.List(pl.Float64)})  # fmt: skip
    rows = {row["row"]: row for row in surveyed(table).iter_rows(named=True)}
    assert sorted(rows) == [row for row, points in enumerate(objects) if points]
    for row, points in enumerate(objects):
        if not points:
            continue
        seen = [(x, y) for x, y, v in points if v > 0 and math.isfinite(x) and math.isfinite(y)]
        odd = [place for place, point in enumerate(points, 1) if point[2] not in (0, 1, 2)]
        said = rows[row]
        assert said["points"] == len(points)
        assert said["drawn"] == sum((x, y) != (0, 0) for x, y, _ in points)
        assert said["finite"] == all(math.isfinite(x) and math.isfinite(y) for x, y, _ in points)
        assert said["seen"] == sum(v > 0 for *_, v in points)
        assert said["corner"] == sum(v > 0 and (x, y) == (0, 0) for x, y, v in points)
        assert (said["left"], said["bottom"]) == (
            (min(x for x, _ in seen), max(y for _, y in seen)) if seen else (None, None)
        )
        assert said["strange_at"] == (odd[0] if odd else None)


def test_points_that_are_not_triples_are_left_alone() -> None:
    table = pl.DataFrame({"points": [[1.0, 2.0], None, [1.0, 2.0, 2.0]]}, schema={"points": pl.List(pl.Float64)})
    assert surveyed(table)["row"].to_list() == [2]


def test_many_objects_take_linear_time() -> None:
    numbers = np.tile([50.0, 40.0, 2.0], 17 * 100_000).reshape(-1, 51)
    numbers += np.arange(51) % 3 // 2 * 0.0
    points = pl.Series("points", numbers, dtype=pl.Array(pl.Float64, 51)).arr.to_list()
    began = time.process_time()
    assert surveyed(points.to_frame()).height == 100_000
    assert time.process_time() - began < 5
