"""A YOLO dataset with a folder for each split."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from datalint import scan
from datalint.splitting.split import split
from tests.splitting.pictures import CONFIG, picture, yolo


def test_labels_go_with_their_images(tmp_path: Path) -> None:
    root = yolo(tmp_path / "data")
    done = split(root, to=tmp_path / "new", config=CONFIG)
    assert done.outcome is not None
    assert done.outcome.exit_code == 0, str(done)
    new = tmp_path / "new"
    for path, own in done.division.table.select("path", "split").iter_rows():
        stem = Path(path).stem
        assert (new / f"images/{own}/{stem}.png").read_bytes() == (root / path).read_bytes()
        assert (new / f"labels/{own}/{stem}.txt").read_bytes() == (root / f"labels/{stem}.txt").read_bytes()
    said = yaml.safe_load((new / "data.yaml").read_text())
    assert said == {
        "train": "images/train", "val": "images/val", "test": "images/test", "nc": 2, "names": ["cat", "dog"],
        "channels": 3,
    }  # fmt: skip
    before, after = (scan(place, config=CONFIG).dataset for place in (root, new))
    assert after.table("boxes").height == before.table("boxes").height == 16


def test_without_a_data_file(tmp_path: Path) -> None:
    root = yolo(tmp_path / "data")
    (root / "data.yaml").unlink()
    (root / "labels/classes.txt").write_text("cat\ndog\n")
    done = split(root, to=tmp_path / "new", config=CONFIG)
    assert done.outcome is not None
    assert done.outcome.exit_code == 0, str(done)
    assert yaml.safe_load((tmp_path / "new/data.yaml").read_text())["names"] == {0: "cat", 1: "dog"}


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_two_images_of_one_stem_do_not_share_a_label(suffix: str, tmp_path: Path) -> None:
    root = yolo(tmp_path / "data")
    (root / "images/more").mkdir()
    (root / "labels/more").mkdir()
    for number in range(10):
        picture(number + 50).save(root / f"images/more/{number:03}{suffix}")
        (root / f"labels/more/{number:03}.txt").write_text("1 0.5 0.5 0.1 0.1\n")
    done = split(root, "50/50", to=tmp_path / "new", config=CONFIG)
    assert done.outcome is not None
    assert done.outcome.exit_code == 0, str(done)
    assert scan(tmp_path / "new", config=CONFIG).dataset.table("boxes").height == 26
