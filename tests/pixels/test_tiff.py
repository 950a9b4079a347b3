"""The structure of TIFF files: pages in linear time, what is whole, what a camera wrote."""

from __future__ import annotations

import io
import time
import zlib
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from datalint.pixels import tiff
from tests.pixels import tiffs

GREY = np.arange(16 * 12, dtype=np.uint8).reshape(16, 12, 1)


def many(pages: int, *, loop: bool = False) -> io.BytesIO:
    tags = tiffs.page(GREY.shape, 8, 1, GREY.size) | {tiffs.BITS: 8, tiffs.FORMAT: 1}
    return io.BytesIO(tiffs.tiff(*[tags] * pages, data=GREY.tobytes(), loop=loop))


@pytest.mark.parametrize(("pages", "loop"), [(1, False), (3, False), (3, True)])
def test_pages_are_counted_as_pillow_does(pages: int, loop: bool) -> None:
    source = many(pages, loop=loop)
    with Image.open(source) as image:
        assert tiff.pages(source) == getattr(image, "n_frames") == pages  # noqa: B009 - not of every image


def test_counting_ends_at_a_limit_in_linear_time() -> None:
    source = many(100_000)
    start = time.perf_counter()
    assert tiff.pages(source) == tiff.MOST_PAGES + 1
    assert time.perf_counter() - start < 2


def test_a_chain_that_leads_nowhere_ends_there() -> None:
    content = bytearray(many(3).getvalue())
    at = content.index((8 + GREY.size).to_bytes(4, "little"))
    assert at == 4
    first = 8 + GREY.size
    link = first + 2 + 12 * 11
    content[link : link + 4] = (1 << 31).to_bytes(4, "little")
    assert tiff.pages(io.BytesIO(content)) == 1
    assert tiff.pages(io.BytesIO(b"II+\0\x08\0\0\0" + b"\xff" * 8)) == 0
    assert tiff.pages(io.BytesIO(b"II+\0\x08\0\0\0" + (16).to_bytes(8, "little") + b"\xff" * 40)) == 0


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("bands", [1, 2, 3, 4, 5, 13])
def test_what_pillow_reads_is_found_by_trial(order: Literal["<", ">"], dtype: str, bands: int) -> None:
    """The trial of one pixel says of every kind of file what Pillow makes of the file itself."""
    samples = (np.arange(16 * 12 * bands) % 100).reshape(16, 12, bands).astype(dtype)
    source = io.BytesIO(tiffs.of(samples, order=order, t262=2 if bands in (3, 4) else 1))
    found = tiff.whole(source)
    assert found is not None
    page, decodes = found
    assert (page.width, page.height, page.bands, page.bits) == (12, 16, bands, 8 * samples.itemsize)
    try:
        with Image.open(source, formats=("TIFF",)) as image:
            image.load()
    except Exception:
        assert not decodes
    else:
        assert decodes


BANDS = np.arange(16 * 12 * 13, dtype=np.uint16).reshape(16, 12, 13)


@pytest.mark.parametrize(
    "tags",
    [
        {tiffs.WIDTH: 0},
        {tiffs.WIDTH: 1200},  # more than there are data for
        {tiffs.BITS: [16] * 12},
        {tiffs.BITS: [16] * 12 + [900]},
        {tiffs.FORMAT: [9] * 13},
        {tiffs.OFFSETS: 1 << 30},
        {tiffs.OFFSETS: [8, 8]},
        {tiffs.OFFSETS: 0},
        {tiffs.COUNTS: 10},
        {tiffs.ROWS: 0},
        {tiffs.ROWS: 8},  # two strips, then
        {tiffs.SAMPLES: [], tiffs.BITS: 16, tiffs.FORMAT: 1},
        {tiffs.PHOTOMETRIC: 70_000},
    ],
)
def test_a_damaged_file_is_not_whole(tags: tiffs.Tags) -> None:
    whole = tiffs.page(BANDS.shape, 16, 1, BANDS.nbytes)
    assert tiff.whole(io.BytesIO(tiffs.tiff(whole, data=BANDS.tobytes()))) is not None
    assert tiff.whole(io.BytesIO(tiffs.tiff(whole | dict(tags), data=BANDS.tobytes()))) is None


def test_packed_data_are_unpacked_to_see() -> None:
    packed = zlib.compress(BANDS.tobytes())
    tags = tiffs.page(BANDS.shape, 16, 1, len(packed)) | {tiffs.COMPRESSION: 8}
    assert tiff.whole(io.BytesIO(tiffs.tiff(tags, data=packed))) is not None
    broken = packed[:100] + bytes(100) + packed[200:]
    assert tiff.whole(io.BytesIO(tiffs.tiff(tags, data=broken))) is None


def test_every_cut_is_damage() -> None:
    content = tiffs.of(BANDS)
    for size in range(0, len(content), 97):
        assert tiff.whole(io.BytesIO(content[:size])) is None


def raw(*, photometric: int, below: int | None) -> bytes:
    """A preview of 16 x 12 pixels, and below it what the sensor saw, as in DNG, NEF and ARW."""
    first = tiffs.page(GREY.shape, 8, 1, GREY.size) | {254: 1, tiffs.PHOTOMETRIC: photometric}
    first |= {tiffs.BITS: 8, tiffs.FORMAT: 1}
    if below is not None:
        first |= {tiffs.SUB: len(tiffs.tiff(first | {tiffs.SUB: 0}, data=GREY.tobytes()))}
    content = tiffs.tiff(first, data=GREY.tobytes())
    if below is None:
        return content
    sub = tiffs.tiff({tiffs.WIDTH: 4000, tiffs.LENGTH: 3000, tiffs.PHOTOMETRIC: below})
    return content + sub[8:]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (raw(photometric=1, below=None), False),
        (raw(photometric=32803, below=None), True),
        (raw(photometric=1, below=32803), True),
        (raw(photometric=1, below=34892), True),
        (raw(photometric=1, below=1), False),  # a pyramid
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(8), True),
        (b"", False),
    ],
)
def test_camera_raw(content: bytes, found: bool) -> None:
    assert tiff.is_camera_raw(io.BytesIO(content)) is found
