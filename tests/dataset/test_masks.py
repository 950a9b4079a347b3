"""Mask files of a dataset, measured like its images: all of them, once, and only where a rule asks."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import datalint
from datalint.cache.store import Cache
from datalint.config.settings import Config
from datalint.dataset import Dataset, masks
from datalint.dataset.discover import discover
from datalint.measure import batch, known_facts, measure_masks
from datalint.pixels.values import Facts, facts
from datalint.sources import LocalFile
from tests.measure.pictures import photo


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Forty images with masks, of which the last three are cut, of another size and of an unknown class."""
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    (folder / "labelmap.txt").write_text("void:0,0,0::\ncat:255,0,0::\n")
    for number in range(40):
        photo(number % 3, (50, 40)).save(folder / f"images/{number:02}.jpg")
        size = (50, 40) if number != 38 else (25, 20)
        values = np.array([0, 1] if number != 39 else [0, 7], np.uint8)
        Image.fromarray(np.resize(values, (size[1], size[0]))).save(folder / f"masks/{number:02}.png")
    cut = folder / "masks/37.png"
    cut.write_bytes(cut.read_bytes()[:60])
    return folder


FAULTS = [
    ("masks/37.png", "the mask cannot be read: the PNG data end before the picture does", "images/37.jpg"),
    ("masks/38.png", "the mask is 25x20, the image 50x40", "images/38.jpg"),
    ("masks/39.png", "the value 7 in the mask, which labelmap.txt does not declare", "images/39.jpg"),
]


def faults(data: Dataset) -> list[tuple[str, str, str | None]]:
    of_masks = data.table("problems").filter(pl.col("kind").is_in(["mask", "odd-mask"]))
    return sorted(of_masks.select("file", "reason", "path").rows())


@pytest.mark.parametrize("jobs", [0, 1])
def test_every_mask_is_looked_at(root: Path, jobs: int) -> None:
    report = datalint.scan(root, jobs=jobs, isolated=True, select=("DL813",))
    assert faults(report.dataset) == FAULTS
    assert report.findings["file"].to_list() == [file for file, _, _ in FAULTS]
    assert "The pixels of 39 masks were compared with labelmap.txt." in report.dataset.evidence


def test_only_where_a_rule_asks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_: LocalFile) -> Facts:
        raise AssertionError

    monkeypatch.setattr(batch, "facts", forbidden)
    report = datalint.scan(root, jobs=0, isolated=True, select=("DL1", "DL401"))
    assert faults(report.dataset) == []


