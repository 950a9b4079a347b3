"""Pictures of candidates, decoded on demand in worker processes: small for the comparison, whole for the proof."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from datalint.pairs import verify
from datalint.pairs.hashes import ORIENTATIONS
from datalint.pixels.bands import BandsImage
from datalint.pixels.open import loaded, opened, reduced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from datalint.pairs.verify import Likeness
    from datalint.sources import Item

SIDE = 128
_RAW_MODES = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
_STRIP = 1 << 20  # pixels that are expanded at once
_KEPT = 1024  # small pictures, of at most 48 KiB each: those of one group of copies are needed several times


class Couple(NamedTuple):
    """Two files to compare."""

    first: Item
    second: Item
    orientation: int
    """Index into ORIENTATIONS: the second one so turned may be the first."""
    looked_ns: int
    """When the files were looked for: pictures from before that are not used again."""


def likeness(couple: Couple) -> Likeness | None:
    """How alike the pictures in two files are; None if one cannot be decoded."""
    return likenesses([couple])[0]


def likenesses(couples: Sequence[Couple]) -> list[Likeness | None]:
    """The same of several couples."""
    pictures = [[_small(item, couple.looked_ns) for item in (couple.first, couple.second)] for couple in couples]
    decoded = {
        number: (first, second, ORIENTATIONS[couples[number].orientation])
        for number, (first, second) in enumerate(pictures)
        if first is not None and second is not None
    }
    found = dict(zip(decoded, verify.compared([*decoded.values()]), strict=True))
    return [found.get(number) for number in range(len(couples))]


def thumbnail(item: Item) -> NDArray[np.uint8] | None:
    """The picture as stored (orientation not applied), each side reduced to SIDE or less: (rows, columns, 3).

    None where it cannot be decoded.
    """
    try:
        with opened(item) as image:
            size = (min(SIDE, image.width), min(SIDE, image.height))
            reduced(image, None, (2 * size[0], 2 * size[1]))
            return np.asarray(_eight_bit(loaded(image)).resize(size, Image.Resampling.BOX, reducing_gap=None))
    except Exception:  # a decoder may raise anything on a broken file: such a file has no copies
        return None


@lru_cache(maxsize=_KEPT)
def _small(item: Item, looked_ns: int) -> NDArray[np.uint8] | None:
    return thumbnail(item)


def forget() -> None:
    """Give back the memory of small pictures that were decoded in this process."""
    _small.cache_clear()


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode not in _RAW_MODES:
        return image.convert("RGB")
    samples = np.asarray(image, np.float64)
    low, high = samples.min(), samples.max()
    scaled = (samples - low) / max(high - low, 1e-12) * 255
    return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")


def pixel_digest(item: Item) -> bytes | None:
    """A digest of all pixels, the same whatever the encoding: palettes, grey and opaque alpha are expanded.

    None where the picture cannot be decoded.
    """
    try:
        with opened(item) as image:
            digest = None
            for samples in _strips(loaded(image)):
                digest = digest or hashlib.sha256(f"{samples.dtype} {(image.height, *samples.shape[1:])}".encode())
                digest.update(samples.data)
            return None if digest is None else digest.digest()
    except Exception:  # as above
        return None


def _strips(image: Image.Image) -> Iterator[NDArray[np.generic]]:
    """All samples from the top down, few rows at a time: a large picture is not expanded as a whole."""
    if isinstance(image, BandsImage) and image.samples is not None:
        yield np.ascontiguousarray(image.samples)
        return
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if image.mode not in _RAW_MODES:
            strip = (strip.convert("RGB") if image.mode == "CMYK" else strip).convert("RGBA")
        yield np.ascontiguousarray(strip)
