"""Files that a decoder would take for a program."""

from __future__ import annotations

import struct

import numpy as np

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\n(x) pop 0 0 64 64 rectfill showpage\n%%EOF\n"


def spider_and_eps(seed: int) -> bytes:
    """A SPIDER image of 64 x 64 pixels whose first bytes, and the words in its header, are those of an EPS program."""
    header = np.zeros(256, "<f4")
    header[[1, 4, 11, 12, 21, 22]] = 64, 1, 64, 4, 1024, 256  # rows, kind, columns, header records, bytes, of a record
    raw = bytearray(header.tobytes())
    raw[:4] = b"%!PS"
    raw[0x6C:] = (b"\n" + EPS).ljust(len(raw) - 0x6C, b"\n")
    pixels = np.random.default_rng(seed).uniform(0, 255, (64, 64)).astype("<f4")
    return bytes(raw) + pixels.tobytes()


def iptc_with_eps() -> bytes:
    """An IPTC record whose picture is an EPS program; Pillow opens that with every decoder it has."""

    def field(record: int, number: int, value: bytes) -> bytes:
        return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value

    facts = [(60, b"\1\0"), (20, b"\0\0\0\x40"), (30, b"\0\0\0\x40"), (120, b"\0\0\0\5")]
    return b"".join(field(3, number, value) for number, value in facts) + field(8, 10, EPS)
