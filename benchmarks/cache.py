"""What the cache saves: scans of one dataset again, after a change, in a fresh clone, and of a branch's changes alone.

    python benchmarks/cache.py DIR [--copies 6]

The images below DIR are encoded anew, `--copies` times each, into a temporary Git repository. Every scan is a process
of its own, as people run it, without the probe (DL9). Seconds are wall clock, the least of `--runs` (of the cold scan:
one). That no scan but the cold one decodes what did not change, tests/measure/test_cache.py shows.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")
ENCODINGS = (("jpg", 95), ("jpg", 90), ("jpg", 85), ("jpg", 80), ("jpg", 75), ("png", 0))


def encoded(source: Path, folder: Path, copies: int) -> list[Path]:
    written = []
    for image in sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES):
        place = folder / image.relative_to(source).parent
        place.mkdir(parents=True, exist_ok=True)
        with Image.open(image) as opened:
            picture = opened.convert("RGB")
        for copy in range(copies):
            suffix, quality = ENCODINGS[copy % len(ENCODINGS)]
            written.append(place / f"{image.stem}-{copy}.{suffix}")
            picture.save(written[-1], quality=quality)
    return written


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=b", "-c", "user.email=b@b", *arguments], cwd=folder, check=True, capture_output=True
    )


def scan(folder: Path, cache: Path, *options: str) -> float:
    command = [sys.executable, "-m", "datalint", "scan", str(folder), "--ignore", "DL9", "--isolated"]
    command += ["--exit-zero", "--format", "concise", "--cache-dir", str(cache), *options]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # installed
    start = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.monotonic() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--copies", type=int, default=6)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root, clone, cache = Path(name, "dataset"), Path(name, "clone"), Path(name, "cache")
        files = encoded(options.dataset, root, options.copies)
        git(root.parent, "init", "-q", str(root))
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "base")
        print(f"{len(files):,} files; {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
        cold = 0.0

        def tell(what: str, seconds: float) -> None:
            print(f"{what:44} {seconds:6.2f} s   1/{cold / seconds:.1f}", flush=True)

        def first(place: Path, *arguments: str) -> float:
            """The least time of a first scan: each with a copy of what the cold one kept."""
            seconds = []
            for run in range(options.runs):
                copy = Path(name, f"copy{run}")
                shutil.copytree(restored, copy)
                os.sync()  # what is still written to the disk is not the scan's
                seconds.append(scan(place, copy, *arguments))
                shutil.rmtree(copy)
            return min(seconds)

        time.sleep(3)  # what changed just now is not trusted by its time
        cold = scan(root, cache)
        tell("cold", cold)
        tell("again", min(scan(root, cache) for _ in range(options.runs)))
        restored = Path(name, "restored")
        shutil.copytree(cache, restored)
        for file in files[:10]:
            with Image.open(file) as picture:
                picture.convert("RGB").rotate(180).save(file)
        tell("10 files changed", first(root))
        git(root, "stash", "-q")
        git(root.parent, "clone", "-q", str(root), str(clone))
        git(clone, "checkout", "-q", "-b", "branch")
        for file in files[10:20]:
            place = clone / file.relative_to(root)
            with Image.open(place) as picture:
                picture.convert("RGB").rotate(180).save(place)
        git(clone, "commit", "-q", "-a", "-m", "10 files changed")
        time.sleep(3)
        tell("clone with the cache, 10 changed, --since", first(clone, "--since", "HEAD~1"))
        scan(clone, restored, "--since", "HEAD~1")
        tell("the same again", min(scan(clone, restored, "--since", "HEAD~1") for _ in range(options.runs)))


if __name__ == "__main__":
    main()
