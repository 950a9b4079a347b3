"""Damage to images that leaves enough intact for a decoder to go on: parts moved, sizes changed, checksums repaired."""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING

from tools.fuzz.mutate import octets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INTACT = 0.85  # share of the PNG files whose checksums are repaired


def rearranged(parts: list[bytes], chance: Random, others: Sequence[bytes]) -> list[bytes]:
    """A file's parts with one of them dropped, repeated, moved, exchanged or changed within."""
    if not parts:
        return parts
    at, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    kind = chance.randrange(6)
    if kind == 0:
        del parts[at]
    elif kind == 1:
        parts[at:at] = [parts[at]] * chance.choice((1, 1, 4, 100))
    elif kind == 2:
        parts[at], parts[other] = parts[other], parts[at]
    else:
        parts[at] = octets.mutated(parts[at], chance, others)
    return parts


def png(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Chunks rearranged or changed, or the pixels below their compression; mostly with the right checksums."""
    chunks = _chunks(data)
    if chance.random() < 0.25:
        chunks = [(name, _below_compression(body, chance) if name == b"IDAT" else body) for name, body in chunks]
    else:
        parts = rearranged([name + body for name, body in chunks], chance, ())
        chunks = [(part[:4], part[4:]) for part in parts]
    intact = chance.random() < _INTACT
    out = [_SIGNATURE]
    for name, body in chunks:
        checksum = zlib.crc32(name + body) if intact else chance.getrandbits(32)
        out.append(struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum))
    return b"".join(out)


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], len(_SIGNATURE)
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def _below_compression(body: bytes, chance: Random) -> bytes:
    try:
        return zlib.compress(octets.mutated(zlib.decompress(body), chance, ()), 1)
    except zlib.error:
        return body


def jpeg(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Segments rearranged or changed; lengths are as they were or, mostly, right."""
    segments, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big") + 2
        segments.append(data[at : at + length])
        at += length
    rest = data[at:]
    if chance.random() < 0.3:
        return data[:at] + octets.mutated(rest, chance, others)
    segments = rearranged(segments, chance, others)
    if chance.random() < 0.7:
        segments = [one[:2] + (len(one) - 2 & 0xFFFF).to_bytes(2, "big") + one[4:] for one in segments if len(one) > 3]
    return data[:2] + b"".join(segments) + rest


def tiff(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """An entry of a directory: its tag, type, count or value."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(order + "I", data, 4)
        (entries,) = struct.unpack_from(order + "H", data, at)
        entry = at + 2 + 12 * chance.randrange(max(1, entries))
        field, form = chance.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "H"), (8, "I")))
        width = struct.calcsize(form)
        (old,) = struct.unpack_from(order + form, data, entry + field)
        number = chance.choice((*octets.INTERESTING[width], old + 1, old - 1, old * 2, at, len(data)))
        changed = bytearray(data)
        struct.pack_into(order + form, changed, entry + field, number % (1 << 8 * width))
        return bytes(changed)
    except struct.error:
        return octets.mutated(data, chance, others)


def riff(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Chunks of a RIFF file (WebP) rearranged or changed, with the right lengths."""
    chunks, at = [], 12
    while at + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        chunks.append(data[at : at + 4] + data[at + 8 : at + 8 + length])
        at += 8 + length + (length & 1)
    out = []
    for chunk in rearranged(chunks, chance, others):
        body = chunk[4:]
        out.append(chunk[:4] + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1))
    body = data[8:12] + b"".join(out)
    return data[:4] + struct.pack("<I", len(body)) + body


_BOX = re.compile(rb"ftyp|meta|iprp|ipco|ispe|pixi|av1C|iloc|iinf|infe|mdat|jp2h|ihdr|colr|pclr|jp2c|stsz|stco|moov")


def boxes(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The length of a box (AVIF, JPEG 2000), or a number at its beginning."""
    found = list(_BOX.finditer(data))
    if not found:
        return octets.mutated(data, chance, others)
    box = chance.choice(found)
    at = box.start() - 4 if chance.random() < 0.3 else box.end() + chance.randrange(24)
    width = chance.choice((1, 2, 4))
    return data[: max(0, at)] + chance.choice(octets.INTERESTING[width]).to_bytes(width, "big") + data[at + width :]
