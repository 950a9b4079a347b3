"""How a JPEG file was coded, from its header: what tells one camera, program or website from another."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL import Image

PROGRESSIVE = 0xC2
#: The luminance table of ITU-T T.81, Annex K, which encoders scale by their quality.
_LUMINANCE = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51,
    61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77,
    113, 121, 112, 100, 120, 92, 101, 103, 99,
)  # fmt: skip
_NAMES = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}


class Coding(NamedTuple):
    """How one file was coded. Units as in `schema.IMAGES`."""

    quality: int | None
    quantisation: str | None
    subsampling: str | None
    progressive: bool


def coding(sums: Sequence[int], factors: Sequence[tuple[int, int]], *, progressive: bool) -> Coding:
    """From the sums of the quantisation tables, by number, and each component's sampling factors (across, down)."""
    quality = _quality(sums[0]) if sums else None
    return Coding(quality, " ".join(map(str, sums)) or None, _subsampling(factors), progressive)


def of(image: Image.Image) -> Coding | None:
    """How the file behind an open JPEG was coded; None where Pillow does not say."""
    tables, layers = getattr(image, "quantization", None), getattr(image, "layer", None)
    if not isinstance(tables, dict) or not layers:
        return None
    sums = [sum(tables[number]) for number in sorted(tables)]
    factors = [(layer[1], layer[2]) for layer in layers]
    return coding(sums, factors, progressive=bool(image.info.get("progressive")))


def table_sums(segment: bytes) -> dict[int, int]:
    """The sum of each table, by number, in the bodies of segments DQT; those that are cut short are left out."""
    found, position = {}, 0
    while position < len(segment):
        wide, number = segment[position] >> 4, segment[position] & 15
        body = segment[position + 1 : position + 65 + 64 * bool(wide)]
        if len(body) < 64 + 64 * bool(wide):
            break
        found[number] = 256 * sum(body[::2]) + sum(body[1::2]) if wide else sum(body)
        position += 1 + len(body)
    return found


def _subsampling(factors: Sequence[tuple[int, int]]) -> str | None:
    if len(factors) != 3 or factors[1] != factors[2] or not all(factors[1]):
        return None
    (across, down), (chroma_across, chroma_down) = factors[:2]
    ratio = across // chroma_across, down // chroma_down
    return _NAMES.get(ratio, f"{ratio[0]}x{ratio[1]}")


@lru_cache(maxsize=256)
def _quality(total: int) -> int:
    """The quality, 1 to 100, at which libjpeg's luminance table has the sum nearest to `total`; of two the higher."""
    return 100 - int(np.abs(_sums()[::-1] - total).argmin())


@lru_cache(maxsize=1)
def _sums() -> NDArray[np.int64]:
    """(100,): the sum of libjpeg's luminance table at each quality (jcparam.c, jpeg_quality_scaling)."""
    quality = np.arange(1, 101)
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    sums: NDArray[np.int64] = np.clip((np.outer(scale, _LUMINANCE) + 50) // 100, 1, 255).sum(1)
    return sums
