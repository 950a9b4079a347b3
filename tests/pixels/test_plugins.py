"""Files that only an extra reads: measured where it is installed, as guarded as all others."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

import datalint
from datalint.measure.decode import Content, Picture, examine, full_moments
from datalint.pairs.decode import pixel_digest
from datalint.pixels import jxl, plugins
from datalint.pixels.thumbnail import Wanted, thumbnail
from datalint.pixels.values import facts
from datalint.sources import LocalFile
from tests.measure.pictures import photo
from tests.pixels import tiffs

ROOT = Path(__file__).resolve().parents[2]


def write(file: Path, content: bytes) -> LocalFile:
    file.write_bytes(content)
    return LocalFile(os.fsencode(file), len(content))


def measured(file: Path, content: bytes) -> tuple[Content, Picture | None]:
    return examine(write(file, content), "pixels")


def encoded(format: str, size: tuple[int, int] = (160, 120), **options: Any) -> bytes:
    if not plugins.ready(format):
        pytest.skip(f"the extra {plugins.extra(format)} is not installed")
    stream = io.BytesIO()
    photo(0, size).save(stream, format, **options)
    return stream.getvalue()


@pytest.mark.parametrize("format", ["HEIF", "JXL"])
def test_a_picture_is_measured(tmp_path: Path, format: str) -> None:
    content, picture = measured(tmp_path / "a.img", encoded(format))
    assert (content.status, content.cause, content.extra) == ("ok", None, plugins.extra(format))
    assert (content.format, content.mode, content.width, content.height) == (format, "RGB", 160, 120)
    assert picture is not None
    # fields of two factors of reduction
    plain = np.asarray(photo(0, (160, 120)).resize((32, 32), Image.Resampling.BOX), np.float32)
    assert np.abs(picture.thumbnail - plain).mean() < 6
    assert thumbnail(Wanted(LocalFile(os.fsencode(tmp_path / "a.img")), 64)) is not None


@pytest.mark.parametrize("format", ["HEIF", "JXL"])
def test_the_size_is_looked_at_before_decoding(tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(format)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 9000)
    found, picture = measured(tmp_path / "a.img", content)
    assert (found.status, picture) == ("oversized", None)
    assert found.cause == "it has 19,200 pixels, more than the limit of 18,000"


def test_a_jxl_decoder_is_not_asked_for_what_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It decodes where it opens: a header of 1,073,741,824 x 1,073,741,824 pixels must not reach it."""
    encoded("JXL")
    plugin = pytest.importorskip("pillow_jxl.JpegXLImagePlugin")

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the decoder was asked")

    monkeypatch.setattr(plugin, "Decoder", asked)
    bits = 0 | 3 << 1 | ((1 << 30) - 1) << 3 | 1 << 33  # not small, 30 bits of height, as wide as high
    found, _ = measured(tmp_path / "a.jxl", b"\xff\x0a" + bits.to_bytes(14, "little"))
    assert found.cause == f"it has {1 << 60:,} pixels, more than the limit of 178,956,970"


@pytest.mark.parametrize("format", ["HEIF", "JXL"])
@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_costs_itself(tmp_path: Path, format: str, seed: int) -> None:
    content = bytearray(encoded(format))
    draw = np.random.default_rng(seed)
    for at in draw.integers(24, len(content), 20):
        content[at] ^= int(draw.integers(1, 256))
    found, _ = measured(tmp_path / "a.img", bytes(content)[: None if seed % 2 else len(content) // 2])
    assert found.status in ("ok", "truncated", "unreadable", "oversized", "unsupported")
    assert (found.status == "ok") == (found.cause is None)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (256, 256), (300, 200), (160, 90), (37, 1111), (5000, 3)])
@pytest.mark.parametrize("boxes", [True, False])
def test_the_size_of_a_jxl(size: tuple[int, int], boxes: bool) -> None:
    assert jxl.size(io.BytesIO(encoded("JXL", size, use_container=boxes, effort=1))) == size


