"""The size of an image from its header, for readers that must know a few sizes before anything is measured."""

from __future__ import annotations

import warnings

from PIL import Image


def header_size(place: bytes) -> tuple[int, int] | None:
    """Width and height as stored, in pixels; None if the file is no image that can be opened."""
    found = header(place)
    return None if found is None else found[1]


def header(place: bytes) -> tuple[str, tuple[int, int]] | None:
    """Mode and size as stored; None if the file is no image that can be opened. No pixel is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decompression bombs: their size is all that is asked
            with Image.open(place) as image:
                return image.mode, image.size
    except Exception:  # Pillow's plugins raise nearly anything on a broken header
        return None


__all__ = ["header", "header_size"]
