"""Pictures that a program holds, as the bytes of a file, without any loss."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

#: Modes that PNG holds as they are; the others become TIFF.
_PNG = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16"})
_CHANNELS = (1, 3, 4)


class NotAnImageError(TypeError):
    """What no picture can be made of, in words."""


def encoded(image: Any) -> tuple[bytes, str]:
    """A file of a PIL image, an array (rows, columns) or (rows, columns, channels), or a tensor (channels, rows,
    columns), and its extension.

    Numbers with a fraction are in [0, 1] and rounded to 8 bits. Raises NotAnImageError.
    """
    from PIL import Image

    if isinstance(image, Image.Image):
        return _file(image)
    if hasattr(image, "detach"):  # a tensor of torch
        return _file(_of_array(_last(image.detach().cpu().numpy(), first=True)))
    if hasattr(image, "__array__"):
        return _file(_of_array(_last(np.asarray(image), first=False)))
    raise NotAnImageError(f"a {type(image).__qualname__} is not an image")


def _last(array: NDArray[Any], *, first: bool) -> NDArray[Any]:
    """With the channels last. Arrays have them there, unless only the first axis can be them; tensors the reverse."""
    if array.ndim != 3:
        return array
    ways = (0, 2) if first else (2, 0)
    axis = next((axis for axis in ways if array.shape[axis] in _CHANNELS), None)
    if axis is None:
        raise NotAnImageError(f"an array of {' x '.join(map(str, array.shape))} is not an image")
    return np.moveaxis(array, axis, 2)


def _of_array(array: NDArray[Any]) -> Image.Image:
    from PIL import Image

    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or not array.size:
        raise NotAnImageError(f"an array of {' x '.join(map(str, array.shape)) or 'no axis'} is not an image")
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):
            raise NotAnImageError(
                f"numbers from {low:.3g} to {high:.3g} are not an image: give floats in [0, 1], before they are "
                "normalized"
            )
        array = np.rint(array * 255).astype(np.uint8)
    elif array.dtype.kind in "iu" and array.dtype != np.uint8:
        low, high = int(array.min()), int(array.max())
        if low >= 0 and high <= 255:
            array = array.astype(np.uint8)
        elif array.ndim == 2 and low >= 0 and high <= 65535:
            array = array.astype(np.uint16)
        else:
            raise NotAnImageError(f"numbers from {low} to {high} are not an image: give 8 bits, or 16 bits of grey")
    elif array.dtype != np.uint8:
        raise NotAnImageError(f"an array of {array.dtype} is not an image")
    return Image.fromarray(np.ascontiguousarray(array))


def _file(image: Image.Image) -> tuple[bytes, str]:
    stream = io.BytesIO()
    if image.mode in _PNG:
        image.save(stream, "PNG", compress_level=1)
        return stream.getvalue(), "png"
    try:
        image.save(stream, "TIFF")
    except (OSError, ValueError, KeyError) as error:
        raise NotAnImageError(f"an image of mode {image.mode} cannot be written: {error}") from None
    return stream.getvalue(), "tif"


__all__ = ["NotAnImageError", "encoded"]
