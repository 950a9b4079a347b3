"""What a whole scan holds in memory, beside its tables.

    python benchmarks/memory.py [COUNT ...]

Wanted: beside the tables, no process of a scan of 1,000,000 images holds more than one of 100,000 does. That is so for
what stays, and not for what some stages need while they run: `docs/scale.md` says which.

The pictures are 32 x 32, each another, in class folders of two tar files, read where they lie. All rules run but the
probe's, with two workers, and one process a count. Memory is what a process holds for itself (RssAnon), looked at ten
times a second: pages of mapped files are the system's, which drops them when it needs room.
"""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

import datalint

CLASSES = 10


def draw(folder: Path, count: int) -> None:
    """So many small pictures, four in five of them to train."""
    rng = np.random.default_rng(0)
    for split, first, last in (("train", 0, count * 4 // 5), ("val", count * 4 // 5, count)):
        with tarfile.open(folder / f"{split}.tar", "w") as archive:
            for number in range(first, last):
                file = io.BytesIO()
                coarse = rng.integers(0, 256, (6, 6, 3), np.uint8)
                Image.fromarray(coarse).resize((32, 32), Image.Resampling.BICUBIC).save(file, "JPEG", quality=60)
                member = tarfile.TarInfo(f"{split}/class-{number % CLASSES}/{number:08}.jpg")
                member.size = file.tell()
                file.seek(0)
                archive.addfile(member, file)


def held(table: pl.DataFrame) -> float:
    """MB of a table: a text takes 16 bytes, and its letters beside them where it has more than 12."""
    found = 0
    for column in table:
        text = column.cast(pl.Binary) if column.dtype in (pl.String, pl.Binary) else None
        if text is None:
            found += int(column.estimated_size())
        else:
            sizes = text.bin.size()
            found += 16 * len(text) + int(sizes.filter(sizes > 12).sum() or 0)
    return found / 1e6


class Watch(threading.Thread):
    """The most that this process and any of its workers held, by the stage of the scan."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stage, self.main, self.worker = "discover", dict[str, float](), dict[str, float]()

    def told(self, stage: str, _done: int, _total: int) -> None:
        self.stage = stage

    def run(self) -> None:
        while True:
            self._add(self.main, os.getpid())
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            for child in children:
                self._add(self.worker, int(child))
            time.sleep(0.1)

    def _add(self, found: dict[str, float], process: int) -> None:
        try:
            text = Path(f"/proc/{process}/status").read_text()
        except OSError:
            return
        if "RssAnon:" in text:
            now = int(text.split("RssAnon:")[1].split()[0]) / 1e3
            found[self.stage] = max(found.get(self.stage, 0.0), now)


def one(count: int) -> None:
    logging.disable()
    with tempfile.TemporaryDirectory() as place:
        draw(Path(place), count)
        watch = Watch()
        before = time.monotonic()
        watch.start()
        report = datalint.scan(
            place, config=None, ignore=["DL9"], isolated=True, no_cache=True, jobs=2, progress=watch.told
        )
        seconds = time.monotonic() - before
    tables = {name: held(table) for name, table in report.tables.items() if table.height}
    whole, peak = sum(tables.values()), max(watch.main.values())
    print(
        f"{count:,} images in {seconds:.0f} s: tables {whole:,.0f} MB, this process at most {peak:,.0f} MB, "
        f"{peak - whole:,.0f} beside the tables; a worker at most {max(watch.worker.values()):,.0f} MB"
    )
    stages = ", ".join(f"{stage} {most:,.0f}" for stage, most in watch.main.items())
    print(f"  MB by stage: {stages}; of a worker: {', '.join(f'{s} {m:,.0f}' for s, m in watch.worker.items())}")
    rows = ", ".join(f"{name} {size * 1e6 / report.tables[name].height:,.0f}" for name, size in tables.items())
    print(f"  bytes a row: {rows}", flush=True)


def main() -> None:
    counts = sys.argv[1:] or ["100000", "300000"]
    if len(counts) == 1:
        one(int(counts[0]))
        return
    for count in counts:
        subprocess.run([sys.executable, __file__, count], check=True)


if __name__ == "__main__":
    main()
