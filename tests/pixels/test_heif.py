"""AVIF files without their pixels open as they do with them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

from datalint.pixels import heif

pytestmark = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")


def noise(mode: str = "RGB") -> Image.Image:
    samples = np.random.default_rng(0).integers(0, 255, (96, 128, len(mode)), np.uint8)
    return Image.fromarray(samples.squeeze(), mode)


def encoded(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "AVIF", **options)
    return buffer.getvalue()


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[274], exif[271] = 6, "Maker"
    return exif


CASES: dict[str, bytes] = {}
if features.check("avif"):
    CASES = {
        "plain": encoded(noise()),
        "exif": encoded(noise(), exif=turned(), xmp=b"<x:xmpmeta/>" * 40),
        "alpha": encoded(noise("RGBA")),
        "grey": encoded(noise("L")),
        "moving": encoded(noise(), save_all=True, append_images=[noise().rotate(9)] * 2),
    }


class Counting(io.BytesIO):
    """Bytes, and how many were read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def said(source: Any) -> tuple[Any, ...]:
    with Image.open(source) as image:
        return image.size, image.mode, getattr(image, "n_frames", 1), image.info, dict(image.getexif())


@pytest.mark.parametrize("name", CASES)
def test_the_header_is_the_same(name: str) -> None:
    source = Counting(CASES[name])
    stripped = heif.without_pixels(source)
    assert said(stripped) == said(io.BytesIO(CASES[name]))
    assert source.count < len(CASES[name]) / 4
    assert stripped.seek(0, io.SEEK_END) == len(CASES[name])
    assert stripped.getvalue() != CASES[name]  # type: ignore[attr-defined]


@given(st.data())
def test_damaged_files_raise_nothing(data: st.DataObject) -> None:
    content = bytearray(CASES["exif"])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, 1200))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    found = heif.without_pixels(io.BytesIO(cut))
    assert found.seek(0, io.SEEK_END) == len(cut)


def test_a_table_of_items_that_claims_to_be_endless() -> None:
    """Each claims the whole file, or nothing at all, again and again."""

    def box(kind: bytes, content: bytes) -> bytes:
        return (len(content) + 8).to_bytes(4, "big") + kind + content

    kinds = b"\0\0\0\0" + b"\0\1" + box(b"infe", b"\2\0\0\0" + b"\0\1" + b"\0\0" + b"Exif")
    extent = b"\0\0\0\0" + b"\0\x0f\0\0"
    claims = b"\0\0\0\0" + b"\x44\0" + b"\xff\xff" + b"".join(b"\0\1\0\0\xff\xff" + extent * 200 for _ in range(100))
    empty = b"\2\0\0\0" + b"\0\0" + b"\xff\xff\xff\xff" + b"\0\0\0\1\0\0\xff\xff" * 1000
    for items in (claims, empty):
        meta = box(b"meta", b"\0\0\0\0" + box(b"iinf", kinds) + box(b"iloc", items))
        source = Counting(box(b"ftyp", b"avif") + meta + box(b"mdat", bytes(1 << 20)))
        found = heif.without_pixels(source)
        assert found.seek(0, io.SEEK_END) == len(source.getvalue())
        assert source.count < 3 * len(source.getvalue())
