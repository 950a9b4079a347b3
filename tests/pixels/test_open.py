"""The one way to an image: which decoders are allowed, that none starts a program, and where images are decoded."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import datalint
from datalint.pixels.open import Refused, loaded, opened, reduced, refusal
from datalint.pixels.thumbnail import Wanted, thumbnail
from datalint.pixels.values import facts
from datalint.sources import LocalFile
from tests.measure.pictures import photo
from tests.pixels.hostile import EPS, iptc_with_eps, spider_and_eps

ROOT = Path(__file__).resolve().parents[2]


def item(file: Path) -> LocalFile:
    return LocalFile(os.fsencode(file), file.stat().st_size)


def refused(file: Path) -> tuple[str, str]:
    with pytest.raises(Refused) as caught, opened(item(file)) as image:
        loaded(image)
    return caught.value.status, caught.value.cause


@pytest.mark.parametrize(
    ("content", "status", "cause"),
    [
        (b"", "empty", "the file has zero bytes"),
        (EPS, "not-an-image", "it is a PostScript program"),
        (EPS + b"\0", "unreadable", "it is a PostScript program, which is not run"),
        (b"\xc5\xd0\xd3\xc6" + bytes(26) + EPS, "unreadable", "it is not in a known image format"),
        (iptc_with_eps(), "unreadable", "it is not in a known image format"),
        (b"BUFR" + bytes(60), "unreadable", "it is not in a known image format"),
        (b"<!DOCTYPE html>", "not-an-image", "it is an HTML page"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: bytes, status: str, cause: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert refused(tmp_path / "a.png") == (status, cause)


def test_the_first_bytes_choose_the_decoder(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(spider_and_eps(0))
    with opened(item(tmp_path / "a.png")) as image:
        assert (image.format, loaded(image).size) == ("SPIDER", (64, 64))


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, opened(LocalFile(os.fsencode(tmp_path / "gone.png"))):
        pass
    assert refusal(caught.value).cause == "no such file or directory"
    assert refusal(MemoryError()).cause == "there is not enough memory to decode it"
    assert refusal(ZeroDivisionError("x")).cause == "it cannot be measured: ZeroDivisionError: x"


def test_warnings_are_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo(0, (40, 40)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with warnings.catch_warnings(), opened(item(tmp_path / "a.png")) as image:
        warnings.simplefilter("error")
        assert image.size == (40, 40)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert refused(tmp_path / "a.png") == ("oversized", "it has 1,600 pixels, more than the limit of 200")


def test_a_side_may_be_only_so_long(tmp_path: Path) -> None:
    Image.new("L", (1, 1_000_001)).save(tmp_path / "tall.png")
    cause = "it is 1 x 1,000,001 pixels large; no side may be longer than 1,000,000"
    assert refused(tmp_path / "tall.png") == ("oversized", cause)
    Image.new("L", (1, 1_000_000)).save(tmp_path / "fits.png")
    with opened(item(tmp_path / "fits.png")) as image:
        assert image.size == (1, 1_000_000)


def test_numbers_of_colours_without_the_colours(tmp_path: Path) -> None:
    Image.new("P", (4, 4)).save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    start = content.index(b"PLTE") - 4
    length = int.from_bytes(content[start : start + 4], "big") + 12
    (tmp_path / "without.png").write_bytes(content[:start] + content[start + length :])
    with opened(item(tmp_path / "without.png")) as image, pytest.raises(Refused, match="its palette is missing"):
        loaded(image)


# -- no program is started -------------------------------------------------------------------------------------------


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of the calls of `gs`, which does nothing else and is found first."""
    place, log = tmp_path / "bin", tmp_path / "calls.txt"
    place.mkdir()
    log.touch()
    (place / "gs").write_text(f'#!/bin/sh\necho "$@" >> "{log}"\nexit 0\n')
    (place / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    return log


def with_masks(root: Path) -> None:
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    for number in range(6):
        photo(number, (64, 64)).save(root / f"images/p{number}.jpg")
        Image.fromarray(np.resize(np.array([0, 1], np.uint8), (64, 64))).save(root / f"masks/p{number}.png")
    (root / "masks/p1.png").write_bytes(EPS)
    (root / "masks/p2.png").write_bytes(iptc_with_eps())
    (root / "masks/p3.png").write_bytes(spider_and_eps(3))


def with_images(root: Path) -> None:
    root.mkdir()
    for number in range(4):
        photo(number, (64, 64)).save(root / f"{number}.jpg")
    for number, content in enumerate((spider_and_eps(0), spider_and_eps(0), spider_and_eps(1), EPS, iptc_with_eps())):
        (root / f"poly{number}.png").write_bytes(content)
    (root / "poly1.png").write_bytes(spider_and_eps(0) + b"\n")  # other bytes, the same pixels


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands in for Ghostscript")
@pytest.mark.parametrize("jobs", ["0", "1"])
@pytest.mark.parametrize("make", [with_masks, with_images])
def test_no_program_is_started(tmp_path: Path, watched: Path, make: Callable[[Path], None], jobs: str) -> None:
    make(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "two" / next((tmp_path / "one").rglob("*.jpg")).relative_to(tmp_path / "one")).unlink()
    report = tmp_path / "report.json"
    options = ["-j", jobs, "--no-progress", "--isolated", "--ignore", "DL9"]
    scan = ["scan", "one", *options, "--format", f"json={report}", "--format", f"html={tmp_path / 'report.html'}"]
    program = [sys.executable, "-m", "datalint"]
    for command in (scan, ["diff", "one", "two"]):
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run([*program, *command], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        assert done.stderr == ""
    assert watched.read_text() == ""
    findings = json.loads(report.read_text())["findings"]
    if make is with_masks:
        masks = {finding["file"]: finding["message"] for finding in findings if finding["code"] == "DL813"}
        assert [*masks] == ["masks/p1.png", "masks/p2.png"]
        assert "it is a PostScript program" in masks["masks/p1.png"]
    else:
        broken = {finding["path"] for finding in findings if finding["severity"] == "error"}
        assert broken == {"poly3.png", "poly4.png"}
        [copies] = [finding for finding in findings if finding["code"] == "DL601"]
        assert (copies["path"], copies["related"]) == ("poly0.png", ["poly1.png"])


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands in for Ghostscript")
def test_nor_by_any_one_way(tmp_path: Path, watched: Path) -> None:
    from datalint.pairs import decode
    from datalint.pixels import header

    for number, content in enumerate((EPS, iptc_with_eps(), spider_and_eps(0))):
        file = tmp_path / f"{number}.png"
        file.write_bytes(content)
        found = (
            header.size(item(file)),
            decode.thumbnail(item(file)),
            decode.pixel_digest(item(file)),
            thumbnail(Wanted(item(file), 64)),
            facts(item(file)).values,
        )
        assert [result is not None for result in found] == [number == 2] * 5
    assert watched.read_text() == ""


# -- nothing is decoded in this process ------------------------------------------------------------------------------


def test_no_image_is_decoded_in_the_main_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        for folder in ("images", "panoptic_train", "masks"):
            (tmp_path / folder).mkdir(exist_ok=True)
        photo(number, (96, 96)).save(tmp_path / f"images/{number}.jpg", quality=90)
        mask = Image.fromarray(np.resize(np.array([0, 1], np.uint8), (96, 96)))
        mask.save(tmp_path / f"masks/{number}.png")
        mask.convert("RGB").save(tmp_path / f"panoptic_train/{number}.png")
    photo(0, (96, 96)).resize((80, 80)).save(tmp_path / "images/copy.jpg")
    with Image.open(tmp_path / "images/1.jpg") as image:
        image.save(tmp_path / "images/again.png")
    (tmp_path / "masks/2.png").write_bytes((tmp_path / "masks/2.png").read_bytes()[:60])
    Image.new("RGB", (5, 5)).save(tmp_path / "panoptic_train/3.png")
    document = {
        "images": [{"id": n, "file_name": f"images/{n}.jpg", "width": 96, "height": 96} for n in range(6)],
        "annotations": [{"image_id": n, "file_name": f"{n}.png", "segments_info": []} for n in range(6)],
        "categories": [{"id": 1, "name": "a"}],
    }
    (tmp_path / "panoptic_train.json").write_text(json.dumps(document))
    rows = "".join(f"images/{n}.jpg,a,{n},{n},{n + 20},{n + 30}\n" for n in range(6))
    (tmp_path / "boxes.csv").write_text("file,label,box_a,box_b,box_c,box_d\n" + rows)

    def decoded_here(*_: object, **__: object) -> None:
        raise AssertionError("an image is decoded in the main process")

    with monkeypatch.context() as patch:
        for name in ("open", "frombytes", "_getdecoder"):
            patch.setattr(Image, name, decoded_here)
        report = datalint.scan(tmp_path, jobs=1, isolated=True, ignore=("DL9",), pictures=True)
    paths = report.dataset.table("images")["path"]
    assert report.dataset.table("images")["status"].to_list() == ["ok"] * 8
    found = report.dataset.table("pairs").select("a", "b", "kind").rows()
    pairs = {(paths[a], paths[b], kind) for a, b, kind in found}
    assert pairs == {
        ("images/0.jpg", "images/copy.jpg", "near"),
        ("images/1.jpg", "images/again.png", "pixels"),
    }
    problems = report.dataset.table("problems").filter(kind="mask")
    assert set(problems["file"]) >= {"masks/2.png", "panoptic_train/3.png"}
    assert report.pictures
    for picture in report.pictures.values():
        with Image.open(io.BytesIO(picture)) as image:
            image.load()


def lossless(folder: Path) -> Path:
    """Grey, 32 x 24 pixels, all of them equal: a lossless JPEG codes differences, here each in one bit."""
    frame = bytes([8, 0, 24, 0, 32, 1, 1, 0x11, 0])
    table, scan = bytes([0, 1, *[0] * 15, 0]), bytes([1, 1, 0, 1, 0, 0])
    segments = ((0xC3, frame), (0xC4, table), (0xDA, scan))
    coded = b"".join(bytes([0xFF, kind]) + (len(body) + 2).to_bytes(2, "big") + body for kind, body in segments)
    file = folder / "lossless.jpg"
    file.write_bytes(b"\xff\xd8" + coded + bytes(32 * 24 // 8) + b"\xff\xd9")
    return file


def test_a_decoder_that_cannot_reduce_is_asked_for_all(tmp_path: Path) -> None:
    """A lossless JPEG is one: `draft` promises a smaller picture, and then decoding fails."""
    file = lossless(tmp_path)
    with opened(item(file)) as image:
        reduced(image, "L", (8, 6))
        assert image.size == (8, 6)
        with pytest.raises(OSError, match="broken data stream"):
            image.load()
    with opened(item(file)) as image:
        reduced(image, "L", (8, 6))
        assert loaded(image).size == (32, 24)
    assert thumbnail(Wanted(item(file), 4)) is not None


def test_a_damaged_one_is_not_whole_either(tmp_path: Path) -> None:
    photo(0, (400, 300)).save(tmp_path / "a.jpg")
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content[: len(content) // 2])
    with opened(item(tmp_path / "a.jpg")) as image:
        reduced(image, "RGB", (50, 37))
        with pytest.raises(Refused) as caught:
            loaded(image)
    assert (caught.value.status, caught.value.cause) == ("truncated", "the JPEG data end before the picture does")
