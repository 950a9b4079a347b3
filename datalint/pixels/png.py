"""PNG files whose text or colour profile is too large for Pillow, which then refuses the picture as well."""

from __future__ import annotations

import io
import os
import zlib
from typing import IO, NamedTuple

from PIL.PngImagePlugin import MAX_TEXT_CHUNK, MAX_TEXT_MEMORY, PngImageFile

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXT = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")


class Chunk(NamedTuple):
    """A piece of a file."""

    name: str
    """iCCP, zTXt, iTXt or tEXt."""
    size: int
    """Its bytes in the file."""


class WithoutText(PngImageFile):
    """A PNG image that was opened without some of its text."""

    def __init__(self, source: IO[bytes], left_out: list[Chunk]) -> None:
        self.left_out = left_out
        super().__init__(source)


def without_large_text(source: IO[bytes]) -> tuple[IO[bytes], list[Chunk]]:
    """The file without the text that Pillow refuses, and what was left out: nothing is unpacked further than that.

    Of a file of which nothing is too large, the file itself.
    """
    spans, left_out, kept = [(0, len(_SIGNATURE))], [], 0
    end = source.seek(0, os.SEEK_END)
    position = len(_SIGNATURE)
    while position < end:
        source.seek(position)
        head = source.read(8)
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        following = min(end, position + 12 + length) if len(head) == 8 else end
        text, bomb = _text(source.read(min(length, end - position)), name) if name in _TEXT else (0, False)
        if bomb or kept + text > MAX_TEXT_MEMORY:
            left_out.append(Chunk(name.decode("ascii"), length))
        else:
            kept += text
            spans.append((position, following))
        position = following
    if not left_out:
        return source, []
    return io.BytesIO(b"".join(_span(source, *span) for span in spans)), left_out


def _span(source: IO[bytes], start: int, stop: int) -> bytes:
    source.seek(start)
    return source.read(stop - start)


def _text(body: bytes, name: bytes) -> tuple[int, bool]:
    """Bytes of text in a chunk, and whether they are more than Pillow unpacks of one."""
    _, zero, text = body.partition(b"\0")
    packed = name != b"tEXt"
    if name == b"iTXt":
        packed = text[:1] == b"\1"
        text = text[2:].split(b"\0", 2)[-1]  # after language and translated name
    elif packed:
        text = text[1:]
    if not zero or not packed:
        return len(text), False
    stream = zlib.decompressobj()
    try:
        return len(stream.decompress(text, MAX_TEXT_CHUNK)), bool(stream.unconsumed_tail)
    except zlib.error:
        return 0, False
