"""Masks over their images: what is marked is coloured, the rest is clear, and no colour is mixed."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datalint.pixels.overlay import COLOURS, OPACITY, overlay
from datalint.pixels.thumbnail import Wanted
from datalint.sources import LocalFile


def laid(mask: Image.Image, place: Path, side: int = 64) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    mask.save(place)
    made = overlay(Wanted(LocalFile(os.fsencode(place)), side))
    assert made is not None
    with Image.open(io.BytesIO(made)) as image:
        return np.asarray(image.convert("RGBA"))


@pytest.mark.parametrize(("mode", "high"), [("L", 255), ("1", 255), ("I;16", 40_000)])
def test_values_take_colours_in_turns(mode: str, high: int, tmp_path: Path) -> None:
    values = np.zeros((40, 60), np.uint16 if mode == "I;16" else np.uint8)
    values[10:20, 20:40] = high
    image = Image.fromarray(values)
    found = laid(image.convert("1") if mode == "1" else image, tmp_path / "mask.png")
    assert found.shape == (40, 60, 4)
    assert np.array_equal(found[..., 3], np.where(values, OPACITY, 0))
    assert (found[values > 0, :3] == COLOURS[(1 if mode == "1" else high) - 1 & 7]).all()


def test_own_colours_stay(tmp_path: Path) -> None:
    mask = Image.new("P", (60, 40))
    mask.putpalette([0, 0, 0, 128, 64, 0, 0, 200, 0])
    mask.paste(2, (20, 10, 40, 20))
    for name, image in (("index.png", mask), ("colour.png", mask.convert("RGB"))):
        found = laid(image, tmp_path / name)
        assert tuple(found[15, 30]) == (0, 200, 0, OPACITY)
        assert found[0, 0, 3] == 0


def test_greys_are_told_apart(tmp_path: Path) -> None:
    """Indices that were saved as colours, or with a palette of greys; and opacity is no class."""
    values = np.repeat(np.arange(4, dtype=np.uint8), 100).reshape(20, 20)
    image = Image.fromarray(values)
    for mode in ("L", "P", "RGB", "LA"):
        found = laid(image.convert(mode), tmp_path / f"{mode}.png")
        assert np.array_equal(found[..., 3], np.where(values, OPACITY, 0))
        assert np.array_equal(found[values > 0, :3], COLOURS[values[values > 0] - 1])


def test_small_without_new_colours(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found = laid(Image.fromarray(rng.integers(0, 4, (300, 500), np.uint8)), tmp_path / "mask.png", 100)
    assert found.shape == (60, 100, 4)
    assert {tuple(pixel) for pixel in found[found[..., 3] > 0][:, :3]} == {tuple(colour) for colour in COLOURS[:3]}


def test_what_does_not_decode_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert overlay(Wanted(LocalFile(os.fsencode(tmp_path / "mask.png")), 64)) is None
