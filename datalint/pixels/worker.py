"""The other side of `workers.py`: a process that applies functions to batches until its input ends.

It speaks over its standard input and output, in pickles. Once they are set aside, file descriptors 1 and 2 lead
nowhere, because C libraries write their warnings there. It may not use more than so much memory: beyond that a
decoder gets none and fails, where without a limit the system would end some process or other.
"""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import suppress
from importlib import import_module

#: What a worker runs; formatted with the parent's `sys.path` and a number of bytes.
COMMAND = "import sys; sys.path[:] = {path!r}; from datalint.pixels.worker import main; main({memory})"

READY = "ready"

_SLOW = ("numpy", "PIL.Image")  # to import: not in the time of the first files


def main(memory: int) -> None:
    """Answer each (function, batch) read from standard input with (True, result) or (False, cause)."""
    _limit(memory)
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    for name in _SLOW:
        import_module(name)
    answer: object = READY
    try:
        while True:
            pickle.dump(answer, outgoing, pickle.HIGHEST_PROTOCOL)
            outgoing.flush()
            try:
                function, batch = pickle.load(incoming)
            except EOFError:
                return
            try:
                answer = True, function(batch)
            except Exception as error:
                answer = False, f"{type(error).__name__}: {error}"
    except (BrokenPipeError, KeyboardInterrupt):
        return  # the parent is gone or going
    finally:
        os._exit(0)  # a closing flush could only fail


def _limit(memory: int) -> None:
    """Use no more than so many bytes for data, where the system can see to it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(OSError, ValueError):  # one that is lower still is in force already
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
