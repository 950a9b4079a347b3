"""A COCO dataset with a label file for each split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datalint import scan
from datalint.splitting.ratios import SplitError
from datalint.splitting.split import split
from tests.splitting.pictures import CONFIG, coco

SPLITS = ("train", "val", "test")


def documents(new: Path) -> dict[str, dict[str, list[dict[str, object]]]]:
    return {name: json.loads((new / f"annotations/instances_{name}.json").read_bytes()) for name in SPLITS}


def test_records_stay_byte_for_byte(tmp_path: Path) -> None:
    root = coco(tmp_path / "data")
    done = split(root, to=tmp_path / "new", config=CONFIG)
    assert done.outcome is not None
    assert done.outcome.exit_code == 0, str(done)
    old = (root / "annotations.json").read_bytes()
    text = b"".join((tmp_path / f"new/annotations/instances_{name}.json").read_bytes() for name in SPLITS)
    assert text.count(b'"bbox": [4.00, 5, 2.0e1, 30]') == old.count(b'"bbox": [4.00, 5, 2.0e1, 30]') == 20
    assert text.count(b'"version": 1.50') == 3
    for name, document in documents(tmp_path / "new").items():
        files = {record["id"]: record["file_name"] for record in document["images"]}
        assert sorted(map(str, files.values())) == sorted(file.name for file in (tmp_path / "new" / name).iterdir())
        assert {record["image_id"] for record in document["annotations"]} == files.keys()
        assert len(document["categories"]) == 2


def test_two_label_files_become_one_for_each_split(tmp_path: Path) -> None:
    """Their ids and names are the same: all are numbered anew, and each box stays with its picture."""
    root = coco(tmp_path / "data", 0, 20, "annotations/instances_train.json", "train")
    coco(root, 40, 10, "annotations/instances_val.json", "val")
    for number in range(10):  # names that both folders have
        (root / f"val/{number + 40:03}.png").rename(root / f"val/{number:03}.png")
    old = (root / "annotations/instances_val.json").read_bytes()
    (root / "annotations/instances_val.json").write_bytes(old.replace(b'"04', b'"00'))
    done = split(root, to=tmp_path / "new", config=CONFIG)
    assert done.outcome is not None
    assert done.outcome.exit_code == 0, str(done)
    before, after = (scan(place, config=CONFIG).dataset for place in (root, tmp_path / "new"))
    assert after.table("boxes").height == 30
    assert after.table("problems").is_empty()

    def said(data: object) -> list[tuple[str, str]]:
        images = data.table("images").select("image", "sha256")  # type: ignore[attr-defined]
        return sorted(data.table("boxes").join(images, on="image").select("sha256", "class").rows())  # type: ignore[attr-defined]

    assert said(before) == said(after)


def test_other_classes_are_not_merged(tmp_path: Path) -> None:
    root = coco(tmp_path / "data", 0, 20, "annotations/instances_train.json", "train")
    coco(root, 40, 10, "annotations/instances_val.json", "val")
    old = (root / "annotations/instances_val.json").read_bytes()
    (root / "annotations/instances_val.json").write_bytes(old.replace(b'"dog"', b'"fox"'))
    with pytest.raises(SplitError, match="list other classes"):
        split(root, to=tmp_path / "new", config=CONFIG)


def test_a_number_that_json_does_not_know(tmp_path: Path) -> None:
    root = coco(tmp_path / "data")
    old = (root / "annotations.json").read_bytes()
    (root / "annotations.json").write_bytes(old.replace(b"2.0e1", b"Infinity", 1))
    with pytest.raises(SplitError, match=r"annotations\.json cannot be divided"):
        split(root, to=tmp_path / "new", config=CONFIG)


def test_annotations_of_images_that_are_not_there(tmp_path: Path) -> None:
    root = coco(tmp_path / "data")
    (root / "images/003.png").unlink()
    done = split(root, to=tmp_path / "new", config=CONFIG)
    assert "1 annotations of images that are not there, or in no split, are left out" in str(done)
    assert done.outcome is not None
    assert done.outcome.exit_code == 0, str(done)
