"""Panoptic masks against the segments that their annotations list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import datalint
from tests.measure.pictures import photo

SKY, CAT, DOG = 1000, 70_000, 300


def scan(
    root: Path, masks: list[list[int]], listed: Sequence[Sequence[object]], mode: str = "RGB"
) -> list[tuple[str, str]]:
    """Problems of masks that have stripes of segments of these ids, where others are listed."""
    (root / "panoptic").mkdir(parents=True)
    for number, ids in enumerate(masks):
        photo(number % 3, (100, 80)).save(root / f"{number}.jpg")
        stripes = np.resize(np.array(ids, np.uint32), (80, 100))
        colours = np.stack([stripes & 255, stripes >> 8 & 255, stripes >> 16], axis=-1).astype(np.uint8)
        Image.fromarray(colours).convert(mode).save(root / f"panoptic/{number}.png")
    document = {
        "images": [{"id": n, "file_name": f"{n}.jpg", "width": 100, "height": 80} for n in range(len(masks))],
        "annotations": [
            {"image_id": n, "file_name": f"{n}.png", "segments_info": [{"id": one, "category_id": 1} for one in ids]}
            for n, ids in enumerate(listed)
        ],
        "categories": [{"id": 1, "name": "a"}],
    }
    (root / "panoptic.json").write_text(json.dumps(document))
    report = datalint.scan(root, jobs=0, isolated=True, select=("DL813",))
    return report.dataset.table("problems").filter(pl.col("kind") == "mask").select("file", "reason").rows()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_masks_that_hold_their_segments(tmp_path: Path, mode: str) -> None:
    ids: list[Sequence[object]] = [[SKY, CAT], [DOG, 0], [], ["x"]]
    assert scan(tmp_path, [[0, SKY, CAT], [DOG], [0], [SKY]], ids, mode) == []


def test_segments_that_are_not_there_or_not_listed(tmp_path: Path) -> None:
    found = scan(tmp_path, [[0, SKY], [SKY, CAT, DOG], [0, 0], [DOG]], [[SKY, CAT, DOG], [SKY], [CAT], [DOG]])
    assert found == [
        ("panoptic/0.png", "the mask has no pixel of the segments 300, 70000, which panoptic.json lists"),
        ("panoptic/1.png", "the mask has the segments 300, 70000, which panoptic.json does not list"),
        ("panoptic/2.png", "the mask has no pixel of the segment 70000, which panoptic.json lists"),
    ]


def test_many_segments_are_not_all_named(tmp_path: Path) -> None:
    ((_, reason),) = scan(tmp_path, [list(range(1, 10))], [[]])
    assert reason == "the mask has the segments 1, 2, 3, 4, 5 and 4 more, which panoptic.json does not list"


def test_masks_that_are_all_empty_are_told_once(tmp_path: Path) -> None:
    found = scan(tmp_path, [[0]] * 4, [[SKY, CAT]] * 4)
    assert found == [("panoptic/0.png", "all 4 masks are empty: every pixel is 0")]


def test_grey_masks_are_told_once(tmp_path: Path) -> None:
    found = scan(tmp_path, [[SKY, 1]] * 3, [[SKY, 1]] * 3, "L")
    assert found == [
        (
            "panoptic/0.png",
            "3 panoptic masks are L, not RGB: panoptic.json lists segments by red + 256 green + 65536 blue",
        )
    ]


def test_of_a_mask_with_more_values_than_are_kept_only_what_is_known_is_said(tmp_path: Path) -> None:
    many: list[int] = list(range(1, 5001))
    assert scan(tmp_path / "missing", [many], [[*many, 9_000_000]]) == []
    ((_, reason),) = scan(tmp_path / "unlisted", [many], [list(range(200, 5001))])
    assert reason.startswith("the mask has the segments ")