def test_facts_of_masks_are_kept_by_content(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def noted(item: LocalFile) -> Facts:
        looked.append(Path(item.path).name)
        return facts(item)

    def scanned() -> Dataset:
        time.sleep(known_facts._TICK_NS / 1e9 * 1.2)
        data = discover([root], Config(jobs=0))
        cache = Cache(tmp_path / "cache")
        measure_masks(data, jobs=0, cache=cache)
        cache.close()
        masks.resolve(data)
        return data

    monkeypatch.setattr(batch, "facts", noted)
    first = scanned()
    assert len(looked) == 40
    looked.clear()
    assert scanned().masks.equals(first.masks)
    assert looked == []
    (root / "masks/39.png").rename(root / "masks/40.png")
    (root / "images/39.jpg").rename(root / "images/40.jpg")
    (root / "masks/00.png").write_bytes((root / "masks/01.png").read_bytes() + b"\0")
    data = scanned()
    assert looked == ["00.png"]  # the other content is known, at another place
    # sizes of images are not measured here
    assert [file for file, _, _ in faults(data)] == ["masks/37.png", "masks/40.png"]


def test_declared_sizes_of_panoptic_masks(tmp_path: Path) -> None:
    (tmp_path / "panoptic").mkdir()
    for number in range(3):
        photo(number, (50, 40)).save(tmp_path / f"{number}.jpg")
        Image.new("RGB", (50, 40) if number else (40, 50)).save(tmp_path / f"panoptic/{number}.png")
    (tmp_path / "panoptic/1.png").write_bytes(b"")
    document = {
        "images": [{"id": n, "file_name": f"{n}.jpg", "width": 50, "height": 40} for n in range(3)],
        "annotations": [{"image_id": n, "file_name": f"{n}.png", "segments_info": []} for n in range(3)],
        "categories": [{"id": 1, "name": "a"}],
    }
    (tmp_path / "panoptic.json").write_text(json.dumps(document))
    report = datalint.scan(tmp_path, jobs=0, isolated=True, select=("DL813",))
    assert faults(report.dataset) == [
        ("panoptic/0.png", "the mask is 40x50, the image 50x40", "0.jpg"),
        ("panoptic/1.png", "the mask cannot be read: the file has zero bytes", "1.jpg"),
    ]


def test_masks_without_an_image_and_of_other_formats(tmp_path: Path) -> None:
    """Nothing is known of them but that they are masks: they must be images."""
    for folder in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation", "Annotations"):
        (tmp_path / folder).mkdir(parents=True)
    photo(0, (50, 40)).save(tmp_path / "JPEGImages/1.jpg")
    (tmp_path / "SegmentationClass/1.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "ImageSets/Segmentation/train.txt").write_text("1\n")
    size = "<size><width>50</width><height>40</height><depth>3</depth></size>"
    (tmp_path / "Annotations/1.xml").write_text(f"<annotation><filename>1.jpg</filename>{size}</annotation>")
    report = datalint.scan(tmp_path, jobs=0, isolated=True, select=("DL813",))
    assert [(file, path) for file, _, path in faults(report.dataset)] == [("SegmentationClass/1.png", None)]


# -- what is wrong with all masks of a dataset -------------------------------------------------------------------------

SQUARE = np.zeros((40, 50), np.uint8)
SQUARE[10:30, 10:30] = 1


def drawn(
    root: Path, masks: list[Image.Image], suffix: str = "png", classes: str | None = "background\nobject\n"
) -> Path:
    """Images with these masks."""
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    for number, mask in enumerate(masks):
        photo(number % 3, (50, 40)).save(root / f"images/{number}.jpg")
        mask.save(root / f"masks/{number}.{suffix}")
    if classes:
        (root / "classes.txt").write_text(classes)
    return root


def reasons(root: Path) -> list[str]:
    report = datalint.scan(root, isolated=True, select=("DL813",))
    return [reason for _, reason, _ in faults(report.dataset)]


def test_right_masks(tmp_path: Path) -> None:
    empty = Image.fromarray(np.zeros_like(SQUARE))
    assert reasons(drawn(tmp_path, [*[Image.fromarray(SQUARE)] * 6, empty, empty])) == []


def test_masks_of_0_and_255(tmp_path: Path) -> None:
    [reason] = reasons(drawn(tmp_path, [Image.fromarray(SQUARE * 255)] * 8))
    assert reason.startswith("all pixels of all 8 masks are 0 or 255; the declared 1 occurs nowhere")


def test_masks_of_0_and_255_are_right_where_nothing_else_is_declared(tmp_path: Path) -> None:
    assert reasons(drawn(tmp_path, [Image.fromarray(SQUARE * 255)] * 8, classes=None)) == []


def test_masks_saved_as_jpeg(tmp_path: Path) -> None:
    noisy = [Image.fromarray(np.kron(np.random.default_rng(n).integers(0, 2, (20, 25), np.uint8) * 255, np.ones((2, 2)))
             .astype(np.uint8)) for n in range(8)]  # fmt: skip
    [reason] = reasons(drawn(tmp_path, noisy, "jpg"))
    assert reason.startswith("8 masks of 8 are JPEG, which is lossy")


def test_masks_that_were_resized_with_smoothing(tmp_path: Path) -> None:
    whole = [Image.fromarray(SQUARE * 200)] * 8
    smooth = Image.fromarray(SQUARE * 200).resize((13, 11)).resize((50, 40), Image.Resampling.BICUBIC)
    [reason] = reasons(drawn(tmp_path, [*whole, smooth], classes=None))
    assert reason.startswith("1 mask of 9 hold many values beside 0, 200")


def test_empty_masks(tmp_path: Path) -> None:
    [reason] = reasons(drawn(tmp_path, [Image.fromarray(SQUARE * 0)] * 8, classes=None))
    assert reason == "all 8 masks are empty: every pixel is 0"


def test_masks_of_stray_pixels(tmp_path: Path) -> None:
    """Not small objects, nor what many masks are like."""
    marks = {size: Image.fromarray((np.arange(2000) < size).astype(np.uint8).reshape(40, 50)) for size in (3, 8, 12)}
    whole = [Image.fromarray(SQUARE)] * 9
    [reason] = reasons(drawn(tmp_path / "stray", [*whole, *marks.values()], classes=None))
    assert reason == (
        "2 masks of 12 hold nothing but stray pixels: at most 8, where half of the masks have 400 or more"
    )
    assert reasons(drawn(tmp_path / "many", [*whole[:5], *[marks[3]] * 3], classes=None)) == []


def test_masks_of_numbers_and_of_colours(tmp_path: Path) -> None:
    palette = Image.fromarray(SQUARE)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    [reason] = reasons(drawn(tmp_path, [*[palette] * 7, palette.convert("RGB")], classes=None))
    assert reason == "1 mask of 8 are RGB, the others P"


def test_masks_beside_images_of_the_same_name(tmp_path: Path) -> None:
    for kind in ("crack", "free"):
        (tmp_path / kind).mkdir()
        for number in range(6):
            photo(number % 3, (50, 40)).save(tmp_path / kind / f"{number}.jpg")
            Image.fromarray(SQUARE * (255 if kind == "crack" else 0)).save(tmp_path / kind / f"{number}.png")
    data = discover([tmp_path], Config())
    assert data.table("images").height == data.masks.height == 12
    assert set(data.table("labels")["class"]) == {"crack", "free"}


def test_pictures_in_two_formats_are_not_masks(tmp_path: Path) -> None:
    for number in range(6):
        for suffix in ("jpg", "png"):
            photo(number % 3, (50, 40)).save(tmp_path / f"{number}.{suffix}")
    data = discover([tmp_path], Config())
    assert (data.table("images").height, data.masks.height) == (12, 0)


def test_files_of_the_same_stem_that_cannot_be_read_are_not_masks(tmp_path: Path) -> None:
    for number in range(6):
        photo(number % 3, (50, 40)).save(tmp_path / f"{number}.jpg")
        (tmp_path / f"{number}.tif").write_bytes(b"II*\0\x08\0\0\0broken")
    data = discover([tmp_path], Config())
    assert (data.table("images").height, data.masks.height) == (12, 0)
