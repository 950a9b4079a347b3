"""Small intact images: every format, with the modes, depths and extras that take other ways through its decoder."""

from __future__ import annotations

import io
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image, ImageCms, ImageFilter, PngImagePlugin, TiffImagePlugin

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

SEEDS = 48
"""Of one format in a folder. Mutants of one seed are near copies: many of few seeds would only test how those are
grouped."""
#: Of each pass: the first column and row, and the steps between them.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_SIDES = (1, 2, 7, 16, 24, 31, 32, 48, 64)


class Drawn(NamedTuple):
    """An intact image."""

    extension: str
    data: bytes


def bank(kind: str, chance: Random) -> list[Drawn]:
    """Seeds of one format, with a variant of each kind and other pictures for more of them."""
    variants = KINDS[kind]
    return [variants[number % len(variants)](chance) for number in range(max(SEEDS, len(variants)))]


# -- pictures --------------------------------------------------------------------------------------------------------


def _picture(chance: Random, mode: str = "RGB", sides: tuple[int, ...] = _SIDES) -> Image.Image:
    """Soft noise, so that files are small and no two pictures alike."""
    size = (chance.choice(sides), chance.choice(sides))
    noise = np.random.default_rng(chance.getrandbits(32)).integers(0, 256, (*size[::-1], 4), np.uint8)
    image = Image.fromarray(noise, "RGBA" if mode.endswith("A") else "RGBX").convert(
        "RGBA" if mode == "RGBA" else "RGB"
    )
    image = image.filter(ImageFilter.GaussianBlur(chance.choice((1, 3)))) if min(size) > 2 else image
    if mode in ("I;16", "I", "F"):
        grey = np.asarray(image.convert("L")).astype(np.uint16) * 257
        if mode == "I;16":
            return Image.fromarray(grey)
        return Image.fromarray(grey.astype(np.int32 if mode == "I" else np.float32))
    image = image.quantize(chance.choice((2, 4, 16, 256))) if mode == "P" else image.convert(mode)
    image.info.clear()  # Lab comes with a profile
    return image


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _exif(chance: Random) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = chance.choice((1, 3, 6, 8))
    exif[271], exif[272], exif[306] = "Maker", "Model", "2020:01:02 03:04:05"
    exif.get_ifd(34665)[36867] = "2020:01:02 03:04:05"
    exif.get_ifd(34853)[2] = (1.0, 2.0, 3.0)
    return exif


