"""Read folders of damaged label files in this process, and nothing else: ten times as many as whole scans would.

    python -m tools.fuzz.readers --formats mot,uavdt --count 20000

The folders are those of `python -m tools.fuzz`, drawn by the same seed and numbers. Nothing may be raised; each damaged
file has an outcome, is damaged elsewhere, or is one that no format knows any more; what is wrong has a place in its
file. Exits with 1 if one of these failed.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
import traceback
from itertools import count as counting
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.dataset.schema import PROBLEM_KINDS
from tools.fuzz.__main__ import formats_of
from tools.fuzz.folder import LABELS, Folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset import Dataset

_LINE_ENDS = re.compile(rb"\r\n|\r|\n")


def faults(place: Path) -> Iterator[str]:
    """What is wrong with the reading of a folder."""
    try:
        data = discover([place], Config(isolated=True, jobs=0))
    except (Exception, pl.exceptions.PanicException):
        yield f"raised {traceback.format_exc()}"
        return
    yield from _misplaced(data, place)


def _misplaced(data: Dataset, place: Path) -> Iterator[str]:
    problems = data.table("problems")
    for kind in set(problems["kind"]) - set(PROBLEM_KINDS):
        yield f"a problem of the kind {kind!r}"
    for name, line in problems.group_by("file").agg(pl.col("line").max()).drop_nulls().iter_rows():
        content = (place / name).read_bytes()
        if b"\0" not in content and line > len(_LINE_ENDS.findall(content)) + 1:
            yield f"{name}: a problem in line {line}, beyond its end"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", default=0, show_default=True, help="Of all chance.")
@click.option("--size", default=200, show_default=True, help="Mutants of a folder.")
@click.option("--formats", default="labels", callback=formats_of, help="labels, or formats: mot,coco.")
@click.option("--count", default=20_000, show_default=True, help="Mutants of each format.")
def main(seed: int, size: int, formats: tuple[str, ...], count: int) -> None:
    """Read folders of damaged label files and check what must hold of every reading."""
    failed = False
    for name in formats:
        if name not in LABELS:
            raise click.BadParameter(f"{name} is not a format of labels")
        start, slowest, done = time.monotonic(), 0.0, 0
        for number in counting():
            folder = Folder(seed, number, size)
            if folder.format != name:
                continue
            if done >= count:
                break
            with tempfile.TemporaryDirectory(prefix="fuzz-", dir=_memory()) as temporary:
                folder.write(Path(temporary))
                began = time.monotonic()
                for fault in faults(Path(temporary)):
                    failed = True
                    click.echo(f"FAULT in {name}: --seed {seed} --size {size}, folder {number}: {fault}")
                slowest = max(slowest, time.monotonic() - began)
            done += size
        seconds = time.monotonic() - start
        click.echo(f"{name}: {done:,} mutants in {seconds:.0f} s, slowest folder of {size:,} {slowest:.1f} s")
    sys.exit(failed)


def _memory() -> str | None:
    """A folder that is held in memory, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


if __name__ == "__main__":
    main()
