"""A function that takes its time, for workers to import: that itself takes none."""

from __future__ import annotations

import os
import time
from pathlib import Path

from datalint.sources import LocalFile


def rested(file: LocalFile) -> int:
    """Wait for as many seconds as the name begins with, and say which process did."""
    time.sleep(float(Path(file.path).name.partition("-")[0]))
    return os.getpid()
