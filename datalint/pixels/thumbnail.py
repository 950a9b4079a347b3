"""Small pictures of images as a viewer shows them, encoded for a report."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from datalint.pixels import strips
from datalint.pixels.open import loaded, opened, reduced

if TYPE_CHECKING:
    from datalint.sources import Item

QUALITY = 72
#: Up to this side a picture is PNG: JPEG's blocks would hide what a tiny image shows.
TINY = 64


class Wanted(NamedTuple):
    """A picture that is wanted."""

    item: Item
    side: int
    """Most pixels of the longer side."""
    part: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom in pixels of the stored orientation, where a part of it is wanted."""


def thumbnail(wanted: Wanted) -> bytes | None:
    """A picture of frame 0, or of a part of it, alpha over white; None if the file does not decode.

    PNG up to TINY pixels, else JPEG. Carries no metadata.
    """
    side = wanted.side
    try:
        with opened(wanted.item) as image:
            if wanted.part is None:
                reduced(image, "RGB", (2 * side, 2 * side))
                picture = _shown(loaded(image), 2 * side)
            else:
                picture = _shown(_cut(image, wanted.part, 2 * side), 2 * side)
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
            return _encoded(picture)
    except Exception:  # decoders raise whatever their authors thought of
        return None


def _cut(image: Image.Image, part: tuple[float, float, float, float], least: int) -> Image.Image:
    """The part of an image; perhaps reduced, but not to a longer side below `least`."""
    width, height = image.size
    factor = int(max(1, max(part[2] - part[0], part[3] - part[1]) // least))
    reduced(image, "RGB", (max(1, width // factor), max(1, height // factor)))
    picture = loaded(image)
    across, down = picture.width / width, picture.height / height
    left = min(max(0, int(part[0] * across)), picture.width - 1)
    top = min(max(0, int(part[1] * down)), picture.height - 1)
    right, bottom = min(picture.width, math.ceil(part[2] * across)), min(picture.height, math.ceil(part[3] * down))
    return picture.crop((left, top, max(left + 1, right), max(top + 1, bottom)))


def _shown(image: Image.Image, least: int) -> Image.Image:
    """`image` as a viewer shows it, 8-bit grey or RGB; perhaps reduced, but not to a longer side below `least`."""
    factor = max(1, max(image.size) // least)
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        samples = image.convert("F")
        bounds = samples.getextrema()
        low, high = (float(bound) for bound in bounds if isinstance(bound, int | float))
        scale = 255.0 / (high - low) if high > low else 0.0
        return samples.point(lambda value: value * scale - low * scale).convert("L")
    if factor > 1:
        return strips.reduced(image, (factor, factor), _as_8_bits)
    return _as_8_bits(image)


def _as_8_bits(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _encoded(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.info.clear()  # a profile or comment may be large, and Pillow's own profiles hold the time
    if max(picture.size) <= TINY:
        picture.save(stream, format="PNG", optimize=True)
    else:
        picture.save(stream, format="JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()


__all__ = ["QUALITY", "TINY", "Wanted", "thumbnail"]
