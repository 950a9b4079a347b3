"""Sizes from headers, read in worker processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from datalint.pixels import header
from datalint.sources import LocalFile


@pytest.mark.parametrize("jobs", [0, 1])
def test_sizes(tmp_path: Path, jobs: int) -> None:
    Image.new("L", (40, 30)).save(tmp_path / "a.png")
    Image.new("RGB", (7, 9)).save(tmp_path / "b.jpg")
    (tmp_path / "c.png").write_bytes(b"no image")
    items = [LocalFile(os.fsencode(tmp_path / name)) for name in ("b.jpg", "c.png", "a.png", "gone.png")]
    assert header.sizes(items, jobs) == [(7, 9), None, (40, 30), None]
    assert header.sizes([], jobs) == []
