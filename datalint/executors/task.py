"""What runs in a worker of an engine: it hands a batch to a process of datalint's own, which reads the files.

Such processes wait for the next task, and end half a minute after the last one: the engine's worker lives on.
"""

from __future__ import annotations

import hashlib
import pickle
import platform
import socket
import threading
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import PIL

from datalint import __version__, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from datalint.sources import Item

_WAITING_SECONDS = 30.0
_FIRST = 1024  # bytes


class Seen(NamedTuple):
    """A file of the dataset as the machine that runs datalint sees it."""

    item: Item
    begins: bytes
    """What its first bytes are: see `begins`."""


def begins(item: Item) -> bytes:
    """A digest of the first bytes of a file; raises OSError."""
    return hashlib.sha256(item.read(_FIRST)).digest()


class Task(NamedTuple):
    """A batch, and how it is to be read."""

    function: Callable[[Any], Any]
    batch: Any
    seconds: float
    """For one file."""
    memory: int
    """In bytes, for one file."""
    seen: Sequence[Seen]
    """Files that must be here also."""


class Refusal(NamedTuple):
    """Why a worker, or the whole cluster, cannot be used."""

    reason: str


Answer = list[tuple[Any, str]] | Refusal
"""As of `workers.attempt`."""


@cache
def versions() -> Mapping[str, str]:
    """What results depend on, by name; `code` is a digest of what is not in the other names."""
    from datalint.cache.store import version_of
    from datalint.measure import known_facts

    rooms = ("sources", "workers", "pixels", "measure", "pairs", "executors")
    return {
        "datalint": __version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "Pillow": PIL.__version__,
        "NumPy": np.__version__,
        "code": version_of(*(f"datalint.{room}" for room in rooms), also=known_facts.version()),
    }


def answered(made_by: Mapping[str, str], task: bytes) -> bytes:
    """The pickled answer to a pickled task of a datalint with the versions `made_by`."""
    return pickle.dumps(_answer(made_by, task), pickle.HIGHEST_PROTOCOL)


#: The same as an expression, for an engine whose worker ends where it cannot import the function that it is sent: one
#: without datalint then only refuses the task.
EXPRESSION = f"__import__('importlib').import_module({__name__!r}).answered(versions, task)"


def _answer(made_by: Mapping[str, str], pickled: bytes) -> Answer:
    if versions() != made_by:
        return Refusal(_unlike(made_by))
    task: Task = pickle.loads(pickled)
    for seen in task.seen:
        if not _is_here(seen):
            return Refusal(
                f"{_here()} does not see {seen.item.path} as this machine does: a cluster needs the same files at the "
                "same place (a shared file system)"
            )
    _wait_for_more()
    try:
        return workers.attempt(task.function, task.batch, task.seconds, task.memory)
    except workers.StartError as error:
        return Refusal(f"{_here()}: {error}")


def _unlike(made_by: Mapping[str, str]) -> str:
    others = [f"{name} {versions()[name]}, not {made_by.get(name)}" for name in versions() if name != "code"]
    differ = [text for name, text in zip(versions(), others, strict=False) if versions()[name] != made_by.get(name)]
    what = "; ".join(differ) or "the same versions, but other code or decoders"
    return f"{_here()} has {what}: install the same datalint there and here, and start its workers anew"


def _here() -> str:
    return f"the worker on {socket.gethostname()}"


_found: set[Seen] = set()


def _is_here(seen: Seen) -> bool:
    """Looked at once, if it is: its source may take its time to answer."""
    if seen not in _found:
        try:
            if begins(seen.item) != seen.begins:
                return False
        except OSError:
            return False
        _found.add(seen)
    return True


class _Waiting:
    """Lets processes wait between tasks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: ExitStack | None = None
        self._timer: threading.Timer | None = None

    def stay(self) -> None:
        """They wait from now on, for so many seconds."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._kept is None:
                self._kept = ExitStack()
                self._kept.enter_context(workers.kept())
            self._timer = threading.Timer(_WAITING_SECONDS, self.end)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """They wait no longer."""
        with self._lock:
            kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()


_wait_for_more = _Waiting().stay
