"""Pictures that viewers turn: turned without a loss, or, where boxes are of the stored picture, no longer turned."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from datalint import fix, scan
from datalint.repair.fixers import FIXERS
from datalint.repair.plan import plan as drawn_up
from tests.repair import made
from tests.repair.repair import CONFIG, changed, planned, repaired

JPEGTRAN = pytest.mark.skipif(shutil.which("jpegtran") is None, reason="jpegtran is not installed")


def turned(root: Path, form: str = "voc", *, swapped: bool = False, orientation: int = 6) -> Path:
    """`b.jpg` is shown turned, as a camera stores it; its label file declares the stored size or the shown one."""
    boxes = {"a.png": made.GOOD["a.png"], "b.jpg": [(10.0, 12.0, 40.0, 44.0)], "c.png": made.GOOD["c.png"]}
    made.write(form, root, boxes)
    image = Image.effect_noise((made.WIDTH, made.HEIGHT), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = "camera", orientation
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


def test_boxes_of_a_picture_that_is_shown_upside_down(tmp_path: Path) -> None:
    """The size does not say of which of both they are."""
    plan = planned(turned(tmp_path, orientation=3), "exif-rotated")
    assert not plan
    assert "is not declared" in plan.left[0].refusal.reason


def classes(root: Path, image: Path) -> Path:
    """Class folders with that image in one."""
    for name in ("cat", "dog"):
        made.pictures(root / name, ["1.png", "2.png"])
    (root / "cat/b.jpg").write_bytes(image.read_bytes())
    return root


def shown(path: Path) -> NDArray[Any]:
    """What viewers show."""
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image), np.int16)


@JPEGTRAN
@pytest.mark.parametrize("orientation", range(2, 9))
def test_pixels_are_turned_without_a_loss(orientation: int, tmp_path: Path) -> None:
    source = turned(tmp_path / "made", orientation=orientation) / "images/b.jpg"
    root = classes(tmp_path / "bad", source)
    plan, outcome = repaired(root, tmp_path / "to", "exif-rotated")
    assert plan.left == []
    assert outcome.exit_code == 0, str(outcome)
    assert list(changed(root, tmp_path / "to")) == ["cat/b.jpg"]
    repaired_file = tmp_path / "to/cat/b.jpg"
    with Image.open(repaired_file) as image:
        assert (image.getexif()[0x0112], image.getexif()[0x0110]) == (1, "camera")
    # The same frequencies; decoders round their cosines a little differently when they lie on their side.
    assert np.abs(shown(repaired_file) - shown(source)).max() <= 3


@JPEGTRAN
def test_boxes_of_the_shown_picture(tmp_path: Path) -> None:
    root = turned(tmp_path / "bad", swapped=True)
    plan, outcome = repaired(root, tmp_path / "to", "exif-rotated")
    assert plan.left == []
    assert outcome.exit_code == 0, str(outcome)
    with Image.open(tmp_path / "to/images/b.jpg") as image:
        assert image.size == (made.HEIGHT, made.WIDTH)


def test_a_declared_size_that_would_become_wrong(tmp_path: Path) -> None:
    root = turned(tmp_path)
    file = root / "annotations/b.xml"
    text = file.read_text()
    file.write_text(text[: text.index("<object>")] + text[text.rindex("</object>") + len("</object>") :])
    plan = planned(root, "exif-rotated")
    assert not plan
    assert "declares another size" in plan.left[0].refusal.reason


@JPEGTRAN
def test_sides_that_are_not_whole_blocks(tmp_path: Path) -> None:
    source = turned(tmp_path / "made") / "images/b.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.effect_noise((61, 45), 60).convert("RGB").save(source, exif=exif)
    plan = planned(classes(tmp_path / "bad", source), "exif-rotated")
    assert not plan
    assert plan.left[0].refusal.reason == "its pixels cannot be turned without a loss: its sides are not whole blocks"


@JPEGTRAN
def test_what_is_turned_already_is_not_turned_again(tmp_path: Path) -> None:
    """By a report that is older than the files."""
    root = classes(tmp_path / "bad", turned(tmp_path / "made") / "images/b.jpg")
    report = scan(root, config=CONFIG)
    fix(report, only=["exif-rotated"], to=tmp_path / "to")
    shutil.copy(tmp_path / "to/cat/b.jpg", root / "cat/b.jpg")
    again = drawn_up(report, lambda fixer: fixer.code == "DL208")
    assert not again
    assert again.left[0].refusal.reason == "it has changed since it was scanned"


@JPEGTRAN
@pytest.mark.parametrize("more", [b"ftypmp42", b"\xff\xd8\xff\xe0\0\x04ab\xff\xd9"])
def test_files_that_hold_more_than_the_picture(more: bytes, tmp_path: Path) -> None:
    """A motion photo's video, a gain map."""
    root = classes(tmp_path / "bad", turned(tmp_path / "made") / "images/b.jpg")
    for following in (more, b"\0\0"):
        (root / "cat/b.jpg").write_bytes((tmp_path / "made/images/b.jpg").read_bytes() + following)
        plan = planned(root, "exif-rotated")
        assert bool(plan) == (following == b"\0\0")
        assert plan or "holds more than the picture" in plan.left[0].refusal.reason


@JPEGTRAN
def test_progressive_pictures_stay_so(tmp_path: Path) -> None:
    source = turned(tmp_path / "made") / "images/b.jpg"
    with Image.open(source) as image:
        image.save(source, progressive=True, exif=image.getexif())
    root = classes(tmp_path / "bad", source)
    plan, outcome = repaired(root, tmp_path / "to", "exif-rotated")
    assert plan.left == []
    assert outcome.exit_code == 0, str(outcome)
    with Image.open(tmp_path / "to/cat/b.jpg") as image:
        assert image.info["progressive"]


def test_labels_that_were_not_read(tmp_path: Path) -> None:
    """They may hold boxes of the picture as it is stored."""
    source = turned(tmp_path / "made") / "images/b.jpg"
    yolo, other = classes(tmp_path / "yolo", source), classes(tmp_path / "other", source)
    for image in [*yolo.rglob("*.png"), yolo / "cat/b.jpg"]:
        place = "0.5" if image.suffix == ".png" else "oops"
        image.with_suffix(".txt").write_text(f"0 0.5 {place} 0.2 0.2\n")
    (other / "places.json").write_text(json.dumps({"1.png": "4 5", "2.png": "6 7", "b.jpg": "8 9"}))
    for root in (yolo, other):
        plan = planned(root, "exif-rotated")
        assert not plan
        assert "were not read" in plan.left[0].refusal.reason


def test_without_jpegtran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    plan = planned(classes(tmp_path / "bad", turned(tmp_path / "made") / "images/b.jpg"), "exif-rotated")
    assert not plan
    assert "jpegtran does that without a loss, and is not installed" in plan.left[0].refusal.reason
    assert not FIXERS["DL208"].safe
