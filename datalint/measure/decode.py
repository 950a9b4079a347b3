"""One file: opened once, hashed, its header read, its first frame decoded at the smallest scale that will do.

The *working scale*: the shorter side is reduced by the largest whole factor that leaves it at least 64 pixels, and the
longer side by as much (by more if the picture would still have over 65,536 pixels). A JPEG is reduced by 2, 4 or 8 in
its DCT, which still passes the whole bit stream, and the rest of the way, like all other formats, by averages over
boxes of pixels.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import struct
import zlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image, ImageCms, JpegImagePlugin, UnidentifiedImageError

from datalint.measure.statistics import WORKING_SIDE
from datalint.measure.thumbnails import SIDE
from datalint.pixels import jpeg, sniff

if TYPE_CHECKING:
    from numpy.typing import NDArray

Level = Literal["content", "header", "pixels"]

_IN_MEMORY = 1 << 28  # larger files are hashed and decoded from the disk
_MOST_SQUARES = 16  # pixels of a picture at the working scale, in squares of its shorter side
_NEVER_OPENED = {"EPS", "WMF", "BUFR", "GRIB", "HDF5"}  # programs for an interpreter, and stubs that decode nothing
_EXIF_KEYS = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif", "Raw profile type APP1")
_MAKE, _MODEL, _ORIENTATION, _EXIF_IFD = 271, 272, 274, 0x8769
_SERIAL, _ORIGINAL, _DIGITIZED = 0xA431, 0x9003, 0x9004
_TIFF_BITS, _TIFF_STRIPS, _TIFF_TILES = 258, (273, 279), (324, 325)
_ERRORS = Exception  # decoders raise whatever their authors thought of

_BITS = {"1": 1, "I": 32, "F": 32}
_SPACES = {
    "1": "grey", "L": "grey", "LA": "grey", "La": "grey", "I": "grey", "F": "grey", "P": "palette", "PA": "palette",
    "CMYK": "CMYK", "LAB": "Lab", "YCbCr": "YCbCr", "HSV": "HSV",
}  # fmt: skip


@dataclass(slots=True)
class Content:
    """What one file says. Names, units and nulls as in `schema.IMAGES`."""

    status: str | None = None
    cause: str | None = None
    sha256: str | None = None
    format: str | None = None
    mode: str | None = None
    width: int | None = None
    height: int | None = None
    orientation: int | None = None
    bits: int | None = None
    float: bool | None = None
    colours: int | None = None
    alpha: bool | None = None
    frames: int | None = None
    colour_space: str | None = None
    icc: str | None = None
    camera: str | None = None
    taken: datetime | None = None
    low: Any = None
    high: Any = None
    transparent: Any = None


@dataclass(slots=True)
class Picture:
    """The pixels of one image."""

    pixels: NDArray[Any]
    """(h, w, 3), in [0, 255]; uint8, or float32 if the source has more than 8 bits."""
    thumbnail: NDArray[np.uint8]
    """(SIDE, SIDE, 3)."""


class Refused(Exception):  # noqa: N818 - not an error of the program
    """A file that is not measured any further."""

    def __init__(self, status: str, cause: str) -> None:
        super().__init__(status, cause)
        self.status, self.cause = status, cause


def examine(path: bytes, level: Level, shorter: int = WORKING_SIDE) -> tuple[Content, Picture | None]:
    """What the file at `path` says, as deep as `level`. Raises nothing: what cannot be measured has a cause.

    `shorter` is what the working scale leaves of the shorter side at least.
    """
    content = Content()
    picture = None
    try:
        with _read(path, content) as source:
            head = source.read(sniff.HEAD)
            known = _format_of(head)
            if level != "content":
                if known == "JPEG" and isinstance(source, io.BytesIO):
                    picture = _read_plain_jpeg(source.getvalue(), level, content, shorter)
                if content.status is None:
                    picture = _read_image(source, head, known, level, content, shorter)
                content.status = "ok"
    except Refused as refusal:
        content.status, content.cause = refusal.status, refusal.cause
    except MemoryError:
        content.status, content.cause = "unreadable", "there is not enough memory to decode it"
    except OSError as error:
        content.status, content.cause = "unreadable", (error.strerror or str(error)).lower()
    except _ERRORS as error:  # in a conversion, say
        content.status, content.cause = "unreadable", f"it cannot be measured: {type(error).__name__}: {error}"
    return content, picture


def full_moments(path: bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Mean and mean square of red, green and blue at full resolution, in [0, 1]; None if it cannot be decoded."""
    content = Content()
    try:
        with _read(path, content) as source:
            head = source.read(sniff.HEAD)
            with _identify(source, head, _format_of(head)) as image:
                _read_header(image, head, content)
                colour, _ = _as_colour(_loaded(image), content)
    except _ERRORS:
        return None
    if colour.mode == "F":
        samples = np.asarray(colour, np.float64) / 255
        return np.full(3, samples.mean()), np.full(3, (samples * samples).mean())
    counts = np.array(colour.histogram(), np.float64).reshape(-1, 256)
    share = counts / counts.sum(axis=1, keepdims=True)
    level = np.arange(256) / 255
    return np.broadcast_to(share @ level, 3).copy(), np.broadcast_to(share @ (level * level), 3).copy()


