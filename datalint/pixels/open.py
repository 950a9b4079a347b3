"""The one way to an image: allowed decoders only, one for a file in all stages, and the cause of a failure in words.

No other module opens an image. The decoder is the one that the first bytes ask for; where they name none, the first of
the allowed ones that knows them. Decoders that start a program, or hand part of a file on to any decoder there is, are
not allowed.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
import warnings
import zlib
from contextlib import contextmanager
from functools import lru_cache
from typing import IO, TYPE_CHECKING

from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from datalint.pixels import jpeg, sniff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.sources import LocalFile

NO_MEMORY = "there is not enough memory to decode it"

_IN_MEMORY = 1 << 28  # larger files are hashed and decoded from the disk
_JPEG_HEAD = 1 << 18
#: EPS is a program for an interpreter, which Pillow starts; IPTC opens what it holds with every decoder, EPS among
#: them; the others are stubs that decode nothing.
_NOT_ALLOWED = {"EPS", "IPTC", "WMF", "BUFR", "GRIB", "HDF5"}
_QUOTES = re.compile(r""":? b?'.*'|:? b?".*"|: .*""")
_TIFF_STRIPS, _TIFF_TILES = (273, 279), (324, 325)


class Refused(Exception):  # noqa: N818 - not an error of the program
    """A file that is not an image, or cannot be decoded: one of `schema.STATUSES`, and the cause in words."""

    def __init__(self, status: str, cause: str) -> None:
        super().__init__(status, cause)
        self.status, self.cause = status, cause


@contextmanager
def opened(item: LocalFile) -> Iterator[Image.Image]:
    """The image in a file, its pixels not decoded yet, to be used at once; warnings are off.

    Decoders raise anything: `refusal` says what an exception means.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with item.open() as source:
            head = source.read(sniff.HEAD)
            with identified(source, head, promised(head)) as image:
                yield image


def read(item: LocalFile) -> tuple[IO[bytes], str]:
    """The bytes of a file, to be closed by the caller, and their SHA-256; raises OSError."""
    if item.size is not None and item.size <= _IN_MEMORY:
        raw = item.read()
        return io.BytesIO(raw), hashlib.sha256(raw).hexdigest()
    file = item.open()
    if os.fstat(file.fileno()).st_size <= _IN_MEMORY:
        with file:
            raw = file.read()
        return io.BytesIO(raw), hashlib.sha256(raw).hexdigest()
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return file, digest


def promised(head: bytes) -> str | None:
    """The format that the first bytes promise, if it is a common one; raises Refused for what is not an image."""
    if not head:
        raise Refused("empty", "the file has zero bytes")
    if known := sniff.image_format(head):
        return known
    if sniff.is_lfs_pointer(head):
        raise Refused("lfs-pointer", "it is a Git LFS pointer")
    if what := sniff.foreign(head):
        raise Refused("not-an-image", f"it is {what}")
    return None


def identified(source: IO[bytes], head: bytes, known: str | None) -> Image.Image:
    """Open with the one decoder that the first bytes ask for, else with all that are allowed; raises Refused."""
    source.seek(0)
    try:
        return Image.open(source, formats=(known,) if known else _allowed())
    except Image.DecompressionBombError as error:
        raise _oversized(error) from None
    except UnidentifiedImageError:
        raise _unidentified(source, head, known) from None
    except Exception as error:  # decoders raise whatever their authors thought of
        raise _of_decoder(error, source, known) from None


def loaded(image: Image.Image) -> Image.Image:
    """The image with its first frame decoded in full; raises Refused."""
    try:
        image.load()
    except Exception as error:  # as above
        source = getattr(image, "fp", None) or getattr(image, "_fp", None) or io.BytesIO()
        if image.format == "TIFF" and _tiff_ends_early(image, source):
            raise Refused("truncated", "the TIFF data end before the picture does") from None
        raise _of_decoder(error, source, image.format) from None
    return image


def reduced(image: Image.Image, mode: str | None, size: tuple[int, int]) -> None:
    """Let the decoder give a smaller picture, of this size at least, where it can; to be called before `loaded`."""
    if isinstance(image, JpegImageFile) and image.fp is not None:
        image.fp.seek(0)
        if jpeg.is_lossless(image.fp.read(_JPEG_HEAD)):
            return
    image.draft(mode, size)


