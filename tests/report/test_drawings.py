"""Which box and which outlines a finding is about."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl

from datalint.dataset import Dataset
from datalint.dataset.schema import conform
from datalint.finding import FINDINGS
from datalint.report.html.drawings import places


def test_the_record_that_a_finding_points_to_is_drawn() -> None:
    record = {"path": ["a.jpg"] * 3, "file": ["a.json"] * 3, "line": [1] * 3, "pointer": ["/0", "/1", "/2"]}
    boxes = {**record, "x": [1.0, math.inf, 3.0], "y": [1.0] * 3, "w": [2.0] * 3, "h": [4.04] * 3}
    polygons = {**record, "points": [[0.1, 0.5, 0.2, 0.5], [0.0, math.nan], [1.0, 2.0]], "unit": ["share"] * 3}
    keypoints = {
        **record,
        "points": [[0.1, 0.5, 2.0, 0.0, 0.0, 0.0], [1.0], [1.0, math.nan, 2.0]],
        "unit": ["share"] * 3,
    }
    images = {"path": ["a.jpg"], "width": [100], "height": [50], "orientation": [1]}
    frames = {"boxes": boxes, "polygons": polygons, "keypoints": keypoints, "images": images}
    data = Dataset(Path(), tables={name: conform(name, pl.DataFrame(frame)) for name, frame in frames.items()})
    rows = [
        {"path": "a.jpg", "file": "a.json", "line": 1, "pointer": "/0"},
        {"path": "a.jpg", "file": "a.json", "line": 1, "pointer": "/1"},
        {"path": "a.jpg"},
        {"subject": "cat"},
    ]
    found = places(data, pl.DataFrame(rows, schema=FINDINGS))
    assert found.box == [[1.0, 1.0, 2.0, 4.0], None, None, None]
    assert found.outlines == [[[10.0, 25.0, 20.0, 25.0]], None, None, None]
    assert found.points == [[(10.0, 25.0)], [], None, None]