# -- the file --------------------------------------------------------------------------------------------------------


def _read(path: bytes, content: Content) -> IO[bytes]:
    """The bytes of a regular file, hashed. A pipe would block for ever, and a device may have no end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise Refused("unreadable", "it is not a regular file")
        if about.st_size > _IN_MEMORY:
            file = open(os.dup(descriptor), "rb")  # noqa: SIM115, PTH123 - the caller closes it
            content.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            return file
        raw = os.read(descriptor, about.st_size + 1)
        if len(raw) != about.st_size:  # a short read, or the file grows
            while more := os.read(descriptor, 1 << 20):
                raw += more
    finally:
        os.close(descriptor)
    content.sha256 = hashlib.sha256(raw).hexdigest()
    return io.BytesIO(raw)


def _format_of(head: bytes) -> str | None:
    """The format that the first bytes promise, if it is a common one; raises Refused for what is no image."""
    if not head:
        raise Refused("empty", "the file has zero bytes")
    if known := sniff.image_format(head):
        return known
    if sniff.is_lfs_pointer(head):
        raise Refused("lfs-pointer", "it is a Git LFS pointer")
    if what := sniff.foreign(head):
        raise Refused("not-an-image", f"it is {what}")
    return None


# -- the image -------------------------------------------------------------------------------------------------------


def _read_plain_jpeg(raw: bytes, level: Level, content: Content, shorter: int) -> Picture | None:
    """Read a plain JPEG file the short way; where that cannot be done, the status stays null."""
    header = jpeg.plain_header(raw)
    if header is None or header.width * header.height > pixel_limit():
        return None
    picture = None
    if level == "pixels":
        across, down, both = reduction(header.width, header.height, shorter)
        dct = dct_scale(both)
        decoded = jpeg.decode(raw, header, dct)
        if decoded is None:
            return None
        picture = _picture(decoded, None, (across // dct, down // dct), content)
    content.status, content.format = "ok", "JPEG"
    content.mode, content.width, content.height = header
    content.orientation, content.bits, content.float, content.alpha, content.frames = 1, 8, False, False, 1
    content.colours, content.colour_space = (1, "grey") if header.mode == "L" else (3, "RGB")
    return picture


def _read_image(
    source: IO[bytes], head: bytes, known: str | None, level: Level, content: Content, shorter: int
) -> Picture | None:
    """Read any image through Pillow's plugins; raises Refused if that cannot be done."""
    with _identify(source, head, known) as image:
        _read_header(image, head, content)
        if level != "pixels":
            return None
        across, down, both = reduction(*image.size, shorter)
        dct = dct_scale(both) if image.format in ("JPEG", "MPO") else 1
        if dct > 1 and isinstance(image, JpegImagePlugin.JpegImageFile):
            image.draft(image.mode, (max(1, image.width // dct), max(1, image.height // dct)))
        colour, alpha = _as_colour(_loaded(image), content)
        return _picture(colour, alpha, (across // dct, down // dct), content)


# -- the header ------------------------------------------------------------------------------------------------------


def _identify(source: IO[bytes], head: bytes, known: str | None) -> Image.Image:
    """Open with the one decoder that the first bytes ask for, else with all that are safe."""
    source.seek(0)
    try:
        if known:
            return Image.open(source, formats=(known,))
        return Image.open(source, formats=_safe_formats())
    except Image.DecompressionBombError as error:
        raise _oversized(error) from None
    except UnidentifiedImageError:
        if known and _ends_early(source, known):
            raise Refused("truncated", f"the {known} data end before the picture does") from None
        if known:
            raise Refused("unreadable", f"the {known} header is damaged") from None
        if not head.strip(b"\0"):
            raise Refused("unreadable", "its first bytes are all zero") from None
        if head.startswith(b"%!PS"):
            raise Refused("unreadable", "it is a PostScript program, which is not run") from None
        if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
            raise Refused("unreadable", "it is an HEIC image, which Pillow cannot decode") from None
        raise Refused("unreadable", "it is in no known image format") from None
    except _ERRORS as error:
        raise _refusal(error, source, known) from None


@lru_cache(maxsize=1)
def _safe_formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in Image.ID if name not in _NEVER_OPENED)


def pixel_limit() -> int:
    """How many pixels an image may have: Pillow refuses at twice its MAX_IMAGE_PIXELS, before that it only warns."""
    return 2 * (Image.MAX_IMAGE_PIXELS or 1 << 62)


def _oversized(error: Image.DecompressionBombError) -> Refused:
    pixels = re.search(r"\d+", str(error))
    size = f"{int(pixels[0]):,}" if pixels else "too many"
    return Refused("oversized", f"it has {size} pixels, more than the limit of {pixel_limit():,}")


def _refusal(error: BaseException, source: IO[bytes], known: str | None) -> BaseException:
    """What an exception of a decoder means."""
    if isinstance(error, Refused | MemoryError):
        return error
    if isinstance(error, Image.DecompressionBombError):
        return _oversized(error)
    words = " ".join(str(error).split())
    ended = "runcated" in words or "nexpected end" in words or isinstance(error, EOFError | struct.error | IndexError)
    if "image file is truncated" in words or (ended and _ends_early(source, known) is not False):
        return Refused("truncated", f"the {known or 'image'} data end before the picture does")
    if "data stream" not in words and _ends_early(source, known):
        return Refused("truncated", f"the {known} data end before the picture does")
    return Refused(
        "unreadable", f"the decoder says: {words}" if words else f"the decoder fails: {type(error).__name__}"
    )


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


def _read_header(image: Image.Image, head: bytes, content: Content) -> None:
    mode = image.mode
    content.format, content.mode = image.format, mode
    content.width, content.height = image.size
    content.bits = _bits(image, head)
    content.float = mode == "F"
    content.alpha = mode[-1] in "Aa" or "transparency" in image.info
    content.colour_space = "grey" if mode.startswith("I;16") else _SPACES.get(mode, "RGB")
    content.colours = {"grey": 1, "CMYK": 4}.get(content.colour_space, 3)
    content.frames = _frames(image)
    if profile := image.info.get("icc_profile"):
        content.icc = _describe(profile)
    content.orientation = 1
    if content.format == "TIFF" or not image.info.keys().isdisjoint(_EXIF_KEYS):
        _read_exif(image, content)


def _bits(image: Image.Image, head: bytes) -> int:
    """Bits per channel as stored: Pillow hands 16 bits of colour out as 8."""
    if image.format == "PNG" and head[12:16] == b"IHDR":
        return head[24]
    if image.format == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(_TIFF_BITS)
        if isinstance(bits, tuple) and bits and isinstance(bits[0], int) and 0 < bits[0] <= 64:
            return bits[0]
    return 16 if image.mode.startswith("I;16") else _BITS.get(image.mode, 8)


def _frames(image: Image.Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except _ERRORS:  # a later frame is damaged; the first one is what counts
        return 1


@lru_cache(maxsize=256)
def _describe(profile: bytes) -> str:
    """The name that a colour profile gives itself."""
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip() or "unnamed"
    except _ERRORS:
        return "damaged"


def _read_exif(image: Image.Image, content: Content) -> None:
    try:
        exif = image.getexif()
        orientation = exif.get(_ORIENTATION, 1)
        content.orientation = orientation if orientation in range(1, 9) else 1
        details = exif.get_ifd(_EXIF_IFD)
        parts = [_words(value) for value in (exif.get(_MAKE), exif.get(_MODEL), details.get(_SERIAL))]
        content.camera = " ".join(part for part in parts if part) or None
        taken = _words(details.get(_ORIGINAL)) or _words(details.get(_DIGITIZED))
        if taken:
            content.taken = datetime.strptime(taken[:19], "%Y:%m:%d %H:%M:%S")
    except _ERRORS:
        return  # EXIF is often damaged, and never worth an image


def _words(value: object) -> str:
    """EXIF text without padding and control characters; empty if it is no text."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200] if isinstance(text, str) else ""


# -- the pixels ------------------------------------------------------------------------------------------------------


def _picture(colour: Image.Image, alpha: Image.Image | None, factors: tuple[int, int], content: Content) -> Picture:
    """Bring decoded pixels the rest of the way to the working scale."""
    factors = max(1, factors[0]), max(1, factors[1])
    if factors != (1, 1):
        colour = colour.reduce(factors)
    if alpha is not None:
        opacity = np.asarray(alpha.reduce(factors))
        content.transparent = np.count_nonzero(opacity < 128) / opacity.size
    pixels = _array(colour)
    thumbnail = pixels if colour.size == (SIDE, SIDE) else _array(colour.resize((SIDE, SIDE), Image.Resampling.BOX))
    return Picture(pixels, thumbnail if thumbnail.dtype == np.uint8 else np.rint(thumbnail).astype(np.uint8))


def _array(colour: Image.Image) -> NDArray[Any]:
    """(h, w, 3) samples of an image of mode RGB, L or F."""
    width, height = colour.size
    raw = colour.tobytes()
    if colour.mode == "RGB":
        return np.frombuffer(raw, np.uint8).reshape(height, width, 3)
    grey = np.frombuffer(raw, np.uint8 if colour.mode == "L" else np.float32).reshape(height, width, 1)
    return np.broadcast_to(grey, (height, width, 3))


def dct_scale(factor: int) -> int:
    """The largest scale of a JPEG decoder that is not above `factor`."""
    return next(scale for scale in (8, 4, 2, 1) if scale <= factor)


def reduction(width: int, height: int, shorter: int = WORKING_SIDE) -> tuple[int, int, int]:
    """Whole factors that bring an image to the working scale: across, down, and the smaller of both."""
    both = max(1, min(width, height) // shorter)
    across = down = both
    pixels = -(-width // both) * -(-height // both)
    most = _MOST_SQUARES * shorter * shorter
    if pixels > most:
        more = -(-pixels // most)
        across, down = (both * more, both) if width > height else (both, both * more)
    return across, down, both


def _loaded(image: Image.Image) -> Image.Image:
    """The image with its first frame decoded in full."""
    try:
        image.load()
    except _ERRORS as error:
        source = getattr(image, "fp", None) or getattr(image, "_fp", None) or io.BytesIO()
        if image.format == "TIFF" and _tiff_ends_early(image, source):
            raise Refused("truncated", "the TIFF data end before the picture does") from None
        raise _refusal(error, source, image.format) from None
    return image


def _tiff_ends_early(image: Image.Image, source: IO[bytes]) -> bool:
    """Whether strips or tiles reach beyond the end of the file."""
    tags = getattr(image, "tag_v2", {})
    size = source.seek(0, os.SEEK_END)
    for offsets, counts in (_TIFF_STRIPS, _TIFF_TILES):
        ends = zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False)
        if any(offset + count > size for offset, count in ends):
            return True
    return False


def _as_colour(image: Image.Image, content: Content) -> tuple[Image.Image, Image.Image | None]:
    """The image as L, RGB or F in [0, 255], and its alpha channel if it has one. Sets low and high of wide samples."""
    mode = image.mode
    if mode in ("RGB", "L") and not content.alpha:
        return image, None
    if mode in ("I", "F") or mode.startswith("I;16"):
        return _from_wide(image, content), None
    if content.alpha:
        if mode in ("La", "RGBa"):
            image = image.convert({"La": "LA", "RGBa": "RGBA"}[mode])
        elif mode not in ("LA", "RGBA"):
            image = image.convert("RGBA")
        return image.convert("L" if image.mode == "LA" else "RGB"), image.getchannel("A")
    if mode == "LAB":
        return _from_lab(image), None
    return image.convert("L" if mode == "1" else "RGB"), None


def _from_wide(image: Image.Image, content: Content) -> Image.Image:
    """Grey samples of more than 8 bits as F in [0, 255].

    16 bits are divided by 65535. The unit of other whole or floating-point numbers is not recorded in the file: they
    are taken to be in [0, 1] (floats only), [0, 255] or [0, 65535], the first that holds all of them, else stretched
    to their extremes. NaN and infinities count as 0 and as the extremes.
    """
    samples = np.asarray(image).astype(np.float32)
    finite = samples[np.isfinite(samples)] if content.float else samples
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    content.low, content.high = low, high
    if content.float and finite.size < samples.size:
        samples = np.nan_to_num(samples, nan=0.0, posinf=high, neginf=low)
    if content.bits == 16 and not content.float:
        black, white = 0.0, 65535.0
    else:
        ladder = ((1.0,) if content.float else ()) + (255.0, 65535.0)
        black = 0.0 if low >= 0 and high <= 65535 else low
        white = next((top for top in ladder if low >= 0 and high <= top), high)
    with np.errstate(all="ignore"):
        samples = (samples - np.float32(black)) * np.float32(255 / max(white - black, 1e-300))
    return Image.fromarray(np.clip(np.nan_to_num(samples), 0, 255).astype(np.float32))


def _from_lab(image: Image.Image) -> Image.Image:
    try:
        converted = ImageCms.applyTransform(image, _lab_to_srgb())
    except ImageCms.PyCMSError as error:
        raise Refused("unreadable", f"its Lab colours cannot be converted: {error}") from None
    assert converted is not None
    return converted


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
