"""The orientation is dropped where boxes are of the stored picture; no pixel changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from datalint.repair.fixers import FIXERS
from tests.repair import made
from tests.repair.repair import changed, planned, repaired


def turned(root: Path, form: str = "voc", *, swapped: bool = False) -> Path:
    """`b.jpg` is shown turned, as a camera stores it; its label file declares the stored size or the shown one."""
    boxes = {"a.png": made.GOOD["a.png"], "b.jpg": [(10.0, 12.0, 40.0, 44.0)], "c.png": made.GOOD["c.png"]}
    made.write(form, root, boxes)
    image = Image.effect_noise((made.WIDTH, made.HEIGHT), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = "camera", 6
    image.save(root / "images/b.jpg", exif=exif, quality=90)
    if swapped:
        file = root / "annotations/b.xml"
        file.write_text(file.read_text().replace("<width>64</width><height>48", "<width>48</width><height>64"))
    return root


@pytest.mark.parametrize("form", ["coco", "voc", "labelme", "cvat"])
def test_two_bytes_change(form: str, tmp_path: Path) -> None:
    root = turned(tmp_path / "bad", form)
    plan, outcome = repaired(root, tmp_path / "to", "exif-rotated")
    assert plan.left == []
    assert outcome.exit_code == 0, str(outcome)
    ((name, (before, after)),) = changed(root, tmp_path / "to").items()
    assert name == "images/b.jpg"
    assert before is not None
    assert after is not None
    assert len(before) == len(after)
    assert sum(one != two for one, two in zip(before, after, strict=True)) <= 2
    old, new = (Image.open(top / name) for top in (root, tmp_path / "to"))
    assert (old.getexif()[0x0112], new.getexif()[0x0112]) == (6, 1)
    assert new.getexif()[0x0110] == "camera"
    assert old.tobytes() == new.tobytes()


@pytest.mark.parametrize("form", ["yolo", "createml", "csv", "jsonl"])
def test_where_no_size_is_declared(form: str, tmp_path: Path) -> None:
    plan = planned(turned(tmp_path, form), "exif-rotated")
    assert not plan
    assert "is not declared" in plan.left[0].refusal.reason


def test_boxes_of_the_shown_picture_and_pictures_without_boxes(tmp_path: Path) -> None:
    plan = planned(turned(tmp_path / "a", swapped=True), "exif-rotated")
    assert not plan
    assert "is not declared" in plan.left[0].refusal.reason
    folder = tmp_path / "b"
    for name in ("cat", "dog"):
        made.pictures(folder / name, ["1.png", "2.png"])
    (folder / "cat/b.jpg").write_bytes((tmp_path / "a/images/b.jpg").read_bytes())
    plan = planned(folder, "exif-rotated")
    assert not plan
    assert "jpegtran" in plan.left[0].refusal.reason
    assert not FIXERS["DL208"].safe
