"""A function that reads files and fails at those of certain names, for workers to import."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from datalint.sources import LocalFile


def misread(places: Sequence[bytes]) -> list[bytes]:
    """Their contents."""
    found = []
    for place in places:
        found.append(LocalFile(place).read())
        if place.endswith(b"segfault"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if place.endswith(b"raise"):
            raise ArithmeticError("no luck")
        if place.endswith(b"hang"):
            time.sleep(600)
    return found


_held: list[bytearray] = []


def swollen(size: int) -> int:
    """Keep so many bytes of memory, and say which process does."""
    _held.append(bytearray(size))
    return os.getpid()


def tabulated(rows: int) -> tuple[pl.DataFrame, int]:
    """A table of so many rows, and how many descriptors this process has open."""
    numbers = pl.DataFrame({"number": range(rows)}, schema={"number": pl.UInt32})
    words = pl.when(pl.col("number") % 3 > 0).then(pl.format("a long word, number {}", "number"))
    nothing = pl.lit(None, pl.Float32).alias("nothing")
    table = numbers.with_columns(nothing, words.alias("word"), pl.concat_list("number", "number").alias("list"))
    descriptors = Path("/proc/self/fd")
    return table, len(list(descriptors.iterdir())) if descriptors.is_dir() else 0
