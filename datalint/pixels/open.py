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
from typing import IO, TYPE_CHECKING, TypeVar

from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from datalint.pixels import bands, boxes, plugins, png, sniff, tiff, unsupported
from datalint.pixels.bands import BandsImage
from datalint.pixels.png import WithoutText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.sources import Item

NO_MEMORY = "there is not enough memory to decode it"

_IN_MEMORY = 1 << 28  # larger files are hashed and decoded from the disk
#: EPS is a program for an interpreter, which Pillow starts; IPTC opens what it holds with every decoder, EPS among
#: them; the others are stubs that decode nothing.
_NOT_ALLOWED = {"EPS", "IPTC", "WMF", "BUFR", "GRIB", "HDF5"}
LONGEST_SIDE = 1_000_000
"""Pixels. Pillow keeps 8 bytes for each row beside its pixels, whatever their number."""
_QUOTES = re.compile(r""":? b?'.*'|:? b?".*"|: .*""")

I = TypeVar("I", bound=Image.Image)  # noqa: E741


class Refused(Exception):  # noqa: N818 - not an error of the program
    """A file that is not an image, or cannot be decoded: one of `schema.STATUSES`, and the cause in words."""

    def __init__(self, status: str, cause: str, format: str | None = None, extra: str | None = None) -> None:
        super().__init__(status, cause)
        self.status, self.cause = status, cause
        self.format, self.extra = format, extra
        """Of a whole file of a kind that is not read: its format, and the extra of datalint that would read it."""


@contextmanager
def opened(item: Item) -> Iterator[Image.Image]:
    """The image in a file, its pixels not decoded yet, to be used at once; warnings are off.

    Decoders raise anything: `refusal` says what an exception means.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with item.open() as source:
            head = source.read(sniff.HEAD)
            with identified(source, head, promised(head)) as image:
                yield image


def read(item: Item) -> tuple[IO[bytes], str]:
    """The bytes of a file, to be closed by the caller, and their SHA-256; raises OSError."""
    if item.size is not None and item.size <= _IN_MEMORY:
        raw = item.read()
        return io.BytesIO(raw), hashlib.sha256(raw).hexdigest()
    file = item.open()
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size <= _IN_MEMORY:
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
    try:
        image = _opened(source, known)
    except Exception as error:  # decoders raise whatever their authors thought of
        return _otherwise(error, source, head, known)
    if max(image.size) > LONGEST_SIDE:
        size = " x ".join(f"{side:,}" for side in image.size)
        raise Refused("oversized", f"it is {size} pixels large; no side may be longer than {LONGEST_SIDE:,}")
    if image.format == "TIFF" and tiff.is_camera_raw(source):
        raise Refused("unsupported", "a camera's raw file, of which Pillow reads only a preview")
    return image


def loaded(image: Image.Image) -> Image.Image:
    """The image with its first frame decoded in full, perhaps by another decoder; raises Refused."""
    # a decoder that fails leaves no file
    source = getattr(image, "fp", None) or getattr(image, "_fp", None) or io.BytesIO()
    try:
        image.load()
    except Exception as error:  # as above
        if isinstance(image, BandsImage | WithoutText):
            raise _of_decoder(error, source, image.format) from None
        if isinstance(image, JpegImageFile) and image.decoderconfig:  # its decoder may not be able to reduce
            return loaded(_opened(source, "JPEG"))
        if image.format == "TIFF" and tiff.ends_early(source):
            raise Refused("truncated", "the TIFF data end before the picture does") from None
        source.seek(0)
        return loaded(_otherwise(error, source, source.read(sniff.HEAD), image.format))
    if image.mode in ("P", "PA") and image.palette is None:
        raise Refused("unreadable", "its palette is missing")
    return image


def reduced(image: Image.Image, mode: str | None, size: tuple[int, int]) -> None:
    """Let a JPEG decoder give a smaller picture, of this size at least; to be called before `loaded`."""
    if isinstance(image, JpegImageFile):
        image.draft(mode, size)


def extra(image: Image.Image) -> str | None:
    """The extra of datalint that reads an image; None if Pillow does."""
    return plugins.extra(image.format) if isinstance(image, BandsImage) or image.format in plugins.OF_PILLOW else None


def left_out(image: Image.Image) -> list[png.Chunk]:
    """The text of a loaded image that Pillow refuses, and without which it was decoded."""
    return image.left_out if isinstance(image, WithoutText) else []


def refusal(error: Exception) -> Refused:
    """The refusal for any exception between a file and its pixels."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, MemoryError):
        return Refused("unreadable", NO_MEMORY)
    if isinstance(error, OSError):
        words = error.strerror or _words(error)
        return Refused("unreadable", words[:1].lower() + words[1:])
    return Refused("unreadable", f"it cannot be measured: {type(error).__name__}: {_words(error)}")


