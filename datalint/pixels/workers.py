"""Apply a pure function to batches of files in worker processes, so that no file can end the scan.

A worker that dies (a decoder's segmentation fault, the system's memory killer) or exceeds its time is replaced, and
the files of its batch are tried again one by one: only the guilty one is lost. Workers are plain interpreters started
for the purpose, neither forks of this process (which may have threads) nor `multiprocessing` children (which would
import the user's main module). To start one takes longer than to decode a hundred small images: between `kept` uses
they wait for the next one.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, Self, TypeVar

from datalint.pixels.worker import COMMAND, READY

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

SECONDS_PER_FILE = 60.0
"""After this long with one file, a decoder hangs."""

MEMORY = 6 << 30
"""Bytes that a worker may use. The largest image that is decoded has 179 million pixels, each of which takes up to 27
bytes on the way to the facts (16 bits of grey, as floating-point numbers)."""

_SECONDS_PER_EXTRA_FILE = 0.5  # a whole batch need not wait for as many hangs as it has files
_STARTING_SECONDS = 120.0
_FILES_PER_WORKER = 32  # that it pays to start one for
_MOST_IDLE = 16  # workers that wait


class Splittable(Protocol):
    """A batch that can be taken apart."""

    def __len__(self) -> int: ...
    def split(self) -> Iterable[Self]:
        """Batches of one file each."""
        ...


B = TypeVar("B", bound=Splittable)
T = TypeVar("T")
R = TypeVar("R")


class Outcome(NamedTuple, Generic[B, R]):
    """A batch with its result, or a batch of one file with the cause of its loss."""

    batch: B
    result: R | None
    cause: str = ""


class WorkerLost(Exception):  # noqa: N818 - expected, and handled
    """A worker died or was killed for taking too long."""


class StartError(Exception):
    """No worker can be started on this machine."""


def run(
    function: Callable[[B], R],
    batches: Iterable[B],
    *,
    jobs: int | None = None,
    seconds: float = SECONDS_PER_FILE,
) -> Generator[Outcome[B, R]]:
    """Outcomes of `function` for all batches, in any order.

    `function` must be importable by name. `jobs` is the number of processes (None: one a core; 0: none, inline and
    unprotected); `seconds` is how long one file may take. Batches are drawn as workers become free, and results wait in
    a short queue: memory does not grow with the number of batches. Closing the iterator ends all workers.
    """
    if jobs == 0:
        for batch in batches:
            yield Outcome(batch, function(batch))
        return
    pool = _Pool(function, iter(batches), cores() if jobs is None else jobs, seconds)
    try:
        yield from pool.outcomes()
    finally:
        pool.close()


def each(function: Callable[[T], R], tasks: Sequence[T], *, jobs: int | None = None, most: int = 32) -> list[R | None]:
    """`function` of every task, in order; None where the process that did it was lost. At most `most` go at once.

    `function` must be importable by name and raise nothing for the sake of a file; `jobs` is as for `run`.
    """
    processes = wanted(jobs, len(tasks))
    size = max(1, min(most, -(-len(tasks) // (4 * max(1, processes)))))
    batches = (
        _Tasks(range(start, min(start + size, len(tasks))), tasks[start : start + size])
        for start in range(0, len(tasks), size)
    )
    results: list[R | None] = [None] * len(tasks)
    with closing(run(partial(_apply, function), batches, jobs=processes)) as outcomes:
        for batch, found, _ in outcomes:
            for number, result in zip(batch.numbers, found or (), strict=False):
                results[number] = result
    return results


@dataclass(frozen=True, slots=True)
class _Tasks(Generic[T]):
    """Some of the tasks, and which ones."""

    numbers: Sequence[int]
    tasks: Sequence[T]

    def __len__(self) -> int:
        return len(self.tasks)

    def split(self) -> list[_Tasks[T]]:
        return [_Tasks([number], [task]) for number, task in zip(self.numbers, self.tasks, strict=True)]


def _apply(function: Callable[[T], R], batch: _Tasks[T]) -> list[R]:
    return [function(task) for task in batch.tasks]


def wanted(jobs: int | None, files: int) -> int:
    """How many processes so many files are worth: no more than it pays to start, and those that wait anyway."""
    most = cores() if jobs is None else jobs
    return min(most, max(-(-files // _FILES_PER_WORKER), min(files, _idle.count())))


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_ENVIRONMENT = {
    # One worker a core: threads within one would only get in each other's way.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # glibc gives each batch's arrays back to the system and asks for them again, page by page: let it keep 64 MiB.
    "MALLOC_TRIM_THRESHOLD_": str(1 << 26),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
}


class Worker:
    """One worker process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND.format(path=sys.path, memory=MEMORY)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _ENVIRONMENT,
            start_new_session=True,  # Ctrl-C is for the parent, which then ends its workers
        )
        self._overdue = False

    def wait_until_ready(self) -> None:
        """Raise StartError unless the worker has started: then no file is to blame."""
        try:
            ready = self._receive(_STARTING_SECONDS) == READY
        except WorkerLost:
            ready = False
        if not ready:
            raise StartError("the worker processes that decode images cannot be started; --jobs 0 works without them")

    def apply(self, function: Callable[[B], R], batch: B, seconds: float) -> R:
        """`function(batch)`; raises WorkerLost with the cause if the process dies, fails or takes too long."""
        try:
            assert self._process.stdin is not None
            pickle.dump((function, batch), self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except OSError:
            raise WorkerLost(self._epitaph()) from None
        done, answer = self._receive(seconds)
        if not done:
            raise WorkerLost(f"measuring it failed: {answer}")
        return answer  # type: ignore[no-any-return]

    def _receive(self, seconds: float) -> Any:
        watchdog = threading.Timer(seconds, self._kill_overdue)
        watchdog.daemon = True
        watchdog.start()
        try:
            assert self._process.stdout is not None
            return pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            if self._overdue:
                raise WorkerLost(f"its decoder was stopped after {seconds:g} seconds") from None
            raise WorkerLost(self._epitaph()) from None
        finally:
            watchdog.cancel()

    def _kill_overdue(self) -> None:
        self._overdue = True
        self.kill()

    def _epitaph(self) -> str:
        code = self._process.wait()
        if code >= 0:
            return f"its decoder ended the process with exit code {code}"
        with suppress(ValueError):
            return f"its decoder crashed ({signal.Signals(-code).name})"
        return f"its decoder crashed (signal {-code})"

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()

    def close(self) -> None:
        """End the process and wait for it, so that no zombie is left."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()


class _Idle:
    """Workers that wait for the next use, as long as somebody asks for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workers: list[Worker] = []
        self._users = 0

    def count(self) -> int:
        """How many wait."""
        return len(self._workers)

    def take(self) -> Worker | None:
        """One that waits, if there is one."""
        with self._lock:
            while self._workers:
                worker = self._workers.pop()
                if worker.alive():
                    return worker
                worker.close()
        return None

    def put(self, worker: Worker) -> None:
        """Let one wait, or end it where nobody asks for that."""
        with self._lock:
            if self._users and len(self._workers) < _MOST_IDLE:
                self._workers.append(worker)
                return
        worker.close()

    def enter(self) -> None:
        """One more asks for it."""
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        """One less does; with the last one all that wait end."""
        with self._lock:
            self._users -= 1
            ended, self._workers = ([], self._workers) if self._users else (self._workers, [])
        for worker in ended:
            worker.close()


_idle = _Idle()


@contextmanager
def kept() -> Iterator[None]:
    """Within it, workers that have done their work wait for the next call of `run`; on leaving it they end."""
    _idle.enter()
    try:
        yield
    finally:
        _idle.leave()


class _Pool(Generic[B, R]):
    """Threads that each feed one worker; results meet in one bounded queue."""

    def __init__(self, function: Callable[[B], R], batches: Iterator[B], jobs: int, seconds: float) -> None:
        self._function, self._batches, self._seconds = function, batches, seconds
        self._drawing, self._stop = threading.Lock(), threading.Event()
        self._holding = threading.Lock()
        self._workers: dict[threading.Thread, Worker] = {}
        self._results: queue.Queue[Outcome[B, R] | BaseException | None] = queue.Queue(maxsize=2 * jobs)
        self._threads = [threading.Thread(target=self._feed, daemon=True) for _ in range(jobs)]

    def outcomes(self) -> Iterator[Outcome[B, R]]:
        for thread in self._threads:
            thread.start()
        running = len(self._threads)
        while running:
            item = self._results.get()
            if item is None:
                running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item

    def close(self) -> None:
        """End all workers and threads."""
        self._stop.set()
        for thread in self._threads:
            while thread.is_alive():
                with self._holding:
                    if worker := self._workers.get(thread):
                        worker.kill()
                with suppress(queue.Empty):
                    while True:
                        self._results.get_nowait()
                thread.join(0.05)

    def _feed(self) -> None:
        me = threading.current_thread()
        try:
            while (batch := self._draw()) is not None:
                self._measure(me, batch)
            self._release(me)
        except BaseException as error:
            self._results.put(error)
        finally:
            self._retire(me)
            self._results.put(None)

    def _draw(self) -> B | None:
        with self._drawing:
            return None if self._stop.is_set() else next(self._batches, None)

    def _measure(self, me: threading.Thread, batch: B) -> None:
        extra = (len(batch) - 1) * _SECONDS_PER_EXTRA_FILE
        try:
            result = self._worker(me).apply(self._function, batch, self._seconds + extra)
        except WorkerLost as loss:
            self._retire(me)
            if self._stop.is_set():
                return
            if len(batch) > 1:
                for single in batch.split():
                    self._measure(me, single)
            else:
                self._results.put(Outcome(batch, None, str(loss)))
        else:
            self._results.put(Outcome(batch, result))

    def _worker(self, me: threading.Thread) -> Worker:
        if me not in self._workers:
            if idle := _idle.take():
                self._workers[me] = idle
            else:
                worker = self._workers[me] = Worker()
                worker.wait_until_ready()
        return self._workers[me]

    def _release(self, me: threading.Thread) -> None:
        """Let a worker that has nothing to do wait for other work, unless it may have been killed."""
        with self._holding:
            worker = None if self._stop.is_set() else self._workers.pop(me, None)
        if worker:
            _idle.put(worker)

    def _retire(self, me: threading.Thread) -> None:
        with self._holding:
            worker = self._workers.pop(me, None)
        if worker:
            worker.close()
