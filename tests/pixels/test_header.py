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


class Doomed(LocalFile):
    """A file that is read in parts, as members of archives are; one named so ends the process that opens it."""

    in_parts = True

    def read(self, most: int | None = None) -> bytes:
        if self.place.endswith(b"doom.png"):
            os._exit(7)
        return super().read(most)


def test_a_header_that_ends_the_process_costs_that_file(tmp_path: Path) -> None:
    names = ["0.png", "1.png", "doom.png", "3.png", "4.png"]
    for number, name in enumerate(names):
        Image.new("RGB", (8 + number, 9)).save(tmp_path / name)
    items = [Doomed(os.fsencode(tmp_path / name)) for name in names]
    assert header.sizes(items, jobs=1) == [(8, 9), (9, 9), None, (11, 9), (12, 9)]
