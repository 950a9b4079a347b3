"""Masks as they are laid over their images in a report: each class a colour, the background clear."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from datalint.pixels.open import loaded, opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from datalint.pixels.thumbnail import Wanted

#: How much of the image a mask hides, of 255.
OPACITY = 150
#: Colours of the values above 0 in turns, where the mask has none; those who see no red or no green can tell them too.
COLOURS = np.array(
    [
        (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167),
        (255, 255, 255),
    ],
    np.uint8,
)  # fmt: skip


def overlay(wanted: Wanted) -> bytes | None:
    """A PNG with transparency of a mask, at most `wanted.side` pixels long; None if the file does not decode.

    The colours of a mask of colours, or with a palette, are its own unless all are grey. No two values are mixed.
    """
    try:
        with opened(wanted.item) as image:
            mask = loaded(image)
            scale = min(1.0, wanted.side / max(mask.size))
            width, height = (max(1, round(side * scale)) for side in mask.size)
            return _encoded(_coloured(mask.resize((width, height), Image.Resampling.NEAREST)))
    except Exception:  # decoders raise whatever their authors thought of
        return None


def _coloured(mask: Image.Image) -> NDArray[np.uint8]:
    """(height, width, 4): red, green, blue and opacity."""
    values, colours = np.asarray(mask), None
    if values.ndim == 3 or mask.mode == "P":
        colours = np.asarray(mask.convert("RGB"))
        values = values if values.ndim == 2 else colours.max(2)
    marked = values != 0
    if colours is None or (colours[marked] == colours[marked][:, :1]).all():
        colours = COLOURS[(values.astype(np.int64) - 1) % len(COLOURS)]
    return np.dstack([colours, np.where(marked, OPACITY, 0).astype(np.uint8)])


def _encoded(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", optimize=True)
    return stream.getvalue()
