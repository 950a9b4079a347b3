"""TIFF files of many bands, or of samples that Pillow has no mode for: opened as an image, decoded by tifffile."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from datalint.pixels.tiff import Page

#: Compressions that give back the bytes, no more of them than asked for. Those that hold a picture in a format of its
#: own (JPEG, JPEG 2000, WebP) could hold a larger one than the tags say.
UNPACKED = frozenset({1, 5, 8, 32773, 32946, 34925, 50000})
_WHOLE = range(-(1 << 31), 1 << 31)


class BandsImage(ImageFile.ImageFile):
    """A picture of one band, or what people are shown of one with several: their mean, stretched to 0 to 255."""

    format = "TIFF"

    def __init__(self, source: IO[bytes], page: Page) -> None:
        self.page = page
        self.samples: NDArray[Any] | None = None
        """(height, width, bands), as stored, once it is loaded."""
        super().__init__(source)

    def _open(self) -> None:
        self._size = self.page.width, self.page.height
        self._mode = "I" if self.page.bands == 1 and not self.page.floating else "F"
        self.tile = []

    def load(self) -> Any:
        """Decode all bands."""
        if self.samples is None:
            self.samples = self._decoded()
            shown = _shown(self.samples)
            self._mode, self.im = shown.mode, shown.im
        return super().load()

    def _decoded(self) -> NDArray[Any]:
        from tifffile import TiffFile

        assert self.fp is not None
        self.fp.seek(0)
        with TiffFile(self.fp, name="image.tif") as file:  # a name of its own may be a number
            # (planes, depth, height, width, samples of a pixel)
            samples: NDArray[Any] = file.pages.first.asarray(squeeze=False, maxworkers=1)
        height, width = self.page.height, self.page.width
        return np.moveaxis(samples, 0, -2).reshape(height, width, self.page.bands)


def extremes(samples: NDArray[Any]) -> tuple[float, float]:
    """The smallest and the largest finite sample; of complex ones, their magnitude."""
    lows, highs = [], []
    for band in range(samples.shape[-1]):
        plane = _real(samples[..., band])
        finite = plane[np.isfinite(plane)] if plane.dtype.kind == "f" else plane
        if finite.size:
            lows.append(float(finite.min()))
            highs.append(float(finite.max()))
    return (min(lows), max(highs)) if lows else (0.0, 0.0)


def _shown(samples: NDArray[Any]) -> Image.Image:
    if samples.shape[-1] == 1:
        plane = _real(samples[..., 0])
        if plane.dtype.kind in "iub" and int(plane.min()) in _WHOLE and int(plane.max()) in _WHOLE:
            return Image.fromarray(plane.astype(np.int32))
        return Image.fromarray(plane.astype(np.float32))
    low, high = extremes(samples)
    mean = np.zeros(samples.shape[:2], np.float32)
    with np.errstate(all="ignore"):
        for band in range(samples.shape[-1]):
            part = (_real(samples[..., band]).astype(np.float64) - low) * (255 / (max(high - low, 1e-300)))
            mean += np.clip(np.nan_to_num(part), 0, 255).astype(np.float32) / np.float32(samples.shape[-1])
    return Image.fromarray(mean)


def _real(plane: NDArray[Any]) -> NDArray[Any]:
    return np.abs(plane) if plane.dtype.kind == "c" else plane
