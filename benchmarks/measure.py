"""What it costs to measure images: CPU time against a bare decode and against CleanVision.

    python benchmarks/measure.py DIR

Claims: (1) one process, facts alone: at most 1.7 times the bare decode of photographs at a quarter of the size;
(2) as people run both, all processes and their start included: at most a tenth of CleanVision's `find_issues()` for
10,000 images. CleanVision is left out where it is not installed. Of several interleaved runs the least counts: other
load on the machine can only add to the time.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import io
import os
import platform
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import PIL
from PIL import Image

from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.measure import measure
from datalint.measure.batch import Batch, measure_batch
from datalint.rule import Need
from datalint.sources import LocalFile

if TYPE_CHECKING:
    from collections.abc import Callable

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def cpu_seconds(work: Callable[[], None]) -> float:
    """CPU seconds of this process and of those it started and awaited."""

    def spent() -> float:
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime

    gc.collect()
    start = spent()
    work()
    return spent() - start


def facts(paths: list[Path]) -> None:
    for start in range(0, len(paths), 128):
        part = [LocalFile(os.fsencode(path), path.stat().st_size) for path in paths[start : start + 128]]
        measure_batch(Batch(np.arange(len(part), dtype=np.uint32), part, "pixels"))


def bare(paths: list[Path]) -> None:
    for path in paths:
        with Image.open(path) as image:
            width, height = image.size
            image.draft("RGB", (max(1, width // 4), max(1, height // 4)))
            image.load()


def whole(folder: Path) -> None:
    measure(discover([folder], Config()), level=Need.PIXELS)


def cleanvision(paths: list[Path], jobs: int | None) -> None:
    from cleanvision import Imagelab

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        Imagelab(filepaths=[str(path) for path in paths]).find_issues(n_jobs=jobs, verbose=False)


def processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def main() -> None:
    folder = Path(sys.argv[1])
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    print(f"{len(paths)} images, {processor()}, Python {platform.python_version()}, Pillow {PIL.__version__}")
    each = 1e3 / len(paths)
    facts(paths[:128])
    bare(paths[:128])
    runs = [(cpu_seconds(lambda: facts(paths)), cpu_seconds(lambda: bare(paths))) for _ in range(5)]
    measured, decoded = (min(column) for column in zip(*runs, strict=True))
    complete = min(cpu_seconds(lambda: whole(folder)) for _ in range(2))
    print(f"one process: all facts          {measured * each:8.3f} ms CPU an image")
    print(f"one process: bare decode at 1/4 {decoded * each:8.3f} ms; all facts {measured / decoded:.2f} x (claim 1.7)")
    print(f"as people run it                {complete * each:8.3f} ms, the sample decoded in full included")
    if importlib.util.find_spec("cleanvision"):
        alone, theirs = cpu_seconds(lambda: cleanvision(paths, 1)), cpu_seconds(lambda: cleanvision(paths, None))
        print(f"one process: CleanVision        {alone * each:8.3f} ms; all facts {measured / alone:.3f} x")
        print(
            f"as people run it: CleanVision   {theirs * each:8.3f} ms; datalint {complete / theirs:.3f} x (claim 0.1)"
        )


if __name__ == "__main__":
    main()
