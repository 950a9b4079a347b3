"""Which box and which outlines a finding is about."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from datalint import scan
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


def test_a_mask_is_laid_over_its_image(tmp_path: Path) -> None:
    """Of a finding about it, and of the examples."""
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    rng = np.random.default_rng(0)
    for number in range(6):
        Image.fromarray(rng.integers(0, 256, (80, 100, 3), np.uint8)).save(tmp_path / f"images/{number}.jpg")
        mask = np.zeros((80, 100) if number else (40, 50), np.uint8)
        mask[10:20, 10:30] = 1
        Image.fromarray(mask).save(tmp_path / f"masks/{number}.png")
    (tmp_path / "classes.txt").write_text("background\nroad\n")
    report = scan(tmp_path, select=["DL813"], isolated=True, pictures=True, jobs=0)
    assert report.findings["file"].to_list() == ["masks/0.png"]
    assert report.pictures.keys() == {"images/0.jpg", "masks/0.png"}
    assert all(sample.mask.startswith(b"\x89PNG") for sample in report.samples)
    page = report.render("html")
    data, pictures = (
        json.loads(re.search(rf'id="{name}">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
        for name in ("data", "pictures")
    )
    assert pictures[str(data["findings"]["mask"]["0"])].startswith("data:image/png;base64,")
    assert page.count('<image class="mask"') == len(report.samples) == 6
