"""How much findings reach: counted in what matters, each thing once."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from datalint import Report, scan
from datalint.config.settings import Config
from datalint.report.extent import extents
from datalint.report.reach import Reach, pairs, reach, spoken
from fixtures.draw.picture import dataset
from tests.report import leaky


def of(report: Report, code: str, unit: str) -> Reach | None:
    return reach(report, unit, dict(spoken(report, report.findings, "code"))[code])  # type: ignore[arg-type]


def test_leaks_are_counted_in_the_split_that_is_judged(tmp_path: Path) -> None:
    report = leaky.scanned(leaky.drawn(tmp_path, leaks=2))
    found = of(report, "DL701", "leak")
    assert found is not None
    assert (str(found), found.short, found.home) == (
        "33 % of the test images (2 of 6)", "2 of 6 test images", "train",
    )  # fmt: skip
    assert extents(report, report.findings)["DL701"] == "2 of 6 test images"


def test_splits_that_are_one_are_hit_as_a_whole(tmp_path: Path) -> None:
    for split in ("train", "test"):
        dataset(tmp_path / split, 4, first=0)
    found = of(leaky.scanned(tmp_path), "DL705", "leak")
    assert str(found) == "all 4 test images"


def test_copies_are_those_that_repeat_and_groups_are_groups(tmp_path: Path) -> None:
    data = leaky.drawn(tmp_path)
    picture = next((data / "train").rglob("*.jpg"))
    for number in range(3):
        (picture.parent / f"copy{number}.jpg").write_bytes(picture.read_bytes())
    report = leaky.scanned(data)
    assert of(report, "DL601", "copy") == Reach(3, 19, "image", "images", 3 / 19)
    assert extents(report, report.findings)["DL601"] == "1 group, 4 of 19 images"


def test_boxes_are_counted_as_boxes(tmp_path: Path) -> None:
    Image.effect_noise((40, 30), 50).save(tmp_path / "a.png")
    boxes = [[0, 0, 9, 9], [5, 5, 0, 4], [30, 20, 90, 5], [1, 1, 3, 3]]
    coco = {
        "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            for number, box in enumerate(boxes, 1)
        ],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(coco), "utf-8")
    report = scan(tmp_path, select=["DL801", "DL802"], config=Config(), jobs=0)
    assert str(of(report, "DL802", "object")) == "1 of the 4 boxes"
    assert extents(report, report.findings)["DL802"] == "1 of 4 boxes in 1 of 1 image"
    (step,) = report.plan
    assert step.what == "50 % of the boxes (2 of 4) lie outside their image or have no area"


def test_equal_files_are_counted_one_by_one(tmp_path: Path) -> None:
    """Their findings have one id: of two of which one is known, one is new."""
    data = leaky.drawn(tmp_path)
    for name in ("one", "two"):
        (data / "train" / "cats" / f"{name}.jpg").write_bytes(b"")
    report = leaky.scanned(data)
    report.findings = report.findings.with_columns(
        status=pl.when(pl.col("path").str.contains("one")).then(pl.lit("baselined")).otherwise(pl.lit("new"))
    )
    assert report.plan[0].what == "1 of the 18 images cannot be read"


def test_classes_are_named(tmp_path: Path) -> None:
    data = leaky.drawn(tmp_path)
    (data / "train" / "spoon").mkdir()
    found = of(leaky.scanned(data), "DL503", "class")
    assert str(found) == "the class spoon (1 of 3)"
    assert found is not None
    assert found.share == 0


@pytest.mark.parametrize(
    ("count", "total", "said"),
    [
        (251, 394, "64 % of the test images (251 of 394)"),
        (2, 103, "2 of the 103 test images"),
        (1, 5, "1 of the 5 test images"),
        (394, 394, "all 394 test images"),
        (1, 1, "the only test image"),
        (1_499, 1_500, "over 99 % of the test images (1,499 of 1,500)"),
    ],
)
def test_words(count: int, total: int, said: str) -> None:
    assert str(Reach(count, total, "test image", "test images", count / total)) == said


def test_pairs_are_of_two_splits(tmp_path: Path) -> None:
    assert pairs(leaky.scanned(leaky.drawn(tmp_path)).dataset) == 60
