"""Small pictures of images, as a viewer shows them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from datalint.pixels.thumbnail import Wanted, thumbnail
from datalint.sources import LocalFile
from tests.report import factory

SIDE = 224


def shown(file: Path) -> Image.Image:
    made = thumbnail(Wanted(LocalFile(os.fsencode(file)), SIDE))
    assert made is not None
    return Image.open(io.BytesIO(made))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_is_shown(tmp_path: Path, mode: str) -> None:
    grey = factory.drawn(1).convert("L")
    if mode == "I;16":
        image = Image.frombytes("I;16", (64, 48), bytes(range(256)) * 24)
    else:
        image = factory.drawn(1).convert(mode) if mode not in ("I", "F") else grey.convert(mode)
    file = tmp_path / "image.tif"
    image.save(file)
    with shown(file) as picture:
        assert picture.mode in ("L", "RGB")
        assert len(set(picture.convert("L").tobytes())) > 1


def test_large_images_shrink(tmp_path: Path) -> None:
    factory.drawn(2, 900, 500).save(tmp_path / "large.jpg")
    with shown(tmp_path / "large.jpg") as picture:
        assert picture.size == (SIDE, 124)
        assert picture.format == "JPEG"


@pytest.mark.parametrize("name", ["small.png", "small.jpg", "large.jpg", "lab.tif"])
def test_nothing_but_pixels_is_carried_over(tmp_path: Path, name: str) -> None:
    """A page of many small pictures would carry the large profile of each, or what its comment says."""
    picture = factory.drawn(2, 900, 500) if name == "large.jpg" else factory.drawn(1, 40, 30)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    mode = "LAB" if name == "lab.tif" else "RGB"
    more: dict[str, Any] = {"comment": b"made at home"} if name.endswith("jpg") else {}
    picture.convert(mode).save(tmp_path / name, icc_profile=profile, **more)
    with shown(tmp_path / name) as made:
        assert made.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("content", [b"", b"no image", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
def test_what_does_not_decode_has_no_picture(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.png").write_bytes(content)
    assert thumbnail(Wanted(LocalFile(os.fsencode(tmp_path / "file.png")), SIDE)) is None