def _profile() -> bytes:
    """A profile without the time when it was made, and the checksum of that."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36], made[84:100] = bytes(12), bytes(16)
    return bytes(made)


def _variant(extension: str, form: str, mode: str = "RGB", **options: Any) -> Callable[[Random], Drawn]:
    return lambda chance: Drawn(extension, _saved(_picture(chance, mode), form, **options))


def _with_exif(extension: str, form: str, **options: Any) -> Callable[[Random], Drawn]:
    return lambda chance: Drawn(extension, _saved(_picture(chance), form, exif=_exif(chance), **options))


def _with_profile(extension: str, form: str) -> Callable[[Random], Drawn]:
    return lambda chance: Drawn(extension, _saved(_picture(chance), form, icc_profile=_profile()))


def _frames(extension: str, form: str, mode: str = "RGB", **options: Any) -> Callable[[Random], Drawn]:
    def drawn(chance: Random) -> Drawn:
        side = (chance.choice((16, 24)),)
        first, *rest = (_picture(chance, mode, side) for _ in range(3))
        data = _saved(first, form, save_all=True, append_images=rest, **options)
        return Drawn(extension, _without_times(data) if form == "AVIF" else data)

    return drawn


def _without_times(data: bytes) -> bytes:
    """An AVIF sequence without the time when it was made."""
    made = bytearray(data)
    for box in re.finditer(rb"mvhd|tkhd|mdhd", data):
        width = 16 if made[box.end()] == 1 else 8
        made[box.end() + 4 : box.end() + 4 + width] = bytes(width)
    return bytes(made)


# -- what Pillow does not write as wanted ----------------------------------------------------------------------------


def _png_texts(chance: Random) -> Drawn:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 100, zip=True)
    info.add_itxt("Title", "é", "fr", "Titre", zip=True)
    info.add(b"tIME", b"\x07\xe4\x01\x02\x03\x04\x05")
    return Drawn("png", _saved(_picture(chance), "PNG", pnginfo=info, dpi=(72, 72)))


def _png_interlaced(chance: Random) -> Drawn:
    """Adam7, which Pillow reads and does not write: grey, eight bits."""
    pixels = np.asarray(_picture(chance, "L", (8, 16, 31)))
    passes = [pixels[top::down, left::right] for left, top, right, down in _ADAM7]
    rows = b"".join(b"\0" + row.tobytes() for part in passes if part.size for row in part)
    head = struct.pack(">IIBBBBB", *pixels.shape[::-1], 8, 0, 0, 0, 1)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return Drawn("png", b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def _tiff_tiled(chance: Random) -> Drawn:
    """One tile of 16 x 16 pixels of grey, uncompressed."""
    entries = [(256, 3, 1, 16), (257, 3, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]
    entries += [(322, 3, 1, 16), (323, 3, 1, 16), (324, 4, 1, 8), (325, 4, 1, 256)]
    directory = (
        struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + b"\0" * 4
    )
    return Drawn("tif", b"II*\0" + struct.pack("<I", 264) + chance.randbytes(256) + directory)


def _tiff_big_endian(chance: Random) -> Drawn:
    info = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"MM")
    info[270] = "a picture"
    return Drawn("tif", _saved(_picture(chance), "TIFF", tiffinfo=info))


def _bmp_rle(chance: Random) -> Drawn:
    """Run lengths of 8 bits, with a palette of 256 colours."""
    pixels = b"".join(bytes([16, chance.randrange(256)]) + b"\0\0" for _ in range(16)) + b"\0\1"
    palette = b"".join(bytes([value, value, value, 0]) for value in range(256))
    head = struct.pack("<IiiHHIIiiII", 40, 16, 16, 1, 8, 1, len(pixels), 2835, 2835, 256, 0)
    offset = 14 + len(head) + len(palette)
    return Drawn("bmp", b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + head + palette + pixels)


def _plain(magic: bytes, most: int, channels: int = 1) -> Callable[[Random], Drawn]:
    """A netpbm file in plain text."""

    def drawn(chance: Random) -> Drawn:
        side = chance.choice((3, 8, 16))
        values = " ".join(str(chance.randint(0, most)) for _ in range(side * side * channels))
        depth = b"" if magic == b"P1" else b"%d\n" % most
        return Drawn("ppm", magic + b"\n# a comment\n%d %d\n" % (side, side) + depth + values.encode() + b"\n")

    return drawn


def _ppm_deep(chance: Random) -> Drawn:
    side = chance.choice((4, 16))
    return Drawn("ppm", b"P6\n%d %d\n65535\n" % (side, side) + chance.randbytes(6 * side * side))


def _pfm(chance: Random) -> Drawn:
    side = chance.choice((4, 16))
    values = [chance.random() for _ in range(side * side)]
    return Drawn("pfm", b"Pf\n%d %d\n-1.0\n" % (side, side) + struct.pack(f"<{len(values)}f", *values))


def _icon(chance: Random) -> Drawn:
    sizes = [(16, 16), (32, 32)]
    form = chance.choice(("png", "bmp"))
    return Drawn("ico", _saved(_picture(chance, "RGBA", (48,)), "ICO", sizes=sizes, bitmap_format=form))


_AVIF: dict[str, Any] = {"speed": 10, "max_threads": 1}
_JPEG = [
    _variant("jpg", "JPEG"),
    _variant("jpg", "JPEG", quality=30, progressive=True),
    _variant("jpg", "JPEG", "L"),
    _variant("jpg", "JPEG", "CMYK"),
    _variant("jpg", "JPEG", subsampling=0, optimize=True, dpi=(300, 300)),
    _variant("jpg", "JPEG", subsampling=2, restart_marker_rows=1, comment=b"made for a test"),
    _with_exif("jpg", "JPEG"),
    _with_profile("jpg", "JPEG"),
    _frames("jpg", "MPO"),
]
_PNG = [
    *(_variant("png", "PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
    _variant("png", "PNG", "P", transparency=0),
    _variant("png", "PNG", "P", bits=4),
    _with_exif("png", "PNG"),
    _with_profile("png", "PNG"),
    _frames("png", "PNG", "RGBA", duration=100),
    _png_texts,
    _png_interlaced,
]
_TIFF = [
    *(_variant("tif", "TIFF", mode) for mode in ("RGB", "RGBA", "L", "P", "1", "CMYK", "I;16", "I", "F", "LAB")),
    *(_variant("tif", "TIFF", compression=name) for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")),
    _variant("tif", "TIFF", "1", compression="group4"),
    _with_exif("tif", "TIFF"),
    _with_profile("tif", "TIFF"),
    _frames("tif", "TIFF"),
    _tiff_tiled,
    _tiff_big_endian,
]

#: Format -> its variants.
KINDS: dict[str, list[Callable[[Random], Drawn]]] = {
    "jpeg": _JPEG,
    "png": _PNG,
    "gif": [
        _variant("gif", "GIF", "P"),
        _variant("gif", "GIF", "L"),
        _variant("gif", "GIF", "P", interlace=1, comment=b"c"),
        _variant("gif", "GIF", "P", transparency=0),
        _frames("gif", "GIF", "P", duration=50, loop=0, disposal=2),
    ],
    "webp": [
        _variant("webp", "WEBP", quality=60, method=0),
        _variant("webp", "WEBP", lossless=True, method=0),
        _variant("webp", "WEBP", "RGBA", method=0),
        _with_exif("webp", "WEBP", method=0),
        _with_profile("webp", "WEBP"),
        _frames("webp", "WEBP", "RGBA", duration=50, method=0),
    ],
    "tiff": _TIFF,
    "bmp": [*(_variant("bmp", "BMP", mode) for mode in ("RGB", "RGBA", "L", "P", "1")), _bmp_rle],
    "avif": [
        _variant("avif", "AVIF", quality=40, **_AVIF),
        _variant("avif", "AVIF", "RGBA", quality=40, **_AVIF),
        _variant("avif", "AVIF", quality=90, subsampling="4:4:4", **_AVIF),
        _with_exif("avif", "AVIF", **_AVIF),
        _frames("avif", "AVIF", duration=50, **_AVIF),
    ],
    "jpeg2000": [
        *(_variant("jp2", "JPEG2000", mode) for mode in ("RGB", "RGBA", "L", "LA", "I;16")),
        _variant("j2k", "JPEG2000", no_jp2=True),
        _variant("jp2", "JPEG2000", irreversible=True, quality_layers=[20, 10], tile_size=(16, 16)),
    ],
    "ico": [_icon],
    "ppm": [
        _variant("ppm", "PPM"),
        _variant("pgm", "PPM", "L"),
        _variant("pbm", "PPM", "1"),
        _plain(b"P1", 1),
        _plain(b"P2", 255),
        _plain(b"P3", 1023, 3),
        _ppm_deep,
        _pfm,
    ],
    "tga": [
        *(_variant("tga", "TGA", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1")),
        _variant("tga", "TGA", compression="tga_rle"),
    ],
    "dds": [
        _variant("dds", "DDS"),
        _variant("dds", "DDS", "RGBA"),
        _variant("dds", "DDS", "L"),
        _variant("dds", "DDS", "RGBA", pixel_format="DXT1"),
        _variant("dds", "DDS", "RGBA", pixel_format="DXT5"),
        _variant("dds", "DDS", "RGB", pixel_format="BC5"),
    ],
}
#: Format -> the structure that `mutate` knows.
STRUCTURES = {"jpeg": "jpeg", "png": "png", "tiff": "tiff", "webp": "webp", "avif": "avif", "jpeg2000": "jp2"}
