"""A short way to the pixels of plain JPEG files.

Pillow's own way through a file object and its JPEG plugin costs more than decoding where images are small. A *plain*
file has 8 bits, one or three channels, and no application segment but JFIF: no EXIF, colour profile, Adobe transform
or second picture. For all others, and whenever anything is wrong, the ordinary way is taken.
"""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image

_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive; Huffman coded
_LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
_SILENT = (0xC4, 0xDB, 0xDD, 0xFE)  # tables, restart interval, comment: they change nothing of the header's facts
_JFIF, _SCAN = 0xE0, 0xDA


class PlainHeader(NamedTuple):
    """What there is to know of a plain file."""

    mode: str
    width: int
    height: int


def plain_header(raw: bytes) -> PlainHeader | None:
    """The header of a plain JPEG file; None if the file is not plain, or not whole."""
    header, position = None, 2
    try:
        while raw[position] == 0xFF:
            marker = raw[position + 1]
            if marker == _SCAN:
                return header
            if marker in _FRAMES:
                mode = {1: "L", 3: "RGB"}.get(raw[position + 9])
                if mode is None or raw[position + 4] != 8 or header is not None:
                    return None
                height, width = raw[position + 5] << 8 | raw[position + 6], raw[position + 7] << 8 | raw[position + 8]
                if not width or not height:
                    return None
                header = PlainHeader(mode, width, height)
            elif marker not in _SILENT and not (marker == _JFIF and raw.startswith(b"JFIF\0", position + 4)):
                return None
            position += 2 + (raw[position + 2] << 8 | raw[position + 3])
    except IndexError:
        pass
    return None


def is_lossless(raw: bytes) -> bool:
    """Whether a JPEG file is a lossless one, as far as these first bytes go: its decoder cannot reduce."""
    position = 2
    try:
        while raw[position] == 0xFF:
            marker = raw[position + 1]
            if marker in _LOSSLESS or marker == _SCAN:
                return marker != _SCAN
            position += 2 + (raw[position + 2] << 8 | raw[position + 3])
    except IndexError:
        pass
    return False


def decode(raw: bytes, header: PlainHeader, scale: int) -> Image.Image | None:
    """The picture reduced by 1, 2, 4 or 8 in its DCT; None if the bit stream is damaged or ends early."""
    size = -(-header.width // scale), -(-header.height // scale)
    try:
        return Image.frombytes(header.mode, size, raw, "jpeg", header.mode, "", scale, 0)
    except (ValueError, OSError):
        return None
