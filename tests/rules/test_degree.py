"""Scores: 0 at the limit, towards 1 the farther away; and with them the worst is shown first."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from datalint import scan
from datalint.config.settings import Config
from datalint.report.text import render
from datalint.rules._degree import above, apart, below


@pytest.mark.parametrize(
    ("value", "limit", "score"), [(1.0, 1.0, 0.0), (2.0, 1.0, 0.5), (10.0, 1.0, 0.9), (float("inf"), 1.0, 1.0)]
)
def test_above(value: float, limit: float, score: float) -> None:
    assert pl.DataFrame({"v": [value]}).select(above(pl.col("v"), limit)).item() == pytest.approx(score)


@pytest.mark.parametrize(("value", "limit", "score"), [(32, 32, 0.0), (16, 32, 0.5), (0, 32, 1.0), (None, 32, 1.0)])
def test_below(value: int | None, limit: int, score: float) -> None:
    assert pl.DataFrame({"v": [value]}, {"v": pl.Int64}).select(below(pl.col("v"), limit)).item() == score


def test_apart_is_the_same_both_ways() -> None:
    sizes = pl.DataFrame({"one": [10, 40, 20], "other": [20, 20, 20]})
    assert sizes.select(apart(pl.col("one"), pl.col("other")))["score"].to_list() == [0.5, 0.5, 0.0]


def test_the_box_farthest_outside_is_shown_first(tmp_path: Path) -> None:
    """By path it would be the last of nine, and not shown at all."""
    for number in range(9):
        Image.effect_noise((40, 30), 50).save(tmp_path / f"{number}.png")
    coco = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 40, "height": 30} for n in range(9)],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            {"id": place, "image_id": place // 3, "category_id": 1, "bbox": box, "iscrowd": 0}
            for place in range(27)
            for box in (
                [30, 10, 9464 if place == 24 else 12 + place, 5] if place % 3 == 0 else [2, 2, 9, 3 + place / 9],
            )
        ],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(coco), "utf-8")
    report = scan(tmp_path, select=["DL801"], config=Config(), jobs=0)
    shown = render(report, limit=5).partition("DL801 ")[2]
    assert shown.startswith("box-outside-image  9 of 27 boxes in 9 of 9 images\n")
    assert [name for name in "876543210" if f"{name}.png: the box" in shown] == list("87654")
    assert shown.index("8.png: the box") < shown.index("7.png: the box")
