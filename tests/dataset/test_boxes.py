"""Boxes in pixels: every unit, every orientation."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from datalint.dataset import Dataset
from datalint.dataset.boxes import resolve, sizes
from datalint.dataset.schema import conform

WIDTH, HEIGHT = 80, 40


def dataset(
    raw: list[float],
    unit: str,
    *,
    angle: float | None = None,
    orientation: int = 1,
    stored: tuple[int, int] | None = (WIDTH, HEIGHT),
    declared: tuple[float, float] | None = None,
) -> Dataset:
    width, height = stored or (None, None)
    images = {"image": [0], "path": ["a.jpg"], "width": [width], "height": [height], "orientation": [orientation]}
    named = {"path": ["a.jpg"], "width": [declared and declared[0]], "height": [declared and declared[1]]}
    box = {"image": [0], "path": ["a.jpg"], "box": [0], "raw": [raw], "unit": [unit], "angle": [angle]}
    frames = {"images": images if stored else {}, "named": named, "boxes": box}
    return Dataset(Path(), tables={name: conform(name, pl.DataFrame(frame)) for name, frame in frames.items()})


def resolved(raw: list[float], unit: str, **facts: object) -> tuple[Any, ...]:
    data = dataset(raw, unit, **facts)  # type: ignore[arg-type]
    resolve(data)
    return data.table("boxes").select("x", "y", "w", "h").row(0)


@pytest.mark.parametrize(
    ("raw", "unit"),
    [
        ([8, 4, 16, 12], "xywh-pixels"),
        ([8, 4, 24, 16], "xyxy-pixels"),
        ([16, 10, 16, 12], "cxcywh-pixels"),
        ([8, 4, 24, 4, 24, 16, 8, 16], "quad-pixels"),
        ([0.1, 0.1, 0.2, 0.3], "xywh-share"),
        ([0.1, 0.1, 0.3, 0.4], "xyxy-share"),
        ([0.2, 0.25, 0.2, 0.3], "cxcywh-share"),
        ([0.1, 0.1, 0.3, 0.1, 0.3, 0.4, 0.1, 0.4], "quad-share"),
    ],
)
def test_every_unit(raw: list[float], unit: str) -> None:
    assert resolved(raw, unit) == pytest.approx((8, 4, 16, 12))


def test_a_declared_size_serves_where_the_image_is_absent() -> None:
    assert resolved([0.5, 0.5, 0.5, 0.5], "xywh-share", stored=None, declared=(10, 20)) == (5, 10, 5, 10)
    assert resolved([0.5, 0.5, 0.5, 0.5], "xywh-share", stored=None) == (None,) * 4
    assert resolved([0.5, 0.5, 0.5, 0.5], "xywh-share", stored=None, declared=(0, 0)) == (None,) * 4
    assert resolved([1, 2, 3, 4], "xywh-pixels", stored=None) == (1, 2, 3, 4)


def test_records_that_are_no_boxes_stay_null() -> None:
    assert resolved([1, 2], "xywh-pixels") == (1, 2, None, None)
    x, y, w, h = resolved([math.inf, 0, math.nan, 1], "xywh-pixels")
    assert (x, y, h) == (math.inf, 0, 1)
    assert math.isnan(w)


def test_a_turned_box_becomes_what_encloses_it() -> None:
    assert resolved([10, 10, 20, 10], "xywh-pixels", angle=90.0) == pytest.approx((15, 5, 10, 20))
    assert resolved([10, 10, 20, 10], "xywh-pixels", angle=180.0) == pytest.approx((10, 10, 20, 10))


@given(
    orientation=st.integers(5, 8),
    left=st.integers(0, HEIGHT - 2),
    top=st.integers(0, WIDTH - 2),
    data=st.data(),
)
def test_boxes_of_the_turned_picture_land_where_pillow_turns_it(
    orientation: int, left: int, top: int, data: st.DataObject
) -> None:
    width = data.draw(st.integers(1, HEIGHT - left))
    height = data.draw(st.integers(1, WIDTH - top))
    found = resolved([left, top, width, height], "xywh-pixels", orientation=orientation, declared=(HEIGHT, WIDTH))
    x, y, w, h = (round(side) for side in found)
    stored = Image.new("L", (WIDTH, HEIGHT))
    stored.paste(255, (x, y, x + w, y + h))
    turns = {
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    assert stored.transpose(turns[orientation]).getbbox() == (left, top, left + width, top + height)


def test_which_size_counts() -> None:
    row = sizes(dataset([0, 0, 1, 1], "xywh-pixels", orientation=6, declared=(WIDTH, HEIGHT))).row(0, named=True)
    assert (row["turned"], row["width"], row["height"]) == (False, WIDTH, HEIGHT)
    row = sizes(dataset([0, 0, 1, 1], "xywh-pixels", orientation=6, declared=(HEIGHT, WIDTH))).row(0, named=True)
    assert (row["turned"], row["width"], row["height"]) == (True, HEIGHT, WIDTH)
    row = sizes(dataset([0, 0, 1, 1], "xywh-pixels", orientation=1, declared=(HEIGHT, WIDTH))).row(0, named=True)
    assert (row["turned"], row["width"], row["height"]) == (False, WIDTH, HEIGHT)
