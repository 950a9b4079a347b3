"""What it costs to find copies: in a video's frames, in as many pictures without an order, among very many hashes.

    python benchmarks/pairs.py [COUNT] [JOBS]
    python benchmarks/pairs.py hashes [COUNT ...]

Claims: 10,000 frames in under 60 s on 2 cores; among 1,000,000 hashes all near copies in under 120 s of CPU and 2 GB,
at least 0.999 of copies with noise 0.05, and 0.95 with noise 0.2, whatever the count.

The frames are windows that wander over a few large drawings; the pictures without an order are drawn one by one. The
hashes are of frequencies that fall with 1 / frequency, as those of photographs do, and in part those of one of 1,000
scenes, so that some pictures are alike. Noise is the length of what is added to a copy's frequencies, of length 1; all
copies are turned or mirrored at random. Where faiss is installed, its IndexBinaryMultiHash is printed beside ours for
up to 100,000 hashes.
"""

from __future__ import annotations

import importlib.util
import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from datalint import pairs
from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.measure import measure
from datalint.pairs import candidates, upright
from datalint.pairs.hashes import HASHED, ORIENTATIONS, bits, oriented, thresholds
from datalint.pairs.index import MAX_DISTANCE
from datalint.rule import Need

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SIDE, SHOT = 96, 500
#: Noise of the planted copies, and the least share of them that must be found.
NOISE = {0.05: 0.999, 0.2: 0.95}
COPIES, SCENES, AT_ONCE = 5000, 1000, 50_000
#: What faiss is compared with, where it is installed: it takes a minute for so many.
MOST_FOR_FAISS, BANDS = 100_000, 4


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


def scenes(count: int) -> NDArray[np.float32]:
    """(count, 8, 8) frequencies of length 1."""
    rng = np.random.default_rng(0)
    falling = np.hypot(*np.mgrid[:8, :8]).astype(np.float32)
    falling[0, 0] = np.inf
    scene = rng.standard_normal((SCENES, 8, 8), np.float32)
    waves = np.empty((count, 8, 8), np.float32)
    for start in range(0, count, AT_ONCE):
        part = waves[start : start + AT_ONCE]
        share = rng.beta(1, 2, (len(part), 1, 1)).astype(np.float32)
        own = rng.standard_normal(part.shape, np.float32)
        mixed = np.sqrt(share) * scene[rng.integers(0, SCENES, len(part))] + np.sqrt(1 - share) * own
        part[:] = scaled(mixed / falling)
    return waves


def scaled(waves: NDArray[np.float32]) -> NDArray[np.float32]:
    """Frequencies of length 1."""
    return np.asarray(waves / np.linalg.norm(waves, axis=(1, 2), keepdims=True), np.float32)


def with_copies(count: int) -> tuple[NDArray[np.float32], dict[float, NDArray[np.int64]]]:
    """Frequencies, and of each noise the pairs (a, b) with it, as a * count + b."""
    waves, rng, planted = scenes(count), np.random.default_rng(1), {}
    for number, noise in enumerate(NOISE):
        originals = np.arange(number * COPIES, (number + 1) * COPIES)
        added = rng.standard_normal((COPIES, 8, 8), np.float32) * np.float32(noise / HASHED**0.5)
        added[:, 0, 0] = 0
        copies = count - 1 - originals
        waves[copies] = upright.turned(scaled(waves[originals] + added), rng.integers(0, 8, COPIES).astype(np.uint8))
        planted[noise] = originals * count + copies
    return waves, planted


def among_hashes(count: int) -> None:
    waves, planted = with_copies(count)

    def ours() -> NDArray[np.int64]:
        found = candidates.search(waves).pairs
        return found.a * count + found.b

    counted(f"{count:,} hashes", ours, planted)
    if count <= MOST_FOR_FAISS and importlib.util.find_spec("faiss"):
        import faiss

        name = f"faiss {faiss.__version__}, IndexBinaryMultiHash, {BANDS} bands, single bits flipped"
        counted(name, partial(by_faiss, waves), planted)


def counted(name: str, search: Callable[[], NDArray[np.int64]], planted: dict[float, NDArray[np.int64]]) -> None:
    """Print what a search costs, and what it finds."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = search()
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    recall = {noise: float(np.isin(keys, found).mean()) for noise, keys in planted.items()}
    shares = ", ".join(f"{share:.4f} of noise {noise} (claim {NOISE[noise]})" for noise, share in recall.items())
    print(
        f"{name}: {seconds:.1f} s of CPU, peak {after.ru_maxrss / 1e6:.2f} GB, {found.size:,} pairs; found {shares}",
        flush=True,
    )


def by_faiss(waves: NDArray[np.float32]) -> NDArray[np.int64]:
    """Pairs whose hashes are close, in each of eight orientations: what it has of this search, in one thread."""
    import faiss

    faiss.omp_set_num_threads(1)
    middle, found = thresholds(waves), []
    index = faiss.IndexBinaryMultiHash(64, BANDS, 64 // BANDS)
    index.nflip = 1
    index.add(bits(waves, middle).view(np.uint8).reshape(-1, 8))
    for orientation in ORIENTATIONS:
        asked = bits(oriented(waves, orientation), middle).view(np.uint8).reshape(-1, 8)
        for start in range(0, len(asked), AT_ONCE):
            ends, _, others = index.range_search(asked[start : start + AT_ONCE], MAX_DISTANCE + 1)
            rows = start + np.repeat(np.arange(ends.size - 1), np.diff(ends).astype(np.int64))
            a, b = np.minimum(rows, others), np.maximum(rows, others)
            found.append(a[a < b] * len(waves) + b[a < b])
    return np.unique(np.concatenate(found))


def main() -> None:
    if sys.argv[1:2] == ["hashes"]:
        for count in map(int, sys.argv[2:] or ("100000", "1000000")):
            among_hashes(count)
        return
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
