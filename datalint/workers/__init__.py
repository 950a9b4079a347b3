"""Processes that read files which may be hostile, so that none of them can end the scan or exhaust the machine."""

from datalint.workers.pool import (
    are_elsewhere,
    attempt,
    call,
    cores,
    each,
    elsewhere,
    kept,
    prepare,
    run,
    several,
    wanted,
)
from datalint.workers.process import Allowance, StartError, WorkerLost

__all__ = [
    "Allowance",
    "StartError",
    "WorkerLost",
    "are_elsewhere",
    "attempt",
    "call",
    "cores",
    "each",
    "elsewhere",
    "kept",
    "prepare",
    "run",
    "several",
    "wanted",
]
