"""Colour profiles: their names, and how much they change what is seen."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

#: Levels of each channel in the grid of colours: 0, 51, ..., 255.
_LEVELS = 6


@lru_cache(maxsize=256)
def described(profile: bytes) -> tuple[str, float | None]:
    """The name that a profile gives itself, and the mean change of a grid of colours that it makes on the way to sRGB.

    The change is the mean of |converted - read as sRGB| over 6 x 6 x 6 colours and three channels, in [0, 255], by the
    perceptual intent; None where the profile is not of RGB, or cannot be applied.
    """
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        name = ImageCms.getProfileDescription(opened).strip() or "unnamed"
    except Exception:  # profiles are as hostile as images
        return "damaged", None
    return name, _change(opened)


def _change(profile: ImageCms.ImageCmsProfile) -> float | None:
    try:
        if profile.profile.xcolor_space.strip() != "RGB":
            return None
        colours = _grid()
        converted = ImageCms.profileToProfile(colours, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        assert converted is not None
    except Exception:  # as above
        return None
    return float(np.abs(np.asarray(converted, np.int16) - np.asarray(colours, np.int16)).mean())


def _grid() -> Image.Image:
    levels = np.linspace(0, 255, _LEVELS).astype(np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    return Image.fromarray(np.ascontiguousarray(colours.reshape(-1, _LEVELS, 3)))
