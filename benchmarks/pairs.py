"""What it costs to find copies: in a video's frames, and in as many pictures without an order.

    python benchmarks/pairs.py [COUNT] [JOBS]

Claim: 10,000 frames in under 60 s on 2 cores. The frames are windows that wander over a few large drawings; the
pictures without an order are drawn one by one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from datalint import pairs
from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.measure import measure
from datalint.rule import Need

SIDE, SHOT = 96, 500


def drawing(seed: int, width: int, height: int) -> Image.Image:
    """Coarse patches with finer ones on top."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for size, weight in ((32, 0.6), (12, 0.25), (4, 0.15)):
        cells = rng.integers(0, 256, (height // size + 1, width // size + 1, 3), dtype=np.uint8)
        total += weight * np.asarray(Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC))
    return Image.fromarray(total.astype(np.uint8))


def video(folder: Path, count: int) -> None:
    for first in range(0, count, SHOT):
        wide = drawing(first, SIDE + SHOT, SIDE)
        for number in range(first, min(first + SHOT, count)):
            left = number - first
            wide.crop((left, 0, left + SIDE, SIDE)).save(folder / f"frame_{number:06}.jpg")


def unordered(folder: Path, count: int) -> None:
    for number in range(count):
        drawing(10**6 + number, SIDE, SIDE).save(folder / f"{number:06}.jpg")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    for name, draw in (("frames of a video", video), ("without an order", unordered)):
        with tempfile.TemporaryDirectory() as folder:
            draw(Path(folder), count)
            data = discover([Path(folder)], Config())
            measure(data, level=Need.PIXELS, jobs=jobs)
            start = time.monotonic()
            pairs.find(data, jobs=jobs)
            print(f"{count:,} {name}: {time.monotonic() - start:.1f} s, {data.tables['pairs'].height:,} pairs")


if __name__ == "__main__":
    main()
