"""What it costs to measure images: CPU seconds an image in one process, against a bare decode and against CleanVision.

    python benchmarks/measure.py DIR

Claims: to measure everything costs (1) at most a tenth of CleanVision's `find_issues()` with its default issues, and
(2) on photographs at most 1.7 times the bare decode at a quarter of the size. CleanVision is left out where it is not
installed. The least of several interleaved runs counts: other load on the machine can only add to the time.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import io
import os
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import PIL
from PIL import Image

from datalint.measure.batch import Batch, measure_batch

if TYPE_CHECKING:
    from collections.abc import Callable

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def cpu_seconds(work: Callable[[list[Path]], None], paths: list[Path]) -> float:
    gc.collect()
    start = time.process_time()
    work(paths)
    return time.process_time() - start


def facts(paths: list[Path]) -> None:
    for start in range(0, len(paths), 128):
        part = [os.fsencode(path) for path in paths[start : start + 128]]
        measure_batch(Batch(np.arange(len(part), dtype=np.uint32), part, "pixels"))


def bare(paths: list[Path]) -> None:
    for path in paths:
        with Image.open(path) as image:
            width, height = image.size
            image.draft("RGB", (max(1, width // 4), max(1, height // 4)))
            image.load()


def cleanvision(paths: list[Path]) -> None:
    from cleanvision import Imagelab

    with contextlib.redirect_stdout(io.StringIO()):
        Imagelab(filepaths=[str(path) for path in paths]).find_issues(n_jobs=1, verbose=False)


def processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def main() -> None:
    paths = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix.lower() in SUFFIXES)
    print(
        f"{len(paths)} images, {processor()}, Python {platform.python_version()}, Pillow {PIL.__version__}, one process"
    )
    facts(paths[:128])
    bare(paths[:128])
    runs = [(cpu_seconds(facts, paths), cpu_seconds(bare, paths)) for _ in range(5)]
    measured, decoded = (min(column) for column in zip(*runs, strict=True))
    each = 1e3 / len(paths)
    print(f"measure, all facts   {measured * each:8.3f} ms CPU an image")
    print(f"bare decode at 1/4   {decoded * each:8.3f} ms CPU an image; measure {measured / decoded:.2f} x (claim 1.7)")
    if importlib.util.find_spec("cleanvision"):
        theirs = cpu_seconds(cleanvision, paths)
        print(
            f"CleanVision, all     {theirs * each:8.3f} ms CPU an image; measure {measured / theirs:.3f} x (claim 0.1)"
        )


if __name__ == "__main__":
    main()
