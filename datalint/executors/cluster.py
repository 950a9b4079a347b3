"""This machine's side of an engine: batches in, outcomes out, a bounded number of them on their way."""

from __future__ import annotations

import logging
import pickle
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from datalint import limits
from datalint.executors import client
from datalint.executors.client import Lost, Received, Sent, Start
from datalint.executors.task import Answer, Refusal, Seen, Task, begins, versions
from datalint.workers.pool import Outcome, Splittable
from datalint.workers.process import Allowance, StartError, Worker, WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from datalint.sources import Item

_log = logging.getLogger("datalint")
_PER_SLOT = 2  # batches on their way: one that is read, one that waits
_ATTEMPTS = 3  # at a batch whose worker ends, before its files are tried one by one, and at each of these
_SLACK = 30.0  # seconds that the client may take beyond what it waits for
_CLOSING_SECONDS = 6.0  # a little more than the client takes at most
_NO_LIMIT = 1 << 62  # bytes

B = TypeVar("B", bound=Splittable)
R = TypeVar("R")


class EngineError(Exception):
    """The cluster cannot be reached or used, or went away: one line to show."""


@dataclass(slots=True)
class _Sending(Generic[B]):
    """A batch on its way."""

    batch: B
    attempts: int = 0


class Cluster:
    """An engine, connected; close it, or use it as a context."""

    def __init__(self, name: str, address: str | None, jobs: int | None) -> None:
        """Connect to it; raises EngineError. For the arguments see `client.Start`."""
        self._where = f"{name.capitalize()} at {address}" if address else name.capitalize()
        self._seen: Sequence[Seen] = ()
        self._numbers = 0
        self._seconds = limits.current().engine_seconds
        self._slots = 0
        self._empty_since: float | None = None
        self._client = Worker((f"{__package__}.{name}",))
        try:
            self._client.wait_until_ready()
            start = Start(name, address, jobs, self._seconds)
            found = self._client.apply(client.connect, start, Allowance(self._seconds + _SLACK, _NO_LIMIT))
        except (StartError, WorkerLost) as error:
            self._client.close()
            why = _client_s(error) if isinstance(error, WorkerLost) else "its client cannot be started"
            raise EngineError(f"{self._where} cannot be reached: {why}") from None
        except BaseException:
            self._client.close()
            raise
        if isinstance(found, Refusal):
            self._client.close()
            raise EngineError(f"{self._where} cannot be reached: {found.reason}")
        self._count(found)
        _log.info("datalint: %s runs %s batches at once", self._where, self._slots)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.end(_CLOSING_SECONDS)

    def expect(self, items: Iterable[Item]) -> None:
        """Use no worker that does not see these files as this machine does; those it cannot read do not count."""
        found = []
        for item in items:
            try:
                found.append(Seen(item, begins(item)))
            except OSError:
                continue
        self._seen = found

    def slots(self) -> int:
        """See `workers.pool.Executor`."""
        return max(1, self._slots)

    def run(self, function: Callable[[B], R], batches: Iterator[B], seconds: float) -> Generator[Outcome[B, R]]:
        """See `workers.run`. Raises EngineError."""
        memory = limits.bytes_of(limits.current().image_memory)
        waiting: dict[int, _Sending[B]] = {}
        again: deque[_Sending[B]] = deque()
        self._empty_since = None  # nobody looked since the last use
        try:
            while True:
                fresh: list[tuple[int, bytes]] = []
                while len(waiting) < _PER_SLOT * self.slots():
                    sending = again.popleft() if again else _drawn(batches)
                    if sending is None:
                        break
                    self._numbers += 1
                    waiting[self._numbers] = sending
                    task = Task(function, sending.batch, seconds, memory, self._seen)
                    fresh.append((self._numbers, pickle.dumps(task, pickle.HIGHEST_PROTOCOL)))
                if not waiting:
                    return
                for number, fetched in self._exchange(Sent(versions(), fresh)).answers:
                    if (sending := waiting.pop(number, None)) is None:
                        continue  # of an earlier use
                    if isinstance(fetched, Refusal):
                        raise EngineError(f"{self._where}: {fetched.reason}")
                    if isinstance(fetched, Lost):
                        yield from _lost(sending, fetched.cause, again)
                        continue
                    answer: Answer = pickle.loads(fetched)
                    if isinstance(answer, Refusal):
                        raise EngineError(f"{self._where}: {answer.reason}")
                    yield from _outcomes(sending.batch, answer)
        except GeneratorExit:
            if waiting:
                with suppress(EngineError):  # whoever needs it next will say so
                    self._exchange(Sent(versions(), (), [*waiting], wait=False))
            raise

    def _exchange(self, sent: Sent) -> Received:
        try:
            received = self._client.apply(client.exchange, sent, Allowance(self._seconds + _SLACK, _NO_LIMIT))
        except WorkerLost as loss:
            received = Refusal(_client_s(loss))
        if isinstance(received, Refusal):
            raise EngineError(f"{self._where} went away, so the scan is not finished: {received.reason}")
        self._count(received.slots)
        return received

    def _count(self, slots: int) -> None:
        self._slots, now = slots, time.monotonic()
        if slots:
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now
        elif now - self._empty_since > self._seconds:
            raise EngineError(
                f"{self._where} has had no worker for {self._seconds:g} seconds (--limit engine-seconds=N waits longer)"
            )


def _client_s(end: WorkerLost) -> str:
    """What became of the client, in words."""
    return "its client " + str(end).removeprefix("reading it ").replace("ended the process", "ended")


def _drawn(batches: Iterator[B]) -> _Sending[B] | None:
    batch = next(batches, None)
    return None if batch is None else _Sending(batch)


def _outcomes(batch: B, answer: list[tuple[Any, str]]) -> Iterator[Outcome[B, Any]]:
    if len(answer) == 1:
        yield Outcome(batch, *answer[0])
        return
    for single, (result, cause) in zip(batch.split(), answer, strict=True):
        yield Outcome(single, result, cause)


def _lost(sending: _Sending[B], cause: str, again: deque[_Sending[B]]) -> Iterator[Outcome[B, Any]]:
    """A worker of the engine ended: the batch is tried again, then its files one by one."""
    sending.attempts += 1
    if sending.attempts < _ATTEMPTS:
        again.append(sending)
    elif len(sending.batch) > 1:
        again.extend(_Sending(single) for single in sending.batch.split())
    else:
        yield Outcome(sending.batch, None, f"the cluster's workers ended {_ATTEMPTS} times while it was read: {cause}")


__all__ = ["Cluster", "EngineError"]
