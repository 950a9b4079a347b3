"""Files that are whole, but of a kind that no decoder here reads: told from damaged ones by their own structure.

A decoder fails on both in the same words. Where a kind can be tried, the smallest file of it is: what Pillow decodes of
that, it can decode.
"""

from __future__ import annotations

import io
import os
import struct
from functools import lru_cache
from typing import IO, NamedTuple

from PIL import Image, features

from datalint.pixels import boxes, jpeg, plugins, sniff, tiff

_MOST_READ = 1 << 28
_BUILT_IN = {"AVIF": "avif", "JPEG2000": "jpg_2000", "WEBP": "webp"}
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_BMP_PACKED = {4: "JPEG", 5: "PNG", 11: "CMYK", 12: "CMYK", 13: "CMYK"}
_TGA_KINDS = (1, 2, 3, 9, 10, 11)
_TGA_DEPTHS = (8, 15, 16, 24, 32)
_PSD_MODES = {
    0: "bitmap", 1: "grey", 2: "palette", 3: "RGB", 4: "CMYK", 7: "multichannel", 8: "duotone", 9: "Lab"
}  # fmt: skip


class Unsupported(NamedTuple):
    """A kind of file that is not read."""

    what: str
    """For people: `a TIFF of 13 bands`."""
    format: str | None = None
    """As Pillow or its plugin names it, where it has a name."""
    page: tiff.Page | None = None
    """The picture of a TIFF, for another decoder."""


def kind(source: IO[bytes], head: bytes, known: str | None) -> Unsupported | None:
    """The kind of a whole file that could not be decoded; None if the file itself is at fault."""
    if known in _BUILT_IN and not features.check(_BUILT_IN[known]):
        return Unsupported(f"{_article(known)} {known} image", known)
    if known == "HEIF" or (known == "JXL" and not plugins.ready("JXL")):
        return _heif(source, head) if known == "HEIF" else Unsupported("a JPEG XL image", known)
    if known == "JPEG":
        source.seek(0)
        what = jpeg.unsupported(source.read(_MOST_READ))
        return Unsupported(what, known) if what else None
    if known == "TIFF":
        found = tiff.whole(source)
        return Unsupported(found[0].words, known, found[0]) if found and not found[1] else None
    if known is None and (name := sniff.unread(head)):
        return Unsupported(name)
    for test in _TESTS.get(known, ()):
        if what := test(source, head):
            return Unsupported(what, known)
    return None


def _article(name: str) -> str:
    return "an" if name[0] in "AEIO" else "a"


def _size(source: IO[bytes]) -> int:
    return source.seek(0, os.SEEK_END)


def _heif(source: IO[bytes], head: bytes) -> Unsupported | None:
    """A HEIF file, unless one of its boxes reaches beyond its end, or its decoder is there and has failed."""
    if plugins.ready("HEIF") and head[8:12] in sniff.HEIF_BRANDS:
        return None
    return None if boxes.end_early(source) else Unsupported("a HEIF image (HEIC)", "HEIF")


def _bmp(source: IO[bytes], head: bytes) -> str | None:
    if len(head) < 54:
        return None
    size, start, header = struct.unpack("<2xI4xII", head[:18])
    packed = _BMP_PACKED.get(int.from_bytes(head[30:34], "little"))
    whole = header in _BMP_HEADERS and header >= 40 and start < size <= _size(source)
    return f"a BMP that holds {packed}" if packed and whole else None


def _psd(source: IO[bytes], head: bytes) -> str | None:
    if len(head) < 30:
        return None
    version, channels, height, width, bits, mode = struct.unpack(">4xH6xHIIHH", head[:26])
    if version == 2:
        return "a large Photoshop document (PSB)"
    if mode not in _PSD_MODES or bits not in (1, 8, 16, 32) or not 0 < channels <= 56 or not width or not height:
        return None
    end, place = _size(source), 26
    for _ in range(3):  # colours, resources, layers
        source.seek(place)
        place += 4 + int.from_bytes(source.read(4), "big")
    source.seek(place)
    packed = source.read(2)
    if packed not in (b"\0\0", b"\0\1") or place + 2 > end:
        return None
    if packed == b"\0\0" and place + 2 + channels * height * -(-width * bits // 8) > end:
        return None
    smallest = struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, 1, 1, bits, mode) + bytes(14 + 8 * channels)
    if _decodes("PSD", smallest):
        return None
    return f"a Photoshop document of {bits}-bit {_PSD_MODES[mode]}"


def _jpeg_2000(source: IO[bytes], head: bytes) -> str | None:
    at = head.find(b"\xff\x4f\xff\x51")
    if at < 0 or len(head) < at + 42:
        return None
    length, parts = int.from_bytes(head[at + 4 : at + 6], "big"), int.from_bytes(head[at + 40 : at + 42], "big")
    depths = head[at + 42 : at + 42 + 3 * parts : 3]
    end = _size(source)
    source.seek(max(0, end - 64))
    if length != 38 + 3 * parts or not parts or not depths or b"\xff\xd9" not in source.read():
        return None
    bits = max((depth & 0x7F) + 1 for depth in depths)
    if parts <= 4 and bits <= 16:
        return None
    return f"a JPEG 2000 of {parts} channel{'s' * (parts != 1)} of {bits} bits"


def _dds(source: IO[bytes], head: bytes) -> str | None:
    if len(head) < 148 or head[:8] != b"DDS \x7c\0\0\0" or head[76:80] != b"\x20\0\0\0":
        return None
    height, width = struct.unpack("<II", head[12:20])
    code = head[84:88]
    number = int.from_bytes(head[128:132], "little")
    known = 0 < number <= 132 if code == b"DX10" else code.isalnum() or code == bytes(4)
    return "a DDS of a pixel format" if known and width and height and _size(source) > 148 else None


def _tga(source: IO[bytes], head: bytes) -> str | None:
    """A Targa file, which has no signature: all fields of its header must agree with each other and with its length."""
    if len(head) < 18:
        return None
    name, mapped, how, first, colours, map_bits, _, _, width, height, bits, flags = struct.unpack(
        "<BBBHHBHHHHBB", head[:18]
    )
    if mapped not in (0, 1) or how not in _TGA_KINDS or not width or not height or bits not in _TGA_DEPTHS:
        return None
    if flags & 0xC0 or (mapped and (map_bits not in _TGA_DEPTHS[1:] or not colours)):
        return None
    if (how in (1, 9)) != bool(mapped) or (not mapped and (first or colours or map_bits)):
        return None
    data = 18 + name + mapped * colours * -(-map_bits // 8)
    pixel = -(-bits // 8)
    least = width * height * pixel if how < 8 else -(-width * height // 128) * (1 + pixel)
    if data + least > _size(source):
        return None
    shape = (0, mapped, how, first, colours, map_bits, 0, 0, 1, 1, bits, flags)
    smallest = struct.pack("<BBBHHBHHHHBB", *shape) + bytes(colours * 4 + 2 + pixel)
    depth = f"{map_bits}-bit colours" if mapped and map_bits == 15 else f"{bits} bits"
    return None if _decodes("TGA", smallest) else f"a TGA of {depth}"


@lru_cache(maxsize=64)
def _decodes(format: str, smallest: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(smallest), formats=(format,)) as image:
            image.load()
    except Exception:  # the decoder's own words for what it cannot do
        return False
    return True


_TESTS = {"BMP": (_bmp,), "JPEG2000": (_jpeg_2000,), None: (_psd, _dds, _tga)}
