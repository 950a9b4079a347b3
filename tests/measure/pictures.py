"""Drawn pictures, and datasets made of files, for the tests of measuring."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from datalint.dataset import Dataset, schema


def photo(seed: int, size: tuple[int, int] = (300, 200)) -> Image.Image:
    """A picture with the spectrum of a photograph: blobs of all sizes, sharp edges, a little noise."""
    random = np.random.default_rng(seed)
    width, height = size
    pixels = np.full((height, width, 3), random.uniform(60, 190, 3))
    rows, columns = np.mgrid[:height, :width]
    for _ in range(60):
        radius = 2 + random.pareto(1.2) * 3
        inside = (rows - random.uniform(0, height)) ** 2 + (columns - random.uniform(0, width)) ** 2 < radius**2
        pixels[inside] = random.uniform(0, 255, 3)
    pixels += random.normal(0, 4, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def blurred(picture: Image.Image, radius: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(radius))


def png(samples: NDArray[np.uint16] | NDArray[np.uint8]) -> bytes:
    """An RGB PNG of 8 or 16 bits a channel, (h, w, 3); Pillow cannot write 16."""
    height, width, _ = samples.shape
    bits = samples.dtype.itemsize * 8

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = b"".join(b"\0" + line.astype(samples.dtype.newbyteorder(">")).tobytes() for line in samples)
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def dataset(root: Path) -> Dataset:
    """All files below `root` as candidates."""
    files = sorted(path for path in root.rglob("*") if not path.is_dir())
    names = [str(path.relative_to(root)) for path in files]
    table = pl.DataFrame(
        {
            "image": range(len(files)),
            "path": names,
            "os_path": [os.fsencode(name) for name in names],
            "bytes": [path.lstat().st_size for path in files],
        },
        schema_overrides={"image": pl.UInt32, "path": pl.String, "os_path": pl.Binary, "bytes": pl.UInt64},
    )
    return Dataset(root, tables={"images": schema.conform("images", table)})
