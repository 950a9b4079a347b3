"""Readers of tables written in native code, which panic on some broken files and print a stack trace on the way."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


_one = RLock()  # of two threads at once each would take the other's silence for standard error


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing that native code writes to standard error gets out."""
    with _one:
        yield from _silenced()


def _silenced() -> Iterator[None]:
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
