"""A WebP file without its pixels has the same header."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from datalint.pixels.webp import without_pixels


def drawn(mode: str, seed: int) -> Image.Image:
    samples = np.random.default_rng(seed).integers(0, 255, (90, 120, len(mode)), dtype=np.uint8)
    return Image.fromarray(samples, mode)


def encoded(mode: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    drawn(mode, 0).save(stream, "WEBP", **options)
    return stream.getvalue()


class Counted(io.BytesIO):
    """A file that counts what is read of it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


EXIF = Image.Exif()
EXIF[274], EXIF[271] = 6, "Maker"


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("RGB", {}),
        ("RGB", {"lossless": True}),
        ("RGBA", {}),
        ("RGBA", {"lossless": True}),
        ("RGB", {"exif": EXIF, "icc_profile": b"profile" * 99}),
        ("RGBA", {"save_all": True, "append_images": [drawn("RGBA", 1)] * 3, "exif": EXIF}),
        ("RGB", {"save_all": True, "append_images": [drawn("RGB", 1)] * 3, "lossless": True}),
    ],
)
def test_the_header_is_the_same(mode: str, options: dict[str, Any]) -> None:
    data = encoded(mode, **options)
    source = Counted(data)
    with Image.open(without_pixels(source)) as hollow, Image.open(io.BytesIO(data)) as whole:
        assert (hollow.size, hollow.mode, hollow.info) == (whole.size, whole.mode, whole.info)
        assert getattr(hollow, "n_frames", 1) == getattr(whole, "n_frames", 1)
        assert dict(hollow.getexif()) == dict(whole.getexif())
    assert source.count < 2000


@settings(max_examples=40)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_whatever_follows_it_ends(noise: bytes, cut: int) -> None:
    data = b"RIFF\x00\x01\x00\x00WEBP" + noise
    assert len(without_pixels(io.BytesIO(data)).read()) == len(data)
    assert len(without_pixels(io.BytesIO(encoded("RGB")[:cut])).read()) == min(cut, len(encoded("RGB")))
