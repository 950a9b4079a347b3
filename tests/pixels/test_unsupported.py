"""Whole files of a kind that is not read, and damaged files of the same kinds."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from datalint.pixels import bands, plugins
from datalint.pixels.open import loaded, opened, refusal
from datalint.sources import LocalFile
from tests.measure.pictures import photo
from tests.pixels import tiffs


@pytest.fixture(autouse=True)
def no_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without the extras."""
    monkeypatch.setattr(plugins, "ready", lambda _: False)


def status(file: Path) -> tuple[str, str]:
    try:
        with opened(LocalFile(os.fsencode(file), file.stat().st_size)) as image:
            loaded(image)
    except Exception as error:
        refused = refusal(error)
        return refused.status, refused.cause
    return "ok", ""


def jpeg(marker: int = 0xC0, bits: int = 8, components: int = 3) -> bytes:
    """A JPEG that says to be of another kind: the coded numbers mean something else then, or nothing."""
    stream = io.BytesIO()
    photo(0, (64, 48)).save(stream, "JPEG", quality=80)
    content = bytearray(stream.getvalue())
    at = content.index(b"\xff\xc0")
    content[at + 1], content[at + 4] = marker, bits
    if components == 2:
        content[at + 3], content[at + 9] = 14, 2
        del content[at + 16 : at + 19]
    return bytes(content)


def brands(major: bytes, *others: bytes) -> bytes:
    body = major + bytes(4) + b"".join(others)
    return struct.pack(">I4s", 8 + len(body), b"ftyp") + body


def box(kind: bytes, size: int, body: bytes) -> bytes:
    return struct.pack(">I4s", size, kind) + body


def tga(map_bits: int = 15, bits: int = 8, how: int = 1) -> bytes:
    colours = 32 if how == 1 else 0
    head = struct.pack("<BBBHHBHHHHBB", 0, int(how == 1), how, 0, colours, map_bits * (how == 1), 0, 0, 20, 16, bits, 0)
    return head + bytes(colours * 2) + bytes(20 * 16 * -(-bits // 8))


def psd(bits: int, mode: int, channels: int) -> bytes:
    return struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, 16, 20, bits, mode) + bytes(14 + channels * 320 * bits // 8)


def jpeg_2000(parts: int, depth: int = 8) -> bytes:
    size = struct.pack(">HHIIIIIIIIH", 38 + 3 * parts, 0, 20, 16, 0, 0, 20, 16, 0, 0, parts)
    return b"\xff\x4f\xff\x51" + size + bytes([depth - 1, 1, 1] * parts) + bytes(200) + b"\xff\xd9"


def bmp(packed: int) -> bytes:
    body = struct.pack("<IiiHHIIiiII", 40, 20, 16, 1, 0, packed, 300, 0, 0, 0, 0) + bytes(300)
    return struct.pack("<2sIHHI", b"BM", 14 + len(body), 0, 0, 54) + body


def dds() -> bytes:
    head = struct.pack("<4sIIIIIII44x", b"DDS ", 124, 0x1007, 16, 20, 0, 0, 0)
    return head + struct.pack("<II4s20x", 32, 4, b"DX10") + bytes(20) + struct.pack("<I", 120) + bytes(1000)


SEVEN = np.arange(20 * 16 * 7, dtype=np.uint16).reshape(16, 20, 7)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (jpeg(0xC1, bits=12), "a 12-bit JPEG"),
        (jpeg(0xC5), "a hierarchical JPEG"),
        (jpeg(0xCB), "a lossless arithmetic-coded JPEG"),
        (jpeg(0xF7), "a lossless (JPEG-LS) JPEG"),
        (jpeg(components=2), "a 8-bit 2-channel JPEG"),
        (brands(b"heic", b"mif1", b"heic") + bytes(99), "a HEIF image (HEIC)"),
        (brands(b"mif1", b"heic") + box(b"mdat", 108, bytes(100)), "a HEIF image (HEIC)"),
        (b"\xff\x0a" + bytes(50), "a JPEG XL image"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50), "a JPEG XL image"),
        (brands(b"crx ", b"crx ", b"isom") + bytes(50), "a camera's raw file"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(50), "a camera's raw file"),
        (b"IIRO" + bytes(50), "a camera's raw file"),
        (b"v/1\x01" + bytes(50), "an OpenEXR image"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 2\n\x80\x90\x90" + bytes(9), "a Radiance HDR image"),
        (bytes(128) + b"DICM" + bytes(90), "a DICOM image"),
        (tga(), "a TGA of 15-bit colours"),
        (tga(how=2, bits=15), "a TGA of 15 bits"),
        (psd(16, 3, 3), "a Photoshop document of 16-bit RGB"),
        (b"8BPS\0\2" + bytes(50), "a large Photoshop document (PSB)"),
        (jpeg_2000(7), "a JPEG 2000 of 7 channels of 8 bits"),
        (bmp(4), "a BMP that holds JPEG"),
        (dds(), "a DDS of a pixel format"),
        (tiffs.of(SEVEN), "a TIFF of 7 bands of 16-bit samples"),
        (tiffs.of(SEVEN[..., :2]), "a TIFF of 2 bands of 16-bit samples"),
        (tiffs.of(SEVEN[..., :1].astype("f8")), "a TIFF of 1 band of 64-bit floating-point samples"),
        (tiffs.of(SEVEN[..., :1].astype("i8"), order=">"), "a TIFF of 1 band of 64-bit signed samples"),
        (tiffs.of(SEVEN[..., :1].astype("c8")), "a TIFF of 1 band of 64-bit complex samples"),
        (tiffs.of(SEVEN[..., :1], t259=34887), "a TIFF of 1 band of 16-bit samples, packed as LERC"),
    ],
)
def test_a_whole_file(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "a.img").write_bytes(content)
    assert status(tmp_path / "a.img") == ("unsupported", f"{what}, which Pillow does not read")