@pytest.mark.parametrize("content", [b"", b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n" + b"\xff" * 90, bytes(40)])
def test_no_size_without_a_header(content: bytes) -> None:
    assert jxl.size(io.BytesIO(content)) is None


# -- TIFF of many bands ----------------------------------------------------------------------------------------------


@pytest.fixture
def tifffile() -> Any:
    if not plugins.ready("TIFF"):
        pytest.skip("the extra tiff is not installed")
    return pytest.importorskip("tifffile")


def bands(count: int, dtype: str = "u2", side: int = 40) -> Any:
    grey = np.asarray(photo(1, (side, side)).convert("L")).astype(np.float64)
    return np.stack([grey * (1 + band) for band in range(count)], axis=-1).astype(dtype)


@pytest.mark.parametrize("packed", [None, "lzw", "zlib", "zstd", "packbits"])
@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("tiled", [False, True])
def test_thirteen_bands(tmp_path: Path, tifffile: Any, packed: str | None, planes: str, tiled: bool) -> None:
    samples = bands(13)
    stored = samples if planes == "contig" else np.moveaxis(samples, -1, 0)
    options = {"tile": (16, 16)} if tiled else {}
    tifffile.imwrite(
        tmp_path / "a.tif", stored, photometric="minisblack", planarconfig=planes, compression=packed, **options
    )
    item = LocalFile(os.fsencode(tmp_path / "a.tif"), (tmp_path / "a.tif").stat().st_size)
    content, picture = examine(item, "pixels")
    if content.extra is None:  # Pillow takes the first of packed planes for the picture
        assert (planes, packed is not None) == ("separate", True)
        return
    assert (content.status, content.extra, content.format) == ("ok", "tiff", "TIFF")
    assert (content.mode, content.colours, content.bits, content.float) == ("13 bands", 13, 16, False)
    assert (content.width, content.height, content.frames) == (40, 40, 1)
    assert (content.low, content.high) == (samples.min(), samples.max())
    assert picture is not None
    assert not picture.measurable
    assert full_moments(item) is None
    shown = samples.mean(axis=-1) - samples.min()
    assert np.corrcoef(picture.thumbnail[..., 0].ravel(), _boxes(shown).ravel())[0, 1] > 0.99


def _boxes(plane: Any) -> Any:
    return np.asarray(Image.fromarray(plane.astype(np.float32)).resize((32, 32), Image.Resampling.BOX))


@pytest.mark.parametrize(
    ("dtype", "mode", "bits"),
    [("f8", "F", 64), ("u8", "I", 64), ("i8", "I", 64), ("f2", "F", 16), ("c8", "F", 64), ("i1", "I", 8)],
)
def test_one_band_of_other_samples(tmp_path: Path, tifffile: Any, dtype: str, mode: str, bits: int) -> None:
    samples = np.minimum(bands(1), 100).astype(dtype)
    content, picture = measured(tmp_path / "a.tif", tiffs.of(samples))
    if content.extra is None:
        assert dtype == "i1"  # Pillow may read it
        return
    assert (content.status, content.mode, content.bits) == ("ok", mode, bits)
    assert picture is not None
    assert picture.measurable
    assert content.high == np.abs(samples).max()


def test_a_mask_of_64_bits(tmp_path: Path, tifffile: Any) -> None:
    labels = np.zeros((20, 30, 1), np.uint64)
    labels[5:, :10] = 3
    found = facts(write(tmp_path / "a.tif", tiffs.of(labels))).values
    assert found is not None
    assert (found.mode, found.values) == ("I", [0, 3])


def test_all_bands_count_where_copies_are_proved(tmp_path: Path, tifffile: Any) -> None:
    """The mean of the bands is the same, the bands are not."""
    one, other = bands(5), bands(5)[..., ::-1]
    pairs: list[tuple[Any, Literal["<", ">"]]] = [(one, "<"), (one, ">"), (other, "<")]
    digests = {
        pixel_digest(write(tmp_path / f"{number}.tif", tiffs.of(samples, order=order)))
        for number, (samples, order) in enumerate(pairs)
    }
    assert len(digests) == 2
    assert None not in digests


def test_what_unpacks_to_too_much(tmp_path: Path, tifffile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("the decoder was asked")

    monkeypatch.setattr(tifffile, "TiffFile", asked)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    found, _ = measured(tmp_path / "a.tif", tiffs.of(bands(13, side=40)))
    assert (found.status, found.cause) == ("oversized", "it unpacks to 41,600 bytes, more than the limit of 8,000")
    found, _ = measured(tmp_path / "a.tif", tiffs.of(bands(13, side=50)))
    assert (found.status, found.cause) == ("oversized", "it has 2,500 pixels, more than the limit of 2,000")
    tags = tiffs.page((20, 20, 13), 16, 1, 900) | {322: 4096, 323: 4096, 324: 8, 325: 900, tiffs.COMPRESSION: 5}
    found, _ = measured(tmp_path / "a.tif", tiffs.tiff(tags, data=bytes(900)))
    assert found.cause == f"it unpacks to {4096 * 4096 * 26:,} bytes, more than the limit of 8,000"


@pytest.mark.parametrize("seed", range(12))
def test_damaged_bands_cost_one_file(tmp_path: Path, tifffile: Any, seed: int) -> None:
    stream = io.BytesIO()
    packed = ("lzw", "zlib", "zstd", "packbits")[seed % 4]
    tifffile.imwrite(stream, bands(13), photometric="minisblack", planarconfig="contig", compression=packed)
    content = bytearray(stream.getvalue())
    draw = np.random.default_rng(seed)
    for at in draw.integers(8, len(content), 10):
        content[at] ^= int(draw.integers(1, 256))
    found, _ = measured(tmp_path / "a.tif", bytes(content))
    assert (found.status == "ok") == (found.cause is None)


def test_a_dataset_of_bands(tmp_path: Path, tifffile: Any) -> None:
    for folder in ("forest", "river"):
        (tmp_path / folder).mkdir()
        for number in range(4):
            samples = bands(13) + np.uint16(number * 50 + 7 * len(folder))
            (tmp_path / folder / f"{number}.tif").write_bytes(tiffs.of(samples))
            photo(number, (64, 48)).save(tmp_path / folder / f"{number}.jpg")
    report = datalint.scan(
        tmp_path, isolated=True, jobs=0, select=("ALL",), ignore=("DL9",), pictures=True, no_cache=True
    )
    assert not [entry for entry in report.rules_not_run if entry.crashed]
    assert report.dataset.statistics is not None
    assert report.dataset.statistics.images == 8
    found = [(finding.path, finding.message) for finding in report if finding.code == "DL111"]
    words = "a TIFF of 13 bands of 16 bits, read only with the extra tiff (4 files of this folder)"
    assert found == [("forest/0.tif", words), ("river/0.tif", words)]
    report.write("html", tmp_path / "report.html")


# -- what they cost --------------------------------------------------------------------------------------------------


def test_no_plugin_is_imported_for_other_files(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg", "a.tif", "a.avif"):
        photo(0, (64, 48)).save(tmp_path / name)
    program = f"""
import os, sys
from datalint.measure.decode import examine
from datalint.sources import LocalFile
for name in ("a.png", "a.jpg", "a.tif", "a.avif"):
    content, _ = examine(LocalFile(os.fsencode({str(tmp_path)!r} + "/" + name)), "pixels")
    assert content.status == "ok", content.cause
print([name for name in ("pillow_heif", "pillow_jxl", "tifffile", "imagecodecs") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_facts_depend_on_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from datalint.measure.known_facts import version

    before = version()
    monkeypatch.setattr(plugins, "versions", lambda: ("pillow-heif 99",))
    assert version() != before
