"""The worker's side of `process.py`: a process that applies functions to batches until its input ends.

It speaks over its standard input and output, in pickles. Once they are set aside, file descriptors 1 and 2 lead
nowhere, because C libraries write their warnings there. It may not use more than so much memory: beyond that a
decoder gets none and fails, where without a limit the system would end some process or other.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from datalint.sources import noted
from datalint.workers.answers import Sender
from datalint.workers.slate import Slate

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a worker runs; formatted with the parent's `sys.path`, modules to import and the descriptors that it inherits.
COMMAND = "import sys; sys.path[:] = {path!r}; from datalint.workers.child import main; main({modules}, *{descriptors})"

READY = "ready"

#: To look again and again for cycles among modules, or rows of which none refers to itself, takes a tenth of the time.
_GC_THRESHOLD = (500_000, 50, 50)

_SLOW = ("numpy", "PIL.Image")  # to import, like the modules of the first use: not in the time of the first files


def main(modules: Sequence[str], life: int | None = None, slate: int | None = None) -> None:
    """Answer each (memory, by_file, function, batch) read from standard input with (True, result) or (False, cause).

    `by_file` is whether the parent can open what this process has open, `life` the end of a pipe that closes when the
    parent ends, `slate` what it reads from (see `slate.py`).
    """
    gc.set_threshold(*_GC_THRESHOLD)
    if life is not None:
        _end_with(life)
    if slate is not None:
        noted.note_to(Slate(slate).note)
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    for name in (*_SLOW, *modules):
        import_module(name)
    answer: object = READY
    by_file = False
    try:
        while True:
            sender = Sender(outgoing, by_file=by_file)
            sender.dump(answer)
            outgoing.flush()
            answer = None  # it may be large
            try:
                memory, by_file, function, batch = pickle.load(incoming)
            except EOFError:
                return
            sender.close()
            limit_memory(memory)
            try:
                answer = True, function(batch)
            except MemoryError:
                answer = False, "there is not enough memory for it"
            except Exception as error:
                answer = False, f"{type(error).__name__}: {error}"
    except (BrokenPipeError, KeyboardInterrupt):
        return  # the parent is gone or going
    finally:
        os._exit(0)  # a closing flush could only fail


def _end_with(life: int) -> None:
    """Let the kernel end this process when the other end of a pipe closes, whatever it is doing then."""
    with suppress(ImportError, AttributeError, OSError):  # not on this platform: it ends with its next answer
        import fcntl

        fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
        try:
            os.read(life, 1)
        except BlockingIOError:
            return
        os._exit(0)  # the parent was sooner


def held() -> int:
    """Bytes that this process has asked for as data, used or not; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123 - a worker is to start fast
            return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def limit_memory(memory: int) -> None:
    """Use no more than so many bytes for data, where the system can see to it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(OSError, ValueError):  # one that is lower still is in force already
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