def garbled(content: bytes) -> bytes:
    """In the coded data a marker that does not exist."""
    return content[:-40] + b"\xff\x3a" + content[-38:]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (jpeg(0xC1, bits=12)[:-300], "truncated"),
        (garbled(jpeg(0xC1, bits=12)), "unreadable"),
        (jpeg(0xC1, bits=11), "unreadable"),
        (brands(b"heic", b"mif1") + box(b"mdat", 1000, bytes(100)), "truncated"),
        (brands(b"avif", b"mif1") + box(b"mdat", 1000, bytes(100)), "truncated"),
        (tga()[:200], "unreadable"),
        (psd(16, 3, 3)[:500], "unreadable"),
        (psd(16, 6, 3), "unreadable"),
        (jpeg_2000(7)[:-2], "unreadable"),
        (jpeg_2000(7)[:5] + b"\x99" + jpeg_2000(7)[6:], "unreadable"),
        (bmp(4)[:-100], "unreadable"),
        (bmp(77), "unreadable"),
        (tiffs.of(SEVEN)[:-900], "truncated"),  # its directory is at the end
        (tiffs.of(SEVEN, t279=1 << 20), "truncated"),
        (tiffs.of(SEVEN, t256=2000), "unreadable"),
        (tiffs.of(SEVEN[..., :1].astype("f8"), t258=63), "unreadable"),
    ],
)
def test_a_damaged_file_of_the_same_kind(tmp_path: Path, content: bytes, found: str) -> None:
    (tmp_path / "a.img").write_bytes(content)
    assert status(tmp_path / "a.img")[0] == found


def test_a_preview_is_not_taken_for_the_picture(tmp_path: Path) -> None:
    """Of DNG, NEF and ARW Pillow reads the small picture in front."""
    grey = np.zeros((16, 12, 1), np.uint8)
    (tmp_path / "a.tif").write_bytes(tiffs.of(grey))
    assert status(tmp_path / "a.tif")[0] == "ok"
    sub = tiffs.tiff({tiffs.WIDTH: 4000, tiffs.LENGTH: 3000, tiffs.PHOTOMETRIC: 32803})[8:]
    content = tiffs.of(grey, t330=len(tiffs.of(grey, t330=8)))
    (tmp_path / "a.tif").write_bytes(content + sub)
    assert status(tmp_path / "a.tif") == ("unsupported", "a camera's raw file, of which Pillow reads only a preview")


@pytest.mark.parametrize("format", ["AVIF", "WEBP", "JPEG2000"])
def test_what_this_pillow_was_built_without(tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    photo(0, (64, 48)).save(tmp_path / "a.img", format)
    assert status(tmp_path / "a.img")[0] == "ok"

    def refuse(*_: object, **__: object) -> None:
        raise SyntaxError("not built")

    monkeypatch.setattr(features, "check", lambda name: False)
    _, accept = Image.OPEN[format]
    monkeypatch.setitem(Image.OPEN, format, (refuse, accept))
    found, cause = status(tmp_path / "a.img")
    assert (found, f"{format} image, which Pillow does not read" in cause) == ("unsupported", True)


def test_what_another_decoder_reads_is_named(tmp_path: Path) -> None:
    extras = {}
    for name, content in (
        ("a", brands(b"heic")), ("b", b"\xff\x0a" + bytes(50)), ("c", tiffs.of(SEVEN)), ("d", jpeg(0xC1, 12)),
        ("e", tiffs.of(SEVEN, t259=34712)),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Exception, match="unsupported") as caught, opened(LocalFile(os.fsencode(tmp_path / name))):
            pass
        extras[name] = refusal(caught.value if isinstance(caught.value, Exception) else RuntimeError()).extra
    assert extras == {"a": "heif", "b": "jxl", "c": "tiff", "d": None, "e": None}
    assert 34712 not in bands.UNPACKED