def refusal(error: Exception) -> Refused:
    """The refusal for any exception between a file and its pixels."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, MemoryError):
        return Refused("unreadable", NO_MEMORY)
    if isinstance(error, OSError):
        return Refused("unreadable", (error.strerror or _words(error)).lower())
    return Refused("unreadable", f"it cannot be measured: {type(error).__name__}: {_words(error)}")


def pixel_limit() -> int:
    """How many pixels an image may have: Pillow refuses at twice its MAX_IMAGE_PIXELS, before that it only warns."""
    return 2 * (Image.MAX_IMAGE_PIXELS or 1 << 62)


@lru_cache(maxsize=1)
def _allowed() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in Image.ID if name not in _NOT_ALLOWED)


# -- what a failure means --------------------------------------------------------------------------------------------


def _unidentified(source: IO[bytes], head: bytes, known: str | None) -> Refused:
    if known and _ends_early(source, known):
        return Refused("truncated", f"the {known} data end before the picture does")
    if known:
        return Refused("unreadable", f"the {known} header is damaged")
    if not head.strip(b"\0"):
        return Refused("unreadable", "its first bytes are all zero")
    if head.startswith(b"%!PS"):
        return Refused("unreadable", "it is a PostScript program, which is not run")
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
        return Refused("unreadable", "it is an HEIC image, which Pillow cannot decode")
    return Refused("unreadable", "it is not in a known image format")


def _oversized(error: Image.DecompressionBombError) -> Refused:
    pixels = re.search(r"\d+", str(error))
    size = f"{int(pixels[0]):,}" if pixels else "too many"
    return Refused("oversized", f"it has {size} pixels, more than the limit of {pixel_limit():,}")


def _of_decoder(error: Exception, source: IO[bytes], known: str | None) -> Refused:
    """The refusal for an exception of a decoder."""
    if isinstance(error, Refused | MemoryError):
        return refusal(error)
    if isinstance(error, Image.DecompressionBombError):
        return _oversized(error)
    words = _words(error)
    if "out of memory" in words:
        return Refused("unreadable", NO_MEMORY)
    ended = "runcated" in words or "nexpected end" in words or isinstance(error, EOFError | struct.error | IndexError)
    if "image file is truncated" in words or (ended and _ends_early(source, known) is not False):
        return Refused("truncated", f"the {known or 'image'} data end before the picture does")
    if "data stream" not in words and _ends_early(source, known):
        return Refused("truncated", f"the {known} data end before the picture does")
    return Refused(
        "unreadable", f"the decoder says: {words}" if words else f"the decoder fails: {type(error).__name__}"
    )


def _words(error: Exception) -> str:
    """What a decoder says, without what it quotes: in place of an image there may be a text of anybody's."""
    return _QUOTES.sub("", " ".join(str(error).split()))


def _ends_early(source: IO[bytes], known: str | None) -> bool | None:
    """Whether a file that could not be decoded lacks its end, by the format's own marks; None if it has no marks."""
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - 64))
    tail = source.read(64)
    source.seek(0)
    head = source.read(33)
    if known in ("JPEG", "MPO"):
        return b"\xff\xd9" not in tail
    if known == "PNG":
        return b"IEND" not in tail and (size < 33 or zlib.crc32(head[12:29]).to_bytes(4, "big") == head[29:33])
    if known == "WEBP":
        return int.from_bytes(head[4:8], "little") + 8 > size
    if known == "GIF":
        return b"\x3b" not in tail
    return size < 26 if known == "BMP" else None


def _tiff_ends_early(image: Image.Image, source: IO[bytes]) -> bool:
    """Whether strips or tiles reach beyond the end of the file."""
    tags = getattr(image, "tag_v2", {})
    size = source.seek(0, os.SEEK_END)
    for offsets, counts in (_TIFF_STRIPS, _TIFF_TILES):
        ends = zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False)
        if any(offset + count > size for offset, count in ends):
            return True
    return False