def pixel_limit() -> int:
    """How many pixels an image may have: Pillow refuses at twice its MAX_IMAGE_PIXELS, before that it only warns."""
    return 2 * (Image.MAX_IMAGE_PIXELS or 1 << 62)


@lru_cache(maxsize=1)
def _allowed() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in Image.ID if name not in _NOT_ALLOWED)


def _opened(source: IO[bytes], known: str | None) -> Image.Image:
    """Open with the decoder of a format; what it raises is left as it is, but for an image that is too large."""
    if known in plugins.OF_PILLOW and plugins.ready(known):
        plugins.look(source, known, _check_size)
    source.seek(0)
    try:
        return Image.open(source, formats=(known,) if known else _allowed())
    except RuntimeError:
        if known in plugins.OF_PILLOW:  # in words for those who build it
            raise UnidentifiedImageError from None
        raise


# -- what a failure means --------------------------------------------------------------------------------------------


def _otherwise(error: Exception, source: IO[bytes], head: bytes, known: str | None) -> Image.Image:
    """Another way to an image that could not be decoded; raises Refused, with the cause, where there is none."""
    if isinstance(error, Refused | MemoryError | Image.DecompressionBombError):
        raise _of_decoder(error, source, known) from None
    if known == "PNG":
        rest, chunks = png.without_large_text(source)
        if chunks:
            try:
                return _checked(WithoutText(rest, chunks))
            except Exception as again:
                raise _of_decoder(again, rest, known) from None
    if found := unsupported.kind(source, head, known):
        decodable = found.page is None or found.page.compression in bands.UNPACKED
        if found.page and decodable and plugins.ready("TIFF"):
            return _checked(BandsImage(source, found.page))
        extra = plugins.extra(found.format) if decodable and found.format and not plugins.ready(found.format) else None
        raise Refused("unsupported", f"{found.what}, which Pillow does not read", found.format, extra) from None
    if isinstance(error, UnidentifiedImageError):
        raise _unidentified(source, head, known) from None
    raise _of_decoder(error, source, known) from None


def _checked(image: I) -> I:
    """An image that Pillow did not open by itself, if it is not too large."""
    _check_size(*image.size)
    if isinstance(image, BandsImage) and image.page.unpacked > 4 * pixel_limit():  # bytes that RGBA would take
        size = f"it unpacks to {image.page.unpacked:,} bytes, more than the limit of {4 * pixel_limit():,}"
        raise Refused("oversized", size)
    return image


def _check_size(width: int, height: int) -> None:
    if width * height > pixel_limit():
        raise _oversized(width * height)


def _unidentified(source: IO[bytes], head: bytes, known: str | None) -> Refused:
    if known and _ends_early(source, known):
        return Refused("truncated", f"the {known} data end before the picture does")
    if known:
        return Refused("unreadable", f"the {known} header is damaged", known if known in plugins.OF_PILLOW else None)
    if not head.strip(b"\0"):
        return Refused("unreadable", "its first bytes are all zero")
    if head.startswith(b"%!PS"):
        return Refused("unreadable", "it is a PostScript program, which is not run")
    return Refused("unreadable", "it is not in a known image format")


def _oversized(pixels: int | None) -> Refused:
    size = "too many" if pixels is None else f"{pixels:,}"
    return Refused("oversized", f"it has {size} pixels, more than the limit of {pixel_limit():,}")


def _of_decoder(error: Exception, source: IO[bytes], known: str | None) -> Refused:
    """The refusal for an exception of a decoder."""
    if isinstance(error, Refused | MemoryError):
        return refusal(error)
    if isinstance(error, Image.DecompressionBombError):
        pixels = re.search(r"\d+", str(error))
        return _oversized(int(pixels[0]) if pixels else None)
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
    if known == "TIFF":
        return tiff.ends_early(source)
    if known in ("AVIF", "HEIF"):
        return boxes.end_early(source)
    if known == "WEBP":
        return int.from_bytes(head[4:8], "little") + 8 > size
    if known == "GIF":
        return b"\x3b" not in tail
    return size < 26 if known == "BMP" else None
