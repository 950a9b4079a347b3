"""How a JPEG was coded: the short way and Pillow's way say the same."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from datalint.pixels.jpeg import plain_header
from datalint.pixels.jpeg_coding import Coding, of, table_sums
from fixtures.draw.picture import scene


def coded(mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    scene(0).convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


def both(raw: bytes) -> Coding:
    header = plain_header(raw)
    assert header is not None
    with Image.open(io.BytesIO(raw)) as image:
        assert of(image) == header.coding
    return header.coding


@pytest.mark.parametrize("quality", [1, 10, 25, 49, 50, 75, 90, 95, 99, 100])
def test_quality(quality: int) -> None:
    assert both(coded(quality=quality)).quality == quality


@pytest.mark.parametrize(("number", "name"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_subsampling(number: int, name: str) -> None:
    assert both(coded(subsampling=number)).subsampling == name


def test_progressive() -> None:
    assert both(coded(progressive=True)).progressive
    assert not both(coded()).progressive


def test_grey_has_one_table_and_no_subsampling() -> None:
    found = both(coded("L", quality=75))
    assert found.subsampling is None
    assert found.quantisation == both(coded(quality=75)).quantisation.split()[0]  # type: ignore[union-attr]


def test_tables_of_one_program() -> None:
    assert both(coded(qtables="web_low")).quantisation != both(coded(qtables="web_high")).quantisation


def test_tables_of_two_bytes_and_those_cut_short() -> None:
    assert table_sums(bytes([0x11]) + bytes([1, 2] * 64) + bytes([0]) + bytes(64)) == {1: 64 * 258, 0: 0}
    assert table_sums(bytes([0]) + bytes(63)) == {}
    assert table_sums(b"") == {}
