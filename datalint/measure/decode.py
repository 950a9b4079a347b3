"""One file: opened once, hashed, its header read, its first frame decoded at the smallest scale that will do.

The *working scale*: the shorter side is reduced by the largest whole factor that leaves it at least 64 pixels, and the
longer side by as much (by more if the picture would still have over 65,536 pixels). A JPEG is reduced by 2, 4 or 8 in
its DCT, which still passes the whole bit stream, and the rest of the way, like all other formats, by averages over
boxes of pixels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image, ImageCms

from datalint.measure import profiles
from datalint.measure.statistics import WORKING_SIDE
from datalint.measure.thumbnails import SIDE
from datalint.pixels import heif, jpeg, jpeg_coding, sniff, strips, tiff, webp
from datalint.pixels.bands import BandsImage, extremes
from datalint.pixels.open import (
    Refused,
    extra,
    identified,
    left_out,
    loaded,
    pixel_limit,
    promised,
    read,
    reduced,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from datalint.sources import Item

Level = Literal["content", "header", "frames", "pixels"]
HEADS = ("header", "frames")
"""Levels for which of most files the head is enough."""

_MOST_SQUARES = 16  # pixels of a picture at the working scale, in squares of its shorter side
_EXIF_KEYS = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif", "Raw profile type APP1")
_MAKE, _MODEL, _ORIENTATION, _EXIF_IFD = 271, 272, 274, 0x8769
_SERIAL, _ORIGINAL, _DIGITIZED = 0xA431, 0x9003, 0x9004
_TIFF_BITS = 258
_PIXELS_AT_ONCE = 1 << 22  # of more than 8 bits: each takes up to 27 bytes on the way
_MOST_COLOURS = 255  # that the column holds
_COUNTED_WHOLE = ("GIF",)  # formats that do not say how many frames there are
_WITHOUT_PIXELS = {"WEBP": webp.without_pixels, "AVIF": heif.without_pixels, "HEIF": heif.without_pixels}
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
    extra: str | None = None
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
    refused_text: str | None = None
    colour_space: str | None = None
    icc: str | None = None
    jpeg_quality: int | None = None
    jpeg_tables: str | None = None
    subsampling: str | None = None
    progressive: bool | None = None
    icc_change: Any = None
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
    measurable: bool = True
    """Whether the pixels are those of the image, and not the mean of its bands."""


def examine(item: Item, level: Level, shorter: int = WORKING_SIDE) -> tuple[Content, Picture | None]:
    """What a file says, as deep as `level`. Raises nothing: what cannot be measured has a cause.

    `shorter` is what the working scale leaves of the shorter side at least. Of a file that comes in parts,
    a header is read without the rest: its SHA-256 stays unknown.
    """
    content = Content()
    picture = None
    try:
        source, content.sha256 = (item.open(), None) if level in HEADS and item.in_parts else read(item)
        with source:
            head = source.read(sniff.HEAD)
            known = promised(head)
            if content.sha256 is None and known in _WITHOUT_PIXELS:
                source = _WITHOUT_PIXELS[known](source)
            if level != "content":
                whole = isinstance(source, io.BytesIO)
                if known == "JPEG" and (whole or level in HEADS):
                    raw = source.getvalue() if isinstance(source, io.BytesIO) else head
                    picture = _read_plain_jpeg(raw, level, content, shorter)
                if content.status is None:
                    picture = _read_image(source, head, known, level, content, shorter)
                content.status = "ok"
    except Exception as error:  # decoders, and what comes after them, raise whatever their authors thought of
        refused = refusal(error)
        content.status, content.cause, content.extra = refused.status, refused.cause, refused.extra
        content.format = content.format or refused.format
    return content, picture


def full_moments(item: Item) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Mean and mean square of red, green and blue at full resolution, in [0, 1]; None if it cannot be decoded."""
    content = Content()
    try:
        source, _ = read(item)
        with source:
            head = source.read(sniff.HEAD)
            with identified(source, head, promised(head)) as image:
                _read_header(image, source, content)
                picture = loaded(image)
                if isinstance(picture, BandsImage) and picture.page.bands > 1:
                    return None
                if _is_wide(picture):
                    return _moments_of_wide(_from_wide(picture, content))
                counts = sum(np.array(_colour(strip).histogram(), np.float64) for strip in strips.strips(picture))
    except _ERRORS:
        return None
    counts = np.reshape(counts, (-1, 256))
    share = counts / counts.sum(axis=1, keepdims=True)
    level = np.arange(256) / 255
    return np.broadcast_to(share @ level, 3).copy(), np.broadcast_to(share @ (level * level), 3).copy()


