"""Files that are whole and not read: one finding a folder and kind, and what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import datalint
from datalint import Report
from datalint.pixels import plugins
from tests.measure.pictures import photo
from tests.pixels import tiffs
from tests.pixels.test_unsupported import brands, jpeg

HEIC = brands(b"heic", b"mif1", b"heic") + bytes(99)
BANDS = np.arange(16 * 12 * 13, dtype=np.uint16).reshape(16, 12, 13)


@pytest.fixture(autouse=True)
def no_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "ready", lambda _: False)


def scanned(root: Path, *select: str) -> Report:
    return datalint.scan(root, isolated=True, jobs=0, select=select or ("DL1", "DL813"), no_cache=True)


def test_once_a_folder_and_kind(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number in range(5):
            photo(number, (64, 48)).save(tmp_path / folder / f"p{number}.jpg")
            (tmp_path / folder / f"h{number}.jpg").write_bytes(HEIC + bytes([number]))
            (tmp_path / folder / f"t{number}.tif").write_bytes(tiffs.of(BANDS + np.uint16(number)))
    (tmp_path / "b" / "one.heic").write_bytes(HEIC)
    (tmp_path / "b" / "bits.jpg").write_bytes(jpeg(0xC1, bits=12))
    report = scanned(tmp_path)
    heif, tiff = (
        f"not supported: {what}, which Pillow does not read"
        for what in ("a HEIF image (HEIC)", "a TIFF of 13 bands of 16-bit samples")
    )
    five = " (5 files of this folder)"
    assert [(finding.code, str(finding.severity), finding.path, finding.message) for finding in report] == [
        ("DL111", "error", "a/h0.jpg", heif + five),
        ("DL111", "error", "b/h0.jpg", heif + five),
        ("DL111", "warning", "a/t0.tif", tiff + five),
        ("DL111", "warning", "b/bits.jpg", "not supported: a 12-bit JPEG, which Pillow does not read"),
        ("DL111", "warning", "b/one.heic", heif),
        ("DL111", "warning", "b/t0.tif", tiff + five),
    ]
    hints = {finding.path: finding.hint for finding in report}
    assert hints["a/h0.jpg"] == (
        "convert it to the format that its name says, or pip install 'datalint-vision[heif]' to have datalint read it"
    )
    assert hints["a/t0.tif"] == (
        "convert it to JPEG or PNG of 8 bits, or pip install 'datalint-vision[tiff]' to have datalint read it"
    )
    assert hints["b/bits.jpg"] == "convert it to JPEG or PNG of 8 bits"
    assert [*next(iter(report)).related] == [f"a/h{number}.jpg" for number in range(1, 5)]


def test_a_jpeg_named_heic_is_read(tmp_path: Path) -> None:
    photo(0, (64, 48)).save(tmp_path / "IMG_1.HEIC", "JPEG")
    assert [(finding.code, finding.message) for finding in scanned(tmp_path)] == [
        ("DL104", "named .heic but the content is JPEG")
    ]


def test_damaged_and_misnamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the decoder there, and the file beyond it."""

    def refuse(*_: object) -> None:
        raise SyntaxError("no item of an image")

    monkeypatch.setattr(plugins, "ready", "HEIF".__eq__)
    monkeypatch.setitem(Image.OPEN, "HEIF", (refuse, None))
    (tmp_path / "a.jpg").write_bytes(HEIC)
    [finding] = scanned(tmp_path)
    assert (finding.code, finding.message) == ("DL101", "cannot be decoded: the HEIF header is damaged")
    assert "convert it to the format that its name says" in (finding.hint or "")


def test_masks_once_a_folder(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for number in range(12):
        photo(number, (64, 48)).save(tmp_path / "images" / f"{number}.jpg")
        mask = np.zeros((48, 64), np.uint8)
        mask[:10, number:] = 1
        if number < 6:
            Image.fromarray(mask).save(tmp_path / "masks" / f"{number}.tif")
        else:
            (tmp_path / "masks" / f"{number}.tif").write_bytes(tiffs.of(mask[..., None].astype("u8")))
    found = [finding for finding in scanned(tmp_path) if finding.code == "DL813"]
    assert [(finding.file, finding.message) for finding in found] == [
        (
            "masks/10.tif",
            "the mask is not supported: a TIFF of 1 band of 64-bit samples, which Pillow does not read "
            "(6 masks of this folder); expected a PNG",
        )
    ]


def test_more_pages_than_are_counted(tmp_path: Path) -> None:
    grey = np.arange(48 * 64, dtype=np.uint8).reshape(48, 64, 1)
    tags = tiffs.page(grey.shape, 8, 1, grey.size) | {tiffs.BITS: 8, tiffs.FORMAT: 1}
    for name, pages in (("few", 3), ("many", 20_000)):
        (tmp_path / f"{name}.tif").write_bytes(tiffs.tiff(*[tags] * pages, data=grey.tobytes()))
    assert [finding.message for finding in scanned(tmp_path, "DL211")] == [
        "3 frames in one TIFF file; loaders take the first",
        "more than 10,000 frames in one TIFF file; loaders take the first",
    ]


def test_camera_raw_in_a_class_folder(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number in range(3):
            photo(number, (64, 48)).save(tmp_path / folder / f"{number}.jpg")
            (tmp_path / folder / f"{number}.{'NEF' if folder == 'a' else 'dng'}").write_bytes(b"II*\0" + bytes(90))
    (tmp_path / "b" / "notes.pdf").write_bytes(b"%PDF-1.4")
    report = scanned(tmp_path)
    assert [(finding.code, str(finding.severity), finding.path, finding.message) for finding in report] == [
        ("DL108", "note", "b/notes.pdf", "stray file in a class folder: a document, not an image"),
        ("DL111", "note", "a/0.NEF", "not read: camera raw (3 files of this folder)"),
        ("DL111", "note", "b/0.dng", "not read: camera raw (3 files of this folder)"),
    ]
