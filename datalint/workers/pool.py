"""Apply a pure function to batches of files in worker processes, so that no file can end the scan.

A worker that dies (a decoder's segmentation fault, the system's memory killer) or exceeds its time is replaced, and
the files of its batch are tried again one by one: only the guilty one is lost. To start one takes longer than to
decode a hundred small images: between `kept` uses they wait for the next one.

`run` is the one place where batches become outcomes. Within `elsewhere` it hands them to another executor, which has
such processes on other machines.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, Self, TypeVar

from datalint import limits
from datalint.workers.pace import Pace
from datalint.workers.process import Allowance, Worker, WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

_SECONDS_PER_EXTRA_FILE = 0.5  # a whole batch need not wait for as many hangs as it has files
_FILES_PER_WORKER = 32  # that it pays to start one for
_MOST_IDLE = 16  # workers that wait, or one a core


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


class Executor(Protocol):
    """Where batches run, if not in processes of this machine."""

    def slots(self) -> int:
        """How many batches it runs at once."""
        ...

    def run(self, function: Callable[[B], R], batches: Iterator[B], seconds: float) -> Generator[Outcome[B, R]]:
        """See `workers.run`."""
        ...


_elsewhere: Executor | None = None


@contextmanager
def elsewhere(executor: Executor) -> Iterator[None]:
    """Within it `run` hands all batches to `executor`, but those that are to run inline."""
    global _elsewhere
    before, _elsewhere = _elsewhere, executor
    try:
        yield
    finally:
        _elsewhere = before


def are_elsewhere() -> bool:
    """Whether `run` hands batches to another executor."""
    return _elsewhere is not None


def run(
    function: Callable[[B], R],
    batches: Iterable[B],
    *,
    jobs: int | None = None,
    files: int | None = None,
    seconds: float | None = None,
) -> Generator[Outcome[B, R]]:
    """Outcomes of `function` for all batches, in any order.

    `function` must be importable by name. `jobs` is the most processes (None: one a core; 0: none, inline and
    unprotected); `files` is how many all batches hold: then no more are started than pay (None: all are);
    `seconds` is how long one file may take (None: `limits.image_seconds`). Batches are drawn as workers
    become free, and results wait in a short queue: memory does not grow with the number of batches. Closing the
    iterator ends all workers.
    """
    if jobs == 0:
        for batch in batches:
            yield Outcome(batch, function(batch))
        return
    seconds = limits.current().image_seconds if seconds is None else seconds
    if _elsewhere is not None:
        yield from _elsewhere.run(function, iter(batches), seconds)
        return
    pool = _Pool(function, iter(batches), cores() if jobs is None else jobs, seconds, Pace(files) if files else None)
    try:
        yield from pool.outcomes()
    finally:
        pool.close()


def each(function: Callable[[T], R], tasks: Sequence[T], *, jobs: int | None = None, most: int = 32) -> list[R | None]:
    """`function` of every task, in order; None where the process that did it was lost. At most `most` go at once.

    `function` must be importable by name and no file may make it raise; `jobs` is as for `run`.
    """
    return _results(partial(_apply, function), tasks, jobs, most)


def several(
    function: Callable[[Sequence[T]], list[R]], tasks: Sequence[T], *, jobs: int | None = None, most: int = 32
) -> list[R | None]:
    """The same where `function` does several tasks at once: it gives the results of those that it gets."""
    return _results(partial(_apply_to_all, function), tasks, jobs, most)


def _results(
    function: Callable[[_Tasks[T]], list[R]], tasks: Sequence[T], jobs: int | None, most: int
) -> list[R | None]:
    processes = wanted(jobs, len(tasks))
    size = max(1, min(most, -(-len(tasks) // (4 * max(1, processes)))))
    batches = (
        _Tasks(range(start, min(start + size, len(tasks))), tasks[start : start + size])
        for start in range(0, len(tasks), size)
    )
    results: list[R | None] = [None] * len(tasks)
    with closing(run(function, batches, jobs=processes, files=len(tasks))) as outcomes:
        for batch, found, _ in outcomes:
            for number, result in zip(batch.numbers, found or (), strict=False):
                results[number] = result
    return results


def call(function: Callable[[T], R], task: T, allowance: Allowance) -> R:
    """`function` of one task, in a worker; raises WorkerLost, with the file that was being read.

    `function` must be importable by name.
    """
    worker = _started()
    try:
        result = worker.apply(function, task, allowance)
    except BaseException:
        worker.close()
        raise
    _idle.put(worker)
    return result


def attempt(function: Callable[[B], R], batch: B, seconds: float, memory: int) -> list[tuple[R | None, str]]:
    """The result of a batch in a worker of this process, and no cause; or of each of its files, and why it was lost.

    `function`, `seconds` and the files are as for `run`; `memory` is in bytes.
    """
    try:
        return [(call(function, batch, _allowance(len(batch), seconds, memory)), "")]
    except WorkerLost as loss:
        if len(batch) == 1:
            return [(None, str(loss))]
        return [part for single in batch.split() for part in attempt(function, single, seconds, memory)]


def _allowance(files: int, seconds: float, memory: int) -> Allowance:
    return Allowance(seconds + (files - 1) * _SECONDS_PER_EXTRA_FILE, memory)


@dataclass(frozen=True, slots=True)
class _Tasks(Generic[T]):
    """Some of the tasks, and which ones."""

    numbers: Sequence[int]
    tasks: Sequence[T]

    def __len__(self) -> int:
        return len(self.tasks)

    def split(self) -> list[_Tasks[T]]:
        return [_Tasks([number], [task]) for number, task in zip(self.numbers, self.tasks, strict=True)]


def _apply_to_all(function: Callable[[Sequence[T]], list[R]], batch: _Tasks[T]) -> list[R]:
    return function(batch.tasks)


def _apply(function: Callable[[T], R], batch: _Tasks[T]) -> list[R]:
    return [function(task) for task in batch.tasks]


def wanted(jobs: int | None, files: int) -> int:
    """The number of processes for so many files: no more than it pays to start, plus those already waiting."""
    if _elsewhere is not None and jobs != 0:
        return min(_elsewhere.slots(), files)
    most = cores() if jobs is None else jobs
    return min(most, max(-(-files // _FILES_PER_WORKER), min(files, _idle.count())))


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Idle:
    """Workers that wait for the next use, while anyone needs them."""

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
                if worker.serves():
                    return worker
                worker.close()
        return None

    def put(self, worker: Worker) -> None:
        """Let one wait, or end it if no one needs it or it holds much memory."""
        with self._lock:
            if self._users and len(self._workers) < max(_MOST_IDLE, cores()) and not worker.has_grown():
                self._workers.append(worker)
                return
        worker.close()

    def enter(self) -> None:
        """One more user."""
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        """One user less; after the last one, all waiting workers end."""
        with self._lock:
            self._users -= 1
            ended, self._workers = ([], self._workers) if self._users else (self._workers, [])
        for worker in ended:
            worker.close()


_idle = _Idle()


def prepare(*modules: str) -> None:
    """Within `kept`: start a worker, which imports `modules` while this process does something else."""
    if _idle.count() == 0:
        _idle.put(Worker(modules))


def _started() -> Worker:
    """A worker that is ready, be it a new one."""
    worker = _idle.take() or Worker()
    try:
        worker.wait_until_ready()
    except BaseException:
        worker.close()
        raise
    return worker


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

    def __init__(
        self, function: Callable[[B], R], batches: Iterator[B], jobs: int, seconds: float, pace: Pace | None
    ) -> None:
        self._function, self._batches = function, batches
        self._seconds, self._pace = seconds, pace
        self._waiting = max(1, _idle.count())  # workers that cost nothing; the first one is needed in any case
        self._memory = limits.bytes_of(limits.current().image_memory)
        self._drawing, self._stop = threading.Lock(), threading.Event()
        self._holding = threading.Lock()
        self._workers: dict[threading.Thread, Worker] = {}
        self._results: queue.Queue[Outcome[B, R] | BaseException | None] = queue.Queue(maxsize=2 * jobs)
        self._threads = [threading.Thread(target=self._feed, args=(number,), daemon=True) for number in range(jobs)]

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
        self._nothing_left()
        for thread in self._threads:
            while thread.is_alive():
                with self._holding:
                    if worker := self._workers.get(thread):
                        worker.kill()
                with suppress(queue.Empty):
                    while True:
                        self._results.get_nowait()
                thread.join(0.05)

    def _feed(self, number: int) -> None:
        me = threading.current_thread()
        try:
            if not self._pays(number):
                return
            while (batch := self._draw()) is not None:
                self._measure(me, batch)
            self._release(me)
        except BaseException as error:
            self._results.put(error)
        finally:
            self._retire(me)
            self._results.put(None)

    def _pays(self, number: int) -> bool:
        """Whether this thread should work, the one with this number; waits until that is known."""
        return self._pace is None or number < self._waiting or self._pace.pays(number)

    def _nothing_left(self) -> None:
        if self._pace is not None:
            self._pace.end()

    def _draw(self) -> B | None:
        with self._drawing:
            batch = None if self._stop.is_set() else next(self._batches, None)
        if batch is None:
            self._nothing_left()
        return batch

    def _measure(self, me: threading.Thread, batch: B) -> None:
        try:
            allowance = _allowance(len(batch), self._seconds, self._memory)
            worker, start = self._worker(me), time.monotonic()
            if self._pace is not None:
                self._pace.begin()
            result = worker.apply(self._function, batch, allowance)
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
            if self._pace is not None:
                self._pace.done(len(batch), time.monotonic() - start)
            self._results.put(Outcome(batch, result))

    def _worker(self, me: threading.Thread) -> Worker:
        if me not in self._workers:
            self._workers[me] = _started()
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
