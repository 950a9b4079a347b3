"""Which values the pixels of an image have."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datalint.pixels.values import MOST, Values, facts, looked_at
from datalint.sources import LocalFile
from tests.measure.pictures import photo


def values(folder: Path, image: Image.Image, kind: str = "png") -> Values:
    file = folder / f"mask.{kind}"
    image.save(file)
    found = facts(LocalFile(os.fsencode(file), file.stat().st_size))
    assert (found.status, found.cause) == ("ok", None)
    assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert found.values is not None
    assert found.values == looked_at(LocalFile(os.fsencode(file)), 1 << 20)
    return found.values


def packed(image: Image.Image) -> list[int]:
    wide: NDArray[np.int64] = np.asarray(image.convert("RGB")).astype(np.int64)
    return [int(value) for value in np.unique(wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2])]


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "I", "RGB", "RGBA", "LA", "CMYK"])
def test_values_of_every_mode(tmp_path: Path, mode: str) -> None:
    if mode in ("I;16", "I"):
        image = Image.fromarray(np.resize(np.array([0, 3, 700], np.uint16), (30, 40)))
        image = image if mode == "I;16" else image.convert("I")
    elif mode == "P":
        image = photo(1, (40, 30)).quantize(7)
    else:
        image = photo(1, (40, 30)).convert(mode)
    found = values(tmp_path, image, "tif")
    expected = (
        np.unique(np.asarray(image)).astype(int).tolist() if mode in ("1", "L", "P", "I;16", "I") else packed(image)
    )
    assert (found.mode, found.size, found.different, found.values) == (mode, (40, 30), len(expected), expected[:MOST])
    assert found.palette == (packed(image) if mode == "P" else None)


def test_more_colours_than_are_kept(tmp_path: Path) -> None:
    pixels = np.arange(300 * 300, dtype=np.uint32).reshape(300, 300)
    image = Image.fromarray(np.dstack([pixels >> 16, pixels >> 8, pixels]).astype(np.uint8))
    found = values(tmp_path, image)
    assert (found.different, found.values) == (90_000, list(range(MOST)))


def test_what_cannot_be_decoded_has_a_cause(tmp_path: Path) -> None:
    photo(1, (40, 30)).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:900])
    found = facts(LocalFile(os.fsencode(tmp_path / "a.png")))
    assert (found.status, found.cause) == ("truncated", "the PNG data end before the picture does")
    assert (found.sha256 is not None, found.values) == (True, None)
    assert facts(LocalFile(os.fsencode(tmp_path / "gone.png"))) == (
        "unreadable", "no such file or directory", None, None
    )  # fmt: skip
    assert looked_at(LocalFile(os.fsencode(tmp_path / "a.png")), 1 << 20) is None


def test_a_large_one_is_not_looked_at(tmp_path: Path) -> None:
    photo(1, (40, 30)).save(tmp_path / "a.png")
    assert looked_at(LocalFile(os.fsencode(tmp_path / "a.png")), 1199) is None
