"""Batch functions that misbehave on files of certain names, for workers to import."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence

from datalint.measure.batch import Batch, Measured, measure_batch
from datalint.sources import LocalFile


def misbehave(batch: Batch) -> Measured:
    """Measure, unless a file's name says otherwise."""
    for item in batch.items:
        name = item.place.rpartition(b"/")[2]
        if name.startswith(b"exit"):
            os._exit(7)
        if name.startswith(b"segfault"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if name.startswith(b"hang"):
            time.sleep(600)
        if name.startswith(b"raise"):
            raise ArithmeticError("no luck")
        if name.startswith(b"noise"):
            os.write(2, b"libnoise: warning\n")
            os.write(1, b"libnoise: chatter\n")
            sys.stderr.write("more noise\n")
    return measure_batch(batch)


def named(item: LocalFile) -> str:
    """The name of a file, unless it ends the process."""
    name = item.path.rpartition("/")[2]
    if name.startswith("exit"):
        os._exit(7)
    return name


def process(_: LocalFile) -> int:
    """The process that was asked."""
    return os.getpid()


def all_named(files: Sequence[LocalFile]) -> list[str]:
    """The same of several."""
    return [named(file) for file in files]