def _moments_of_wide(grey: Image.Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sums = np.zeros(2)
    for box in _boxes(*grey.size):
        samples = np.asarray(grey.crop(box), np.float64).ravel() / 255
        sums += samples.sum(), samples @ samples
    mean, square = sums / (grey.width * grey.height)
    return np.full(3, mean), np.full(3, square)


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
        factors = max(1, across // dct), max(1, down // dct)
        picture = _picture(decoded if factors == (1, 1) else decoded.reduce(factors))
    content.status, content.format = "ok", "JPEG"
    content.mode, content.width, content.height = header.mode, header.width, header.height
    content.jpeg_quality, content.jpeg_tables, content.subsampling, content.progressive = header.coding
    content.orientation, content.bits, content.float, content.alpha, content.frames = 1, 8, False, False, 1
    content.colours, content.colour_space = (1, "grey") if header.mode == "L" else (3, "RGB")
    return picture


def _read_image(
    source: IO[bytes], head: bytes, known: str | None, level: Level, content: Content, shorter: int
) -> Picture | None:
    """Read any image through Pillow's plugins; raises Refused if that cannot be done."""
    with identified(source, head, known) as image:
        _read_header(image, source, content, counted=level != "header")
        if level != "pixels":
            return None
        across, down, both = reduction(*image.size, shorter)
        dct = dct_scale(both) if image.format in ("JPEG", "MPO") else 1
        if dct > 1:
            width, height = image.size
            reduced(image, image.mode, (max(1, width // dct), max(1, height // dct)))
        picture = loaded(image)
        if isinstance(picture, BandsImage) and not isinstance(image, BandsImage):  # Pillow only opened it
            _read_header(picture, source, content)
        dct = dct if picture.size != (content.width, content.height) else 1
        content.refused_text = ", ".join(f"{chunk.name} of {chunk.size:,} bytes" for chunk in left_out(picture)) or None
        colour = _at_scale(picture, (max(1, across // dct), max(1, down // dct)), content)
        return _picture(colour, _measurable(picture))


def _measurable(picture: Image.Image) -> bool:
    return not isinstance(picture, BandsImage) or picture.page.bands == 1


# -- the header ------------------------------------------------------------------------------------------------------


def _read_header(image: Image.Image, source: IO[bytes], content: Content, *, counted: bool = True) -> None:
    """Fill `content`; unless its frames are to be counted, those of a format that takes the whole file are not."""
    content.extra = extra(image)
    if isinstance(image, BandsImage):
        _read_bands(image, source, content)
        return
    mode = image.mode
    content.format, content.mode = image.format, mode
    content.width, content.height = image.size
    content.bits = _bits(image, source)
    content.float = mode == "F"
    content.alpha = mode[-1] in "Aa" or "transparency" in image.info
    content.colour_space = "grey" if mode.startswith("I;16") else _SPACES.get(mode, "RGB")
    content.colours = {"grey": 1, "CMYK": 4}.get(content.colour_space, 3)
    content.frames = _frames(image, source) if counted or image.format not in _COUNTED_WHOLE else None
    if content.format in ("JPEG", "MPO") and (coding := jpeg_coding.of(image)):
        content.jpeg_quality, content.jpeg_tables, content.subsampling, content.progressive = coding
    if profile := image.info.get("icc_profile"):
        content.icc, content.icc_change = profiles.described(profile)
    content.orientation = 1
    if content.format == "TIFF" or not image.info.keys().isdisjoint(_EXIF_KEYS):
        _read_exif(image, content)


def _read_bands(image: BandsImage, source: IO[bytes], content: Content) -> None:
    page = image.page
    content.format, content.mode = image.format, image.mode if page.bands == 1 else f"{page.bands} bands"
    content.width, content.height = image.size
    content.bits, content.float, content.alpha = page.bits, page.floating, False
    content.colours, content.colour_space = min(page.bands, _MOST_COLOURS), "grey" if page.bands == 1 else None
    content.frames = tiff.pages(source)
    content.orientation = page.orientation if page.orientation in range(1, 9) else 1


def _bits(image: Image.Image, source: IO[bytes]) -> int:
    """Bits per channel as stored: Pillow hands 16 bits of colour out as 8."""
    if image.format == "PNG":
        source.seek(0)
        head = source.read(25)
        if head[12:16] == b"IHDR":
            return head[24]
    if image.format == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(_TIFF_BITS)
        if isinstance(bits, tuple) and bits and isinstance(bits[0], int) and 0 < bits[0] <= 64:
            return bits[0]
    return 16 if image.mode.startswith("I;16") else _BITS.get(image.mode, 8)


def _frames(image: Image.Image, source: IO[bytes]) -> int:
    if image.format == "TIFF":  # Pillow's own count takes the square of their number
        return max(1, tiff.pages(source))
    try:
        return min(int(getattr(image, "n_frames", 1)), tiff.MOST_PAGES + 1)
    except _ERRORS:  # a later frame is damaged; the first one is what counts
        return 1


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
    """EXIF text without padding and control characters; empty if it is not text."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200] if isinstance(text, str) else ""


# -- the pixels ------------------------------------------------------------------------------------------------------


def _picture(colour: Image.Image, measurable: bool = True) -> Picture:
    """What is measured of an image of mode RGB, L or F at the working scale."""
    pixels = _array(colour)
    thumbnail = pixels if colour.size == (SIDE, SIDE) else _array(colour.resize((SIDE, SIDE), Image.Resampling.BOX))
    small = thumbnail if thumbnail.dtype == np.uint8 else np.rint(thumbnail).astype(np.uint8)
    return Picture(pixels, small, measurable)


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


def _at_scale(image: Image.Image, factors: tuple[int, int], content: Content) -> Image.Image:
    """A decoded image, reduced, as L, RGB or F in [0, 255]. Sets low and high of wide samples, and what is
    transparent.
    """
    if isinstance(image, BandsImage) and not _measurable(image) and image.samples is not None:
        content.low, content.high = extremes(image.samples)
        return image.reduce(factors)
    if _is_wide(image):
        return _from_wide(image, content).reduce(factors)
    if content.alpha:
        opacity = np.asarray(strips.reduced(image, factors, _opacity))
        content.transparent = np.count_nonzero(opacity < 128) / opacity.size
    elif image.mode in ("RGB", "L"):
        return image.reduce(factors)
    return strips.reduced(image, factors, _colour)


def _is_wide(image: Image.Image) -> bool:
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _colour(image: Image.Image) -> Image.Image:
    """An image of 8 bits as L or RGB, without its alpha channel."""
    if image.mode in ("RGB", "L") and "transparency" not in image.info:
        return image
    if image.mode == "LAB":
        return _from_lab(image)
    image = _straight(image)
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")


def _opacity(image: Image.Image) -> Image.Image:
    image = _straight(image)
    return (image if image.mode in ("LA", "RGBA") else image.convert("RGBA")).getchannel("A")


def _straight(image: Image.Image) -> Image.Image:
    """An image whose colours are not multiplied by their alpha."""
    straight = {"La": "LA", "RGBa": "RGBA"}.get(image.mode)
    return image.convert(straight) if straight else image


def _from_wide(image: Image.Image, content: Content) -> Image.Image:
    """Grey samples of more than 8 bits as F in [0, 255].

    16 bits are divided by 65535. The unit of other whole or floating-point numbers is not recorded in the file: they
    are taken to be in [0, 1] (floats only), [0, 255] or [0, 65535], the first that holds all of them, else stretched
    to their extremes. NaN and infinities count as 0 and as the extremes.
    """
    low, high = _extremes(image)
    content.low, content.high = low, high
    if content.bits == 16 and not content.float:
        black, white = 0.0, 65535.0
    else:
        ladder = ((1.0,) if content.float else ()) + (255.0, 65535.0)
        black = 0.0 if low >= 0 and high <= 65535 else low
        white = next((top for top in ladder if low >= 0 and high <= top), high)
    scaled = Image.new("F", image.size)
    for box in _boxes(*image.size):
        samples = np.asarray(image.crop(box)).astype(np.float32)
        if content.float:
            samples = np.nan_to_num(samples, nan=0.0, posinf=high, neginf=low)
        with np.errstate(all="ignore"):
            samples = (samples - np.float32(black)) * np.float32(255 / max(white - black, 1e-300))
        scaled.paste(Image.fromarray(np.clip(np.nan_to_num(samples), 0, 255).astype(np.float32)), box)
    return scaled


def _extremes(image: Image.Image) -> tuple[float, float]:
    """The smallest and the largest finite sample, zeros if there is none."""
    found = []
    for box in _boxes(*image.size):
        samples = np.asarray(image.crop(box)).astype(np.float32)
        if (finite := samples[np.isfinite(samples)]).size:
            found += [float(finite.min()), float(finite.max())]
    return (min(found), max(found)) if found else (0.0, 0.0)


def _boxes(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Parts of an image, left, upper, right and lower: arrays of many bytes a pixel fit into memory for one of them."""
    across = min(width, _PIXELS_AT_ONCE)
    down = max(1, _PIXELS_AT_ONCE // across)
    for top in range(0, height, down):
        for left in range(0, width, across):
            yield left, top, min(width, left + across), min(height, top + down)


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
