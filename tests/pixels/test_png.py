"""PNG files with more text than Pillow unpacks."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from datalint.measure.decode import examine
from datalint.pixels import png
from datalint.pixels.open import left_out, loaded, opened
from datalint.pixels.values import facts
from datalint.sources import LocalFile
from tests.measure.pictures import photo

BOMB = zlib.compress(bytes(8 << 20), 9)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def picture() -> bytes:
    stream = io.BytesIO()
    photo(0, (64, 48)).save(stream, "PNG")
    return stream.getvalue()


def with_chunks(*chunks: bytes, last: bool = False) -> bytes:
    content = picture()
    at = content.index(b"IEND") - 4 if last else 33
    return content[:at] + b"".join(chunks) + content[at:]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"zTXt", b"note\0\0" + BOMB),
        (b"iTXt", b"note\0\1\0en\0Notiz\0" + BOMB),
        (b"iCCP", b"profile\0\0" + BOMB),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_the_picture_is_read_without_it(tmp_path: Path, kind: bytes, body: bytes, last: bool) -> None:
    (tmp_path / "a.png").write_bytes(with_chunks(chunk(b"tEXt", b"Author\0me"), chunk(kind, body), last=last))
    (tmp_path / "b.png").write_bytes(picture())
    found, plain = (LocalFile(os.fsencode(tmp_path / name)) for name in ("a.png", "b.png"))
    with pytest.raises(ValueError, match="MAX_TEXT_CHUNK"), Image.open(tmp_path / "a.png") as image:
        image.load()
    with opened(found) as image:
        whole = loaded(image)
        assert left_out(whole) == [png.Chunk(kind.decode(), len(body))]
        assert whole.info["Author"] == "me" if not last else True
        assert whole.tobytes() == photo(0, (64, 48)).tobytes()
    content, _ = examine(found, "pixels")
    assert (content.status, content.refused_text) == ("ok", f"{kind.decode()} of {len(body):,} bytes")
    assert (content.format, content.width) == ("PNG", 64)
    assert examine(plain, "pixels")[0].refused_text is None
    assert facts(found).values == facts(plain).values


def test_all_text_together(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(with_chunks(*[chunk(b"tEXt", b"note\0" + b"x" * (1 << 20))] * 66))
    content, _ = examine(LocalFile(os.fsencode(tmp_path / "a.png")), "pixels")
    assert content.status == "ok"
    assert content.refused_text == "tEXt of 1,048,581 bytes, tEXt of 1,048,581 bytes"


def test_nothing_is_unpacked_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of 4 GB in 4 MB, of which only the first megabyte is asked for."""
    asked: list[int] = []

    class Stream:
        unconsumed_tail = b"more"

        def decompress(self, _: bytes, most: int = 0) -> bytes:
            asked.append(most)
            return bytes(most)

    monkeypatch.setattr(zlib, "decompressobj", Stream)
    rest, chunks = png.without_large_text(io.BytesIO(with_chunks(chunk(b"zTXt", b"note\0\0" + bytes(4 << 20)))))
    assert asked == [PngImagePlugin.MAX_TEXT_CHUNK]
    assert [chunk.name for chunk in chunks] == ["zTXt"]
    assert rest.read() == picture()


@pytest.mark.parametrize("content", [b"", picture(), picture()[:50], with_chunks(chunk(b"zTXt", b"no zero"))])
def test_where_there_is_none(content: bytes) -> None:
    source = io.BytesIO(content)
    assert png.without_large_text(source) == (source, [])


def test_a_damaged_picture_stays_damaged(tmp_path: Path) -> None:
    content = with_chunks(chunk(b"zTXt", b"note\0\0" + BOMB))
    (tmp_path / "a.png").write_bytes(content[: len(content) * 2 // 3])
    found, _ = examine(LocalFile(os.fsencode(tmp_path / "a.png")), "pixels")
    assert (found.status, found.cause) == ("truncated", "the PNG data end before the picture does")
