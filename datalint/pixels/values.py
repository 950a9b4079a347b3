"""Which values the pixels of an image have, for masks: indices or colours, each of them once."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from datalint.pixels import sniff
from datalint.pixels.open import identified, loaded, opened, promised, read, refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from datalint.sources import Item

#: Values that are kept of one image, the smallest ones: more than any list of classes has.
MOST = 4096
_COMMON = 0.02  # of the pixels
_COLOURS = 1 << 16  # that are looked up one by one; where there are more, all pixels are sorted


class Values(NamedTuple):
    """The pixels of an image, each value once."""

    mode: str
    """Pillow's mode as stored."""
    size: tuple[int, int]
    different: int
    """How many values there are."""
    values: list[int]
    """The smallest MOST of them: indices or grey values; of colour images 65536 red + 256 green + blue."""
    palette: list[int] | None
    """The colours that the indices stand for, where the image has a palette."""
    main: float
    """The share of the pixels that have one of the two commonest values, in [0, 1]; of grey images, else 0."""
    marked: int | None
    """How many pixels are not 0; None for colours."""
    common: float
    """The share of the pixels of which at least one in 50 others is as light, in [0, 1]; of 8 bit, else 0."""


class Facts(NamedTuple):
    """The facts of a mask file."""

    status: str
    """One of `schema.STATUSES`."""
    cause: str | None
    sha256: str | None
    values: Values | None


def facts(item: Item) -> Facts:
    """Decode an image in full, for its values. Raises nothing: what cannot be decoded has a cause."""
    sha256 = None
    try:
        source, sha256 = read(item)
        with source:
            return Facts("ok", None, sha256, _of_source(source))
    except Exception as error:  # decoders raise whatever their authors thought of
        refused = refusal(error)
        return Facts(refused.status, refused.cause, sha256, None)


def looked_at(item: Item, most: int) -> Values | None:
    """The same of an image of at most so many pixels; None for a larger one, and for what cannot be decoded."""
    try:
        with opened(item) as image:
            return None if image.width * image.height > most else _values(loaded(image))
    except Exception:  # as above
        return None


def _of_source(source: IO[bytes]) -> Values:
    head = source.read(sniff.HEAD)
    with identified(source, head, promised(head)) as image:
        return _values(loaded(image))


def _values(image: Image.Image) -> Values:
    mode, palette, main, common, marked = image.mode, None, 0.0, 0.0, None
    found: NDArray[Any]
    if mode in ("1", "L", "P"):
        counts = image.histogram()[:256]
        main, common, marked = sum(sorted(counts)[-2:]) / sum(counts), _common(counts), sum(counts[1:])
        found = np.flatnonzero(counts)
        if mode == "1":
            found = found // 255
        elif mode == "P":
            palette = _palette(image, found.tolist())
    elif mode == "I" or mode.startswith("I;16"):
        found, marked = np.unique(np.asarray(image)), int(np.count_nonzero(np.asarray(image)))
    else:
        found, common = _colours(image.convert("RGB")), _common(image.convert("L").histogram())
    return Values(mode, image.size, found.size, found[:MOST].tolist(), palette, main, marked, common)


def _common(counts: list[int]) -> float:
    least = _COMMON * sum(counts)
    return sum(count for count in counts if count >= least) / sum(counts)


def _palette(image: Image.Image, indices: list[int]) -> list[int]:
    strip = image.crop((0, 0, len(indices), 1))
    strip.putdata(indices)
    colours: list[int] = _colours(strip.convert("RGB")).tolist()
    return colours


def _colours(image: Image.Image) -> NDArray[np.uint32]:
    """The different colours of an RGB image, as one number each, sorted."""
    few = image.getcolors(_COLOURS)
    if few is None:
        wide = np.asarray(image).astype(np.uint32)
        return np.unique((wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2])
    packed = [red << 16 | green << 8 | blue for _, (red, green, blue) in few]  # type: ignore[misc]
    return np.sort(np.array(packed, np.uint32))


__all__ = ["MOST", "Facts", "Values", "facts", "looked_at"]
