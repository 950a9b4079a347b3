from __future__ import annotations

import hashlib
import io
import os
import struct
import zlib
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from datalint.measure import decode
from datalint.measure.batch import Batch, Measured, measure_batch
from datalint.measure.decode import Content, Level
from datalint.pixels import jpeg
from datalint.sources import LocalFile
from tests.measure.pictures import photo, png


def encoded(picture: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def measured(folder: Path, *contents: bytes, level: Level = "pixels") -> Measured:
    items = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.img"
        path.write_bytes(content)
        items.append(LocalFile(os.fsencode(path), len(content)))
    return measure_batch(Batch(np.arange(len(items), dtype=np.uint32), items, level))


def row(folder: Path, content: bytes, level: Level = "pixels") -> dict[str, object]:
    return {name: values[0] for name, values in measured(folder, content, level=level).columns.items()}


PHOTO = photo(0)
JPEG, PNG = encoded(PHOTO, "JPEG"), encoded(PHOTO, "PNG")


@pytest.mark.parametrize(
    ("content", "status", "cause"),
    [
        (JPEG, "ok", ""),
        (PNG, "ok", ""),
        (b"", "empty", "zero bytes"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n", "lfs-pointer", "LFS"),
        (b"<!DOCTYPE html>\n<title>404</title>", "not-an-image", "an HTML page"),
        (b"\xef\xbb\xbf \n<HTML><body>", "not-an-image", "an HTML page"),
        (b'{"error": "not found"}', "not-an-image", "a JSON file"),
        (b"<?xml version='1.0'?><svg/>", "not-an-image", "an SVG drawing"),
        ("Größe: 3\n".encode() * 900, "not-an-image", "text"),
        (b"PK\x03\x04" + bytes(40), "not-an-image", "a ZIP archive"),
        (b"%PDF-1.7\n", "not-an-image", "a PDF document"),
        (b"\x1f\x8b\x08" + bytes(40), "not-an-image", "gzip data"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n\x01\x02", "unreadable", "PostScript"),
        (bytes(3000), "unreadable", "all zero"),
        (bytes(range(1, 200)), "unreadable", "not in a known image format"),
        (JPEG[:3000], "truncated", "JPEG data end"),
        (JPEG[:100], "truncated", "JPEG data end"),
        (PNG[:3000], "truncated", "PNG data end"),
        (encoded(PHOTO, "BMP")[:3000], "truncated", "BMP data end"),
        (encoded(PHOTO, "GIF")[:3000], "truncated", "GIF data end"),
        (encoded(PHOTO, "TIFF")[:-3000], "truncated", "TIFF data end"),
        (encoded(PHOTO, "WEBP")[:1000], "truncated", "WEBP data end"),
        (PNG[:16] + b"\0" * 8 + PNG[24:], "unreadable", "PNG header"),
    ],
)
def test_status(tmp_path: Path, content: bytes, status: str, cause: str) -> None:
    found = row(tmp_path, content)
    assert (found["status"], cause in str(found["cause"] or "")) == (status, True), found["cause"]
    assert found["sha256"] == hashlib.sha256(content).hexdigest()


def test_oversized_is_judged_by_the_header(tmp_path: Path) -> None:
    bomb = struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + bomb + struct.pack(">I", zlib.crc32(bomb[4:])) + PNG[33:]
    found = row(tmp_path, content)
    assert found["status"] == "oversized"
    assert found["cause"] == "it has 3,600,000,000 pixels, more than the limit of 178,956,970"
    size = JPEG.index(b"\xff\xc0") + 5
    assert row(tmp_path, JPEG[:size] + b"\xea\x60\xea\x60" + JPEG[size + 4 :])["status"] == "oversized"


def test_what_the_system_refuses(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    paths = [LocalFile(os.fsencode(tmp_path / name)) for name in ("pipe.jpg", "folder.jpg", "gone.jpg")]
    found = measure_batch(Batch(np.arange(3, dtype=np.uint32), paths, "pixels")).columns
    assert found["status"] == ["unreadable"] * 3
    assert found["cause"] == ["it is not a regular file", "it is not a regular file", "no such file or directory"]


def test_an_error_of_the_program_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr(decode, "_read_header", fail)
    found = measured(tmp_path, PNG, JPEG).columns
    assert found["status"] == ["unreadable", "ok"]
    assert found["cause"][0] == "it cannot be measured: ZeroDivisionError: by chance"


LEVELS = {0: 0.0, 128: 128 / 255, 255: 1.0}


@pytest.mark.parametrize("value", LEVELS)
@pytest.mark.parametrize(
    "mode", ["L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "I;16", "I;16B", "I", "F"]
)
def test_every_mode_gives_the_same_brightness(tmp_path: Path, mode: str, value: int) -> None:
    size, picture = (70, 66), Image.new("L", (70, 66), value)
    if mode in ("I;16", "I;16B", "I"):
        picture = Image.new(mode, size, value * 257)
    elif mode == "F":
        picture = Image.new("F", size, value / 255)
    elif mode == "LAB":
        from PIL import ImageCms

        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        picture = ImageCms.applyTransform(
            picture.convert("RGB"), ImageCms.buildTransform(srgb, lab, "RGB", "LAB")
        ) or pytest.fail("no transform")
    elif mode in ("CMYK", "YCbCr", "RGBX"):
        picture = picture.convert("RGB").convert(mode)
    else:
        picture = picture.convert(mode)
    found = row(tmp_path, encoded(picture, "TIFF"))
    assert (found["status"], found["mode"]) == ("ok", {"RGBX": "RGB"}.get(mode, mode))
    expected = LEVELS[value]
    assert found["brightness"] == pytest.approx(expected, abs=0.005)
    assert found["mean_g"] == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("value", [0, 255])
def test_one_bit(tmp_path: Path, value: int) -> None:
    found = row(tmp_path, encoded(Image.new("1", (40, 40), value), "PNG"))
    assert (found["mode"], found["bits"], found["brightness"]) == ("1", 1, pytest.approx(value / 255))


def test_hsv_and_premultiplied_alpha() -> None:
    for mode in ("HSV", "RGBa", "La", "PA"):
        source = Image.new(
            "LA" if mode in ("La", "PA") else "RGBA",
            (4, 4),
            (200, 255) if mode in ("La", "PA") else (200, 200, 200, 255),
        )
        picture = source.convert("RGB").convert(mode) if mode == "HSV" else source.convert(mode)
        content = Content(alpha=mode[-1] in "aA", bits=8)
        colour = decode._at_scale(picture, (1, 1), content)
        assert content.transparent in (0, None)
        assert colour.convert("L").getpixel((1, 1)) == 200


def test_sixteen_bits_of_colour(tmp_path: Path) -> None:
    samples = np.full((40, 40, 3), 32768, np.uint16)
    samples[0] = 65535
    found = row(tmp_path, png(samples))
    assert (found["bits"], found["high"]) == (16, 65535)
    assert found["low"] == pytest.approx(32768, abs=257)


@pytest.mark.parametrize("size", [(90, 40), (1, 3000), (3000, 1)])
@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_wide_samples_are_the_same_in_parts(monkeypatch: pytest.MonkeyPatch, kind: type, size: tuple[int, int]) -> None:
    draw = np.random.default_rng(0)
    samples: np.ndarray = (draw.random(size[::-1]) * 60_000 - 20_000 * (kind is np.float32)).astype(kind)
    if kind is np.float32:
        samples.flat[[3, 700, 2000]] = np.nan, np.inf, -np.inf
    image = Image.fromarray(samples)
    whole, parts = Content(bits=16, float=kind is np.float32), Content(bits=16, float=kind is np.float32)
    expected = np.asarray(decode._from_wide(image, whole))
    monkeypatch.setattr(decode, "_PIXELS_AT_ONCE", 100)
    assert np.array_equal(np.asarray(decode._from_wide(image, parts)), expected)
    assert (parts.low, parts.high) == (whole.low, whole.high)


def test_floats_keep_their_unit(tmp_path: Path) -> None:
    picture = Image.fromarray(np.linspace(-2, 6, 64 * 64, dtype=np.float32).reshape(64, 64))
    found = row(tmp_path, encoded(picture, "TIFF"))
    assert (found["float"], found["low"], found["high"]) == (True, -2.0, 6.0)
    assert found["mean_r"] == pytest.approx(0.5, abs=0.01)
    broken = np.full((64, 64), 0.25, np.float32)
    broken[0, 0], broken[0, 1] = np.nan, np.inf
    assert row(tmp_path, encoded(Image.fromarray(broken), "TIFF"))["mean_r"] == pytest.approx(0.25, abs=0.01)


def test_alpha(tmp_path: Path) -> None:
    picture = photo(3, (64, 64)).convert("RGBA")
    picture.paste((10, 20, 30, 0), (0, 0, 64, 16))
    found = row(tmp_path, encoded(picture, "PNG"))
    assert (found["alpha"], found["colours"], found["transparent"]) == (True, 3, 0.25)
    assert row(tmp_path, JPEG)["transparent"] is None
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    assert row(tmp_path, encoded(palette, "PNG", transparency=0))["transparent"] == 1.0


def test_exif_and_profile(tmp_path: Path) -> None:
    from PIL import ImageCms

    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "Maker\0", "Model 5", 6
    exif.get_ifd(0x8769)[0x9003] = "2021:02:03 04:05:06"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = row(tmp_path, encoded(PHOTO, "JPEG", exif=exif, icc_profile=profile), level="header")
    assert (found["orientation"], found["camera"], found["taken"]) == (
        6,
        "Maker Model 5",
        datetime(2021, 2, 3, 4, 5, 6),
    )
    assert "sRGB" in str(found["icc"])
    assert (found["width"], found["height"]) == PHOTO.size


def test_frames_are_counted_and_the_first_is_measured(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "TIFF", "WEBP", "PNG"):
        found = row(tmp_path, encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True))
        assert (found["status"], found["frames"]) == ("ok", 3)
        assert (round(float(str(found["mean_r"])), 2), round(float(str(found["mean_b"])), 2)) == (1, 0)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(31, 17), (640, 480), (1500, 1100), (3, 2000)])
def test_both_ways_to_a_jpeg_agree(
    tmp_path: Path, mode: str, progressive: bool, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encoded(photo(5, size).convert(mode), "JPEG", progressive=progressive, quality=90)
    assert (jpeg.plain_header(content) or ())[:3] == (mode, *size)
    short = measured(tmp_path, content)
    monkeypatch.setattr(jpeg, "plain_header", lambda raw: None)
    ordinary = measured(tmp_path, content)
    assert str(short.columns) == str(ordinary.columns)
    assert short.thumbnails is not None
    np.testing.assert_array_equal(short.thumbnails, ordinary.thumbnails)


@pytest.mark.parametrize("size", [(60, 40), (900, 700)], ids=["small", "large"])
def test_files_of_all_sizes_take_the_short_way(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    content, decoded = encoded(photo(5, size), "JPEG", quality=95), []
    monkeypatch.setattr(jpeg, "decode", lambda raw, *_: decoded.append(raw))
    measured(tmp_path, content)
    assert decoded == [content]


def test_only_plain_jpegs_take_the_short_way() -> None:
    exif = Image.Exif()
    exif[274] = 3
    assert jpeg.plain_header(encoded(PHOTO, "JPEG", exif=exif)) is None
    assert jpeg.plain_header(encoded(PHOTO.convert("CMYK"), "JPEG")) is None
    assert jpeg.plain_header(JPEG[:40]) is None


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 5000), (5000, 1), (3, 3), (64, 64), (129, 4000)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    for kind in ("PNG", "JPEG"):
        assert row(tmp_path, encoded(photo(1, size), kind))["status"] == "ok"


@pytest.mark.parametrize(
    "size", [(1, 1), (100, 63), (128, 128), (4000, 3000), (1, 10**8), (16_000, 11_000), (10**6, 150)]
)
def test_the_working_scale_is_bounded(size: tuple[int, int]) -> None:
    across, down, both = decode.reduction(*size)
    width, height = -(-size[0] // across), -(-size[1] // down)
    assert width * height <= 1 << 17
    assert min(width, height) >= min(64, *size)
    assert both == min(across, down)


SMALL = [encoded(photo(0, (60, 40)), kind) for kind in ("JPEG", "PNG", "GIF", "TIFF", "WEBP")]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_bytes_never_raise(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SMALL)))
    places = st.integers(0, len(content) - 1) | st.integers(0, 200)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        content[place] = value
    found = row(tmp_path, bytes(content[: data.draw(st.integers(1, len(content)))]))
    assert found["status"] in ("ok", "truncated", "unreadable", "oversized", "not-an-image", "lfs-pointer")
    assert (found["status"] == "ok") == (found["cause"] is None)


@pytest.mark.realdata
def test_hostile_files(realdata: Path) -> None:
    import csv
    import resource

    folder = realdata / "hostile-small"
    with (folder / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    paths = [LocalFile(os.fsencode(folder / row["file"])) for row in rows]
    found = measure_batch(Batch(np.arange(len(paths), dtype=np.uint32), paths, "pixels")).columns
    for row, status, mode in zip(rows, found["status"], found["mode"], strict=True):
        if row["pillow_load"] != "ok":
            assert status != "ok", row["file"]
            assert ("Decompression" in row["pillow_load"]) == (status == "oversized"), row["file"]
        elif status == "ok":
            assert mode == row["pillow_mode"], row["file"]
    assert found["status"].count("ok") == 70
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1.5e6
