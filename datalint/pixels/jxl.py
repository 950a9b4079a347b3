"""The size of a JPEG XL picture, from its header: its decoder asks for memory before anyone can look at the size.

ISO/IEC 18181-1, SizeHeader; 18181-2 for the boxes around it.
"""

from __future__ import annotations

from typing import IO

from datalint.pixels.boxes import boxes

_CODESTREAM = b"\xff\x0a"
_BOX = b"\0\0\0\x0cJXL \r\n\x87\n"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def is_jxl(head: bytes) -> bool:
    """Whether a file begins as one of this format."""
    return head.startswith((_CODESTREAM, _BOX))


def size(source: IO[bytes]) -> tuple[int, int] | None:
    """Width and height; None where there is no header."""
    source.seek(0)
    head = source.read(16)
    if head.startswith(_BOX):
        head = _first_box(source)
    return _size(head[2:]) if head.startswith(_CODESTREAM) and len(head) == 16 else None


def _first_box(source: IO[bytes]) -> bytes:
    """The first bytes of the coded picture, whose box is found by the lengths of those before it."""
    for box in boxes(source):
        if box.kind in (b"jxlc", b"jxlp"):
            source.seek(box.content + 4 * (box.kind == b"jxlp"))
            return source.read(16)
    return b""


class _Bits:
    """Numbers of so many bits, the lowest first."""

    def __init__(self, raw: bytes) -> None:
        self._value = int.from_bytes(raw, "little")

    def read(self, count: int) -> int:
        found = self._value & ((1 << count) - 1)
        self._value >>= count
        return found


def _size(raw: bytes) -> tuple[int, int]:
    bits = _Bits(raw)
    small = bits.read(1)
    height = _side(bits, small)
    ratio = bits.read(3)
    if ratio == 0:
        return _side(bits, small), height
    across, down = _RATIOS[ratio - 1]
    return height * across // down, height


def _side(bits: _Bits, small: int) -> int:
    if small:
        return 8 * (bits.read(5) + 1)
    return bits.read((9, 13, 18, 30)[bits.read(2)]) + 1
