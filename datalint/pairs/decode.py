"""Pictures of candidates, decoded on demand: small for the comparison, whole for the proof."""

from __future__ import annotations

import hashlib
import warnings
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 128
_RAW_MODES = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})


def thumbnail(path: Path) -> NDArray[np.uint8] | None:
    """The picture as stored (orientation not applied), each side reduced to SIDE or less: (rows, columns, 3).

    None where it cannot be decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                size = (min(SIDE, image.width), min(SIDE, image.height))
                image.draft(None, (2 * size[0], 2 * size[1]))
                return np.asarray(_eight_bit(image).resize(size, Image.Resampling.BOX, reducing_gap=None))
    except Exception:  # a decoder may raise anything on a broken file: such a file has no copies
        return None


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode not in _RAW_MODES:
        return image.convert("RGB")
    samples = np.asarray(image, np.float64)
    low, high = samples.min(), samples.max()
    scaled = (samples - low) / max(high - low, 1e-12) * 255
    return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")


def pixel_digest(path: Path) -> bytes | None:
    """A digest of all pixels, the same whatever the encoding: palettes, grey and opaque alpha are expanded.

    None where the picture cannot be decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                whole = image if image.mode in _RAW_MODES else image.convert("RGB" if image.mode == "CMYK" else "RGBA")
                if whole.mode == "RGB":
                    whole = whole.convert("RGBA")
                samples = np.ascontiguousarray(whole)
                digest = hashlib.sha256(f"{samples.dtype} {samples.shape}".encode())
                digest.update(samples.data)
                return digest.digest()
    except Exception:  # as above
        return None
