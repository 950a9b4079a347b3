"""What it costs to measure images: CPU time against a bare decode and against CleanVision.

    python benchmarks/measure.py DIR...

Claims: (1) one process, facts alone: at most 1.7 times the bare decode of photographs at a quarter of the size;
(2) the whole scan as people run it, all rules but the probe's, two workers, every process and its start included: at
most a twelfth of what a script takes that calls CleanVision's `find_issues()`, for 10,000 images. Of a few hundred
images the start is the larger part: what it takes at least, to import numpy, Polars and Pillow once, is printed as
well. CleanVision is left out where it is not installed. Of several interleaved runs the least counts: other load on the
machine can only add to the time.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import io
import os
import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import PIL
from PIL import Image

from datalint.measure.batch import Batch, measure_batch
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
    """A scan from the command line."""
    options = ["--ignore", "DL9", "--isolated", "--no-cache", "--exit-zero", "-j", "2", "--no-progress", "-q"]
    subprocess.run([sys.executable, "-m", "datalint", "scan", folder, *options], check=True, capture_output=True)


def cleanvision(paths: list[Path]) -> None:
    """One process, in this one."""
    from cleanvision import Imagelab

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        Imagelab(filepaths=[str(path) for path in paths]).find_issues(n_jobs=1, verbose=False)


SCRIPT = """
import sys
from cleanvision import Imagelab
if __name__ == "__main__":
    Imagelab(data_path=sys.argv[1]).find_issues(n_jobs=2, verbose=False)
"""


def whole_cleanvision(folder: Path) -> None:
    """The shortest script that looks for all its issues."""
    with tempfile.TemporaryDirectory() as place:
        script = Path(place, "script.py")
        script.write_text(SCRIPT)
        subprocess.run([sys.executable, script, folder], check=True, capture_output=True)


def processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def start() -> None:
    """The libraries of a scan, in one process that does nothing else."""
    subprocess.run([sys.executable, "-c", "import numpy, polars, PIL.Image"], check=True)


def main() -> None:
    print(f"{processor()}, Python {platform.python_version()}, Pillow {PIL.__version__}")
    print(f"start: numpy, Polars and Pillow in one process {min(cpu_seconds(start) for _ in range(5)):.3f} s CPU")
    for folder in sys.argv[1:]:
        compare(Path(folder))


def compare(folder: Path) -> None:
    """Measure the images of one folder in each way, and print what they take."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    each = 1e3 / len(paths)
    facts(paths[:128])
    bare(paths[:128])
    runs = [(cpu_seconds(lambda: facts(paths)), cpu_seconds(lambda: bare(paths))) for _ in range(5)]
    measured, decoded = (min(column) for column in zip(*runs, strict=True))
    print(f"\n{folder.name}: {len(paths):,} images")
    print(f"one process: all facts          {measured * each:8.3f} ms CPU an image")
    print(f"one process: bare decode at 1/4 {decoded * each:8.3f} ms; all facts {measured / decoded:.2f} x (claim 1.7)")
    scanned = min(cpu_seconds(lambda: whole(folder)) for _ in range(3))
    print(
        f"whole scan, without the probe   {scanned * each:8.3f} ms; {scanned / decoded:.2f} x the bare decode "
        f"({scanned:.2f} s in all)"
    )
    if importlib.util.find_spec("cleanvision"):
        alone, theirs = cpu_seconds(lambda: cleanvision(paths)), cpu_seconds(lambda: whole_cleanvision(folder))
        print(f"one process: CleanVision        {alone * each:8.3f} ms; {alone / measured:.1f} x all facts")
        print(f"whole script: CleanVision       {theirs * each:8.3f} ms; {theirs / scanned:.1f} x the scan (claim 12)")


if __name__ == "__main__":
    main()
