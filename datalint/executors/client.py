"""The process that speaks to an engine: it starts tasks there and fetches their answers, a bounded number at once.

What `cluster.py` asks of it are the functions `connect` and `exchange`, called in a worker process; it leaves the
cluster when it is asked to end (SIGTERM), and when that process is gone (SIGIO: see `workers/child.py`).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

from datalint.executors.task import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PATIENCE = 0.5  # seconds in which an answer should come
_MOST_WORDS = 200  # characters
_CLOSING_SECONDS = 5.0
_SECONDS_AT_ONCE = 5.0
_BYTES_AT_ONCE = 32 << 20  # of answers that are fetched in one exchange, or one answer more


class Start(NamedTuple):
    """Which engine to connect to."""

    name: str
    """Its adapter, a module beside this one."""
    address: str | None
    """None is that of the environment, else a cluster on this machine."""
    jobs: int | None
    """Tasks at once, at most."""
    seconds: float
    """In which it must be reached and have a worker."""


class Lost(NamedTuple):
    """A task whose worker ended."""

    cause: str


Fetched = bytes | Lost | Refusal
"""A pickled answer, or why there is none."""


class Engine(Protocol):
    """An adapter. What it raises means that the cluster went away."""

    def slots(self) -> int:
        """How many tasks its workers run at once; 0 while it has none."""
        ...

    def submit(self, number: int, versions: Mapping[str, str], task: bytes) -> None:
        """Start a task: see `task.answered`."""
        ...

    def finished(self, seconds: float) -> Iterable[tuple[int, Fetched]]:
        """Tasks that have ended, fetched one by one; the first within so many seconds, or none."""
        ...

    def drop(self, numbers: Sequence[int]) -> None:
        """Nobody waits for these tasks any more."""
        ...

    def close(self) -> None:
        """Leave the cluster, and end it if it was started for this."""
        ...


class Sent(NamedTuple):
    """Tasks to start, by number, and those to forget."""

    versions: Mapping[str, str]
    tasks: Sequence[tuple[int, bytes]]
    dropped: Sequence[int] = ()
    wait: bool = True
    """Whether to wait for an answer."""


class Received(NamedTuple):
    """Tasks that have ended, and the cluster's size."""

    answers: list[tuple[int, Fetched]]
    slots: int


_engine: Engine | None = None


def connect(start: Start) -> int | Refusal:
    """Connect to a cluster, or start one; the number of its slots."""
    global _engine
    adapter = import_module(f"datalint.executors.{start.name}")
    try:
        _engine = adapter.connected(start)
        assert _engine is not None
        for name in ("SIGTERM", "SIGIO"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), _leave)
        return _engine.slots()
    except Exception as error:
        return Refusal(words(error))


def words(error: BaseException) -> str:
    """One line of what an engine says."""
    return " ".join(str(error).split())[:_MOST_WORDS] or type(error).__name__


def failed(error: BaseException) -> Refusal:
    """What a task raised, which datalint's own functions do not."""
    if isinstance(error, ImportError):
        return Refusal(f"its workers cannot import datalint ({words(error)}): install the same there and here")
    return Refusal(words(error))


def exchange(sent: Sent) -> Received | Refusal:
    """Start tasks, and wait a moment for some that have ended."""
    try:
        return _exchange(sent)
    except Exception as error:
        return Refusal(words(error))


def _exchange(sent: Sent) -> Received:
    assert _engine is not None
    if sent.dropped:
        _engine.drop(sent.dropped)
    for number, task in sent.tasks:
        _engine.submit(number, sent.versions, task)
    answers: list[tuple[int, Fetched]] = []
    held, end = 0, time.monotonic() + _SECONDS_AT_ONCE
    if sent.wait:
        for number, fetched in _engine.finished(_PATIENCE):
            answers.append((number, fetched))
            held += len(fetched) if isinstance(fetched, bytes) else 0
            if held >= _BYTES_AT_ONCE or time.monotonic() > end:
                break
    return Received(answers, _engine.slots())


def _leave(*_: object) -> None:
    """Close the engine, and this process with it; it may hang."""
    threading.Timer(_CLOSING_SECONDS, os._exit, (1,)).start()
    with suppress(Exception):
        if _engine is not None:
            _engine.close()
    os._exit(0)
