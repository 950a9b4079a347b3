"""Findings name the id that the label file gives its object."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from PIL import Image

from datalint import scan
from datalint.judge.record_ids import with_record_ids
from datalint.report.place import place
from tests.judge.cases import SETTINGS


def coco(folder: Path, **record: object) -> Path:
    """One image and three annotations whose ids are not their places; the second is at fault."""
    (folder / "images").mkdir(parents=True)
    Image.effect_noise((64, 64), 50).save(folder / "images" / "0.png")
    boxes: list[dict[str, object]] = [
        {"id": 700 + number, "image_id": 1, "category_id": 1, "bbox": [4 + 9 * number, 5, 20, 21]}
        for number in range(3)
    ]
    boxes[1] |= record
    document = {
        "images": [{"id": 1, "file_name": "images/0.png", "width": 64, "height": 64}],
        "annotations": boxes,
        "categories": [{"id": 1, "name": "cat"}],
    }
    (folder / "labels.json").write_text(json.dumps(document))
    return folder


def test_the_annotation_is_named_by_its_id(tmp_path: Path) -> None:
    (finding,) = scan(coco(tmp_path, bbox=[13, 5, 20, 0]), select=["DL802"], config=SETTINGS)
    assert finding.pointer is not None
    assert finding.pointer.startswith("/annotations/1")
    assert finding.data["record_id"] == "701"
    assert place(finding) == f"labels.json#{finding.pointer} (id 701)"


def test_a_place_within_the_record_is_of_the_record_too(tmp_path: Path) -> None:
    report = scan(coco(tmp_path, bbox=[13, 5, 20, 0]), select=["DL802"], config=SETTINGS)
    named = {}
    for pointer in ("/annotations/1/bbox/3", "/annotations/2", "/annotations/22", "/images/1", "/annotations"):
        moved = report.findings.with_columns(pl.lit(pointer).alias("pointer"), pl.lit("{}").alias("data"))
        named[pointer] = json.loads(with_record_ids(moved, report.dataset)["data"][0]).get("record_id")
    assert named == {
        "/annotations/1/bbox/3": "701", "/annotations/2": "702", "/annotations/22": None, "/images/1": None,
        "/annotations": None,
    }  # fmt: skip


def test_what_has_no_id_has_none(tmp_path: Path) -> None:
    for number in range(2):
        file = tmp_path / "data" / "cat" / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    report = scan(tmp_path / "data", select=["DL1"], config=SETTINGS)
    assert len(report) > 0
    assert all("record_id" not in finding.data for finding in report)
