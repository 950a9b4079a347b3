"""Large images in strips of rows: what converts one takes several bytes a pixel beside those of the decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PIXELS_AT_ONCE = 1 << 22


def strips(image: Image.Image, multiple: int = 1) -> Iterator[Image.Image]:
    """An image from top to bottom, in strips of so many rows or a multiple; itself, if it is not large."""
    width, height = image.size
    rows = max(1, _PIXELS_AT_ONCE // (width * multiple)) * multiple
    if rows >= height:
        yield image
        return
    for top in range(0, height, rows):
        yield image.crop((0, top, width, min(height, top + rows)))


def reduced(image: Image.Image, factors: tuple[int, int], convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """`convert(image).reduce(factors)`, where `convert` looks at each pixel alone."""
    parts = [convert(strip).reduce(factors) for strip in strips(image, factors[1])]
    if len(parts) == 1:
        return parts[0]
    whole = Image.new(parts[0].mode, (parts[0].width, sum(part.height for part in parts)))
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return whole
