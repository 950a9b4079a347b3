"""Large images are converted in strips, and nobody can tell."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from datalint.pixels import strips


@pytest.fixture
def image() -> Image.Image:
    """A picture of many strips, the last one not full."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (1013, 37, 4), np.uint8))


@pytest.mark.parametrize("factors", [(1, 1), (3, 1), (1, 7), (5, 4), (40, 2000)])
def test_strips_give_what_the_whole_would(
    image: Image.Image, factors: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = strips.reduced(image, factors, lambda part: part.convert("RGB"))
    monkeypatch.setattr(strips, "_PIXELS_AT_ONCE", 1000)
    assert strips.reduced(image, factors, lambda part: part.convert("RGB")).tobytes() == whole.tobytes()
    assert whole.tobytes() == image.convert("RGB").reduce(factors).tobytes()


def test_strips_cover_the_image_once(image: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "_PIXELS_AT_ONCE", 1000)
    parts = list(strips.strips(image, 8))
    assert len(parts) > 10
    assert {part.height for part in parts[:-1]} == {24}
    assert b"".join(part.tobytes() for part in parts) == image.tobytes()


def test_a_small_image_is_one_strip(image: Image.Image) -> None:
    assert list(strips.strips(image, 3)) == [image]
