"""Threads of the libraries that the arithmetic is done by."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def one_thread() -> Iterator[int]:
    """Torch, and the BLAS of NumPy and SciPy, with one thread; yields how many torch had.

    Threads that share a small problem wait for one another more than they work, and burn the processor while they wait:
    ten times the work.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield threads
    finally:
        torch.set_num_threads(threads)
