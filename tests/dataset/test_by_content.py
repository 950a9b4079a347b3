"""Images that are known by their content alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import datalint
from datalint.config.settings import Config
from datalint.dataset.discover import discover


def picture(file: Path, kind: str = "JPEG") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        Image.effect_noise((48, 40), 60).convert("RGB").save(out, kind)
    return file


@pytest.mark.parametrize(
    ("name", "kind"), [("0001", "PNG"), ("a.jpg_large", "JPEG"), ("a.jpg!d", "WEBP"), ("a.b", "BMP"), ("x.part", "GIF")]
)
def test_they_are_images_of_their_classes(tmp_path: Path, name: str, kind: str) -> None:
    picture(tmp_path / "cat" / name, kind)
    picture(tmp_path / "dog" / "1.jpg")
    data = discover([tmp_path], Config())
    assert data.table("images")["path"].to_list() == [f"cat/{name}", "dog/1.jpg"]
    assert data.table("labels")["class"].to_list() == ["cat", "dog"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("LICENSE", b"BM is short for Bitmap, and this is a text"),
        ("data.bin", bytes(100)),
        ("Makefile", b"all:\n\ttrue\n"),
        ("notes.doc", b"\xff\x0a\x00"),
        ("empty", b""),
    ],
)
def test_other_files_are_none(tmp_path: Path, name: str, content: bytes) -> None:
    picture(tmp_path / "cat" / "1.jpg")
    (tmp_path / "cat" / name).write_bytes(content)
    assert discover([tmp_path], Config()).table("images")["path"].to_list() == ["cat/1.jpg"]


def test_only_those_of_a_mixed_folder(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / f"{number}")
        (tmp_path / f"{number}x").write_bytes(b"text")
    assert discover([tmp_path], Config()).table("images")["path"].to_list() == ["0", "1", "2"]


def test_extensions_that_the_config_leaves_out_stay_out(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b.png", "PNG")
    data = discover([tmp_path], Config(image_extensions=("png",)))
    assert data.table("images")["path"].to_list() == ["b.png"]


def test_those_that_a_label_file_names_are_right_as_they_are(tmp_path: Path) -> None:
    for number in range(4):
        picture(tmp_path / "images" / f"{number}")
    (tmp_path / "labels.csv").write_text("file_name,label\n0,cat\n1,dog\n2,cat\n")
    report = datalint.scan(tmp_path, select=["DL116"])
    assert report.findings["path"].to_list() == ["images/3"]
