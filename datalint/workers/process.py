"""One worker process, as its parent sees it.

Workers are plain interpreters started for the purpose, neither forks of this process (which may have threads) nor
`multiprocessing` children (which would import the user's main module).
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from datalint import limits
from datalint.workers.answers import files_are_seen
from datalint.workers.child import COMMAND, READY
from datalint.workers.slate import Slate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datalint.workers.slate import Reading

T = TypeVar("T")
R = TypeVar("R")

_STARTING_SECONDS = 120.0
#: The exit code of the loader of shared libraries, which ends a process where it gets no memory.
_LOADER_FAILED = 127
_LOOKING_SECONDS = 0.25  # how often it is looked whether a file takes too long

_ENVIRONMENT = {
    # One worker a core: threads within one would only get in each other's way.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # glibc gives each batch's arrays back to the system and asks for them again, page by page: let it keep 64 MiB.
    "MALLOC_TRIM_THRESHOLD_": str(1 << 26),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
}
_NO_START = "the worker processes that read files cannot be started"
_INLINE = "--jobs 0 works without them, and unprotected"
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_GROWN = 1 << 30
_POSIX = os.name == "posix"  # other systems do not let a child inherit a descriptor


class WorkerLost(Exception):  # noqa: N818 - expected, and handled
    """A worker died or was killed for taking too long, or its function failed."""

    def __init__(self, cause: str, reading: Reading | None = None) -> None:
        super().__init__(cause)
        self.reading = reading
        """What it was reading, where that is known."""


class StartError(Exception):
    """No worker can be started on this machine."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a worker may use for one batch."""

    seconds: float
    memory: int
    """Bytes."""
    per_file: Callable[[int], float] | None = None
    """From the size of a file to the seconds that reading it may take, where that is looked at."""


def environment() -> dict[str, str]:
    """That of a worker which is started now."""
    return os.environ | _ENVIRONMENT | {limits.VARIABLE: str(limits.current())}


def folder() -> str:
    """That in which a worker starts, and from which it takes relative paths; empty where it is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - it is compared as a text
    except OSError:
        return ""


class Worker:
    """One worker process."""

    def __init__(self, modules: Sequence[str] = ()) -> None:
        """Start it; it imports `modules` before the first use."""
        self._environment, self._folder = environment(), folder()
        self._path = [*sys.path]
        self._slate = Slate() if _POSIX else None
        # The kernel ends the worker when its parent is gone, and with it the end of this pipe that nobody writes to.
        life: int | None = None
        self._life: int | None = None
        if _POSIX:
            life, self._life = os.pipe()
        inherited = [] if life is None or self._slate is None else [life, self._slate.descriptor]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", COMMAND.format(path=self._path, modules=[*modules], descriptors=inherited)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                pass_fds=inherited,
                start_new_session=True,  # Ctrl-C is for the parent, which then ends its workers
            )
        except OSError as error:
            raise StartError(f"{_NO_START}: {error.strerror or error}; {_INLINE}") from None
        finally:
            if life is not None:
                os.close(life)
        self._by_file = files_are_seen(self._process.pid)
        self._overdue = ""
        self._is_ready = False

    def serves(self) -> bool:
        """Whether it still runs, and under the conditions under which one would be started now."""
        conditions = (self._environment, self._folder, self._path)
        return self.alive() and conditions == (environment(), folder(), sys.path)

    def has_grown(self) -> bool:
        """Whether it holds so much memory that little of its next allowance would be left."""
        try:
            held = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[5]) * _PAGE
        except (OSError, ValueError, IndexError):  # not on this platform, where no limit holds either
            return False
        return held > _GROWN

    def wait_until_ready(self) -> None:
        """Raise StartError unless the worker has started: then no file is to blame."""
        with suppress(WorkerLost):
            self._is_ready = self._is_ready or self._receive(Allowance(_STARTING_SECONDS, 0)) == READY
        if not self._is_ready:
            raise StartError(f"{_NO_START}; {_INLINE}")

    def apply(self, function: Callable[[T], R], batch: T, allowance: Allowance) -> R:
        """`function(batch)`; raises WorkerLost with the cause if the process dies, fails or takes too long."""
        if self._slate:
            self._slate.note(b"", 0)
        try:
            assert self._process.stdin is not None
            pickle.dump(
                (allowance.memory, self._by_file, function, batch), self._process.stdin, pickle.HIGHEST_PROTOCOL
            )
            self._process.stdin.flush()
        except OSError:
            raise self._lost() from None
        done, answer = self._receive(allowance)
        if not done:
            raise self._lost(f"reading it failed: {answer}")
        return answer  # type: ignore[no-any-return]

    def _receive(self, allowance: Allowance) -> Any:
        watch = _Watch(self, allowance)
        watch.start()
        try:
            assert self._process.stdout is not None
            return pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            raise self._lost(self._overdue) from None
        finally:
            watch.stop()

    def reading(self) -> Reading | None:
        """The file that it reads, or read last; None where that is not known."""
        return self._slate.reading() if self._slate else None

    def stop(self, why: str) -> None:
        """End the process now, for this reason."""
        self._overdue = why
        self.kill()

    def _lost(self, cause: str = "") -> WorkerLost:
        reading = self.reading()
        return WorkerLost(cause or self._epitaph(), reading if reading and reading.place else None)

    def _epitaph(self) -> str:
        code = self._process.wait()
        if code == _LOADER_FAILED:
            return "reading it ended the process, as happens where its libraries get no more memory"
        if code >= 0:
            return f"reading it ended the process with exit code {code}"
        if -code == signal.SIGABRT:
            return "reading it crashed (SIGABRT), as programs do that get no more memory"
        with suppress(ValueError):
            return f"reading it crashed ({signal.Signals(-code).name})"
        return f"reading it crashed (signal {-code})"

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()

    def end(self, seconds: float) -> None:
        """Ask the process to end by itself (SIGTERM), and close it, at the latest after so many seconds."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.close()

    def close(self) -> None:
        """End the process and wait for it, so that no zombie is left."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        if self._life is not None:
            os.close(self._life)
            self._life = None
        if self._slate is not None:
            self._slate.close()
            self._slate = None


class _Watch(threading.Thread):
    """Ends a worker that takes too long: for all that it was given, or for one file of it."""

    def __init__(self, worker: Worker, allowance: Allowance) -> None:
        super().__init__(daemon=True)
        self._worker, self._allowance = worker, allowance
        self._answered = threading.Event()

    def run(self) -> None:
        end = time.monotonic() + self._allowance.seconds
        look = _LOOKING_SECONDS if self._allowance.per_file else self._allowance.seconds
        while not self._answered.wait(min(look, max(0.0, end - time.monotonic()))):
            if time.monotonic() >= end:
                self._worker.stop(f"reading it was stopped after {self._allowance.seconds:g} seconds")
                return
            if (taken := self._overdue_file()) is not None:
                self._worker.stop(f"reading it was stopped after {taken:.3g} seconds")
                return

    def _overdue_file(self) -> float | None:
        """The seconds that a file was allowed and has taken."""
        reading = self._worker.reading()
        if self._allowance.per_file is None or reading is None or not reading.place:
            return None
        allowed = self._allowance.per_file(reading.size)
        return allowed if time.monotonic_ns() - reading.since_ns > allowed * 1e9 else None

    def stop(self) -> None:
        """The worker has answered."""
        self._answered.set()
