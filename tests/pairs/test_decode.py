"""Pictures of candidates: the proof is the same whichever way a picture is stored, and taken in strips."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datalint.pairs import decode
from datalint.sources import LocalFile
from tests.measure.pictures import photo


def item(file: Path) -> LocalFile:
    return LocalFile(os.fsencode(file), file.stat().st_size)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_strips_are_the_whole(tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    grey = photo(0, (50, 37)).convert("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 200)
    elif mode == "P":
        image = photo(0, (50, 37)).quantize(16)
    elif mode == "PA":
        image = photo(0, (50, 37)).convert("LA").convert("PA")
    else:
        image = (grey if mode in ("I", "F") else photo(0, (50, 37))).convert(mode)
    kind = "png" if mode in ("1", "LA", "P", "RGBA") else "tif"
    if mode == "P":
        image.info["transparency"] = 3
    image.save(tmp_path / f"a.{kind}")
    with Image.open(tmp_path / f"a.{kind}") as stored:
        whole: Image.Image = stored
        if mode not in ("I", "F", "I;16"):
            whole = (stored.convert("RGB") if mode == "CMYK" else stored).convert("RGBA")
        samples = np.ascontiguousarray(whole)
    expected = hashlib.sha256(f"{samples.dtype} {samples.shape}".encode() + samples.tobytes()).digest()
    for strip in (1, 120, 1 << 20):
        monkeypatch.setattr(decode, "_STRIP", strip)
        assert decode.pixel_digest(item(tmp_path / f"a.{kind}")) == expected


def test_what_cannot_be_decoded_is_like_nothing(tmp_path: Path) -> None:
    photo(0, (50, 37)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:900])
    fine, cut = (item(tmp_path / name) for name in ("a.png", "b.png"))
    assert decode.pixel_digest(cut) is None
    assert decode.thumbnail(cut) is None
    assert decode.likeness(decode.Couple(fine, cut, 0, 0)) is None
    same = decode.likeness(decode.Couple(fine, fine, 0, 0))
    assert same is not None
    assert same.correlation == pytest.approx(1)
    decode.forget()


def test_pictures_are_decoded_again_in_another_scan(tmp_path: Path) -> None:
    for seed in (0, 1):
        photo(seed, (64, 64)).save(tmp_path / f"{seed}.bmp")
    first, second = item(tmp_path / "0.bmp"), item(tmp_path / "1.bmp")
    before = decode.likeness(decode.Couple(first, second, 0, 1))
    (tmp_path / "1.bmp").write_bytes((tmp_path / "0.bmp").read_bytes())
    assert decode.likeness(decode.Couple(first, second, 0, 1)) == before
    again = decode.likeness(decode.Couple(first, second, 0, 2))
    assert again is not None
    assert again.difference == pytest.approx(0, abs=1e-6)
    decode.forget()
