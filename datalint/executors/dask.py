"""Dask: a scheduler at an address, or workers on this machine."""

from __future__ import annotations

import queue
import time
import uuid
from importlib import import_module
from typing import TYPE_CHECKING, Any

from datalint.executors.client import Fetched, Lost, failed
from datalint.executors.task import EXPRESSION
from datalint.workers import cores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from datalint.executors.client import Start

_LOOKING_SECONDS = 2.0  # how often the workers are counted
_FETCHING_SECONDS = 20.0  # for one answer, whose worker may have ended since


class Dask:
    """See `client.Engine`."""

    def __init__(self, start: Start) -> None:
        self._distributed: Any = import_module("distributed")
        self._cluster: Any = None
        self._most = start.jobs
        self._name = f"datalint-{uuid.uuid4().hex[:12]}"  # others may use the same cluster
        self._futures: dict[int, Any] = {}
        self._done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._counted, self._slots = 0.0, 0
        dask = import_module("dask")
        dask.config.set({"distributed.comm.timeouts.connect": f"{start.seconds}s"})
        address = start.address or dask.config.get("scheduler-address", None)
        if address is None:
            self._cluster = self._distributed.LocalCluster(
                n_workers=start.jobs or cores(), threads_per_worker=1, dashboard_address=None, memory_limit=None
            )
        self._client: Any = self._distributed.Client(
            address or self._cluster, timeout=start.seconds, set_as_default=False
        )
        self._client.wait_for_workers(1, timeout=start.seconds)

    def slots(self) -> int:
        """Threads of all workers."""
        if time.monotonic() - self._counted > _LOOKING_SECONDS:
            threads = sum(self._client.nthreads().values())
            self._slots = min(threads, self._most) if self._most else threads
            self._counted = time.monotonic()
        return self._slots

    def submit(self, number: int, versions: Mapping[str, str], task: bytes) -> None:
        """See `client.Engine`."""
        given = {"versions": dict(versions), "task": task}
        self._await(number, self._client.submit(eval, EXPRESSION, given, key=f"{self._name}-{number}", pure=False))

    def _await(self, number: int, future: Any) -> None:
        self._futures[number] = future
        future.add_done_callback(lambda _: self._done.put(number))

    def finished(self, seconds: float) -> Iterator[tuple[int, Fetched]]:
        """See `client.Engine`."""
        try:
            number = self._done.get(timeout=seconds)
            while True:
                if (future := self._futures.pop(number, None)) is not None:
                    try:
                        fetched = self._fetched(future)
                    except TimeoutError:  # it is being made again, or the way is slow
                        self._await(number, future)
                        return
                    yield number, fetched
                number = self._done.get_nowait()
        except queue.Empty:
            return

    def _fetched(self, future: Any) -> Fetched:
        if future.status == "cancelled":
            raise ConnectionError("the connection to its scheduler is lost")
        if future.status != "error":
            fetched: bytes = future.result(timeout=_FETCHING_SECONDS)
            return fetched
        error = future.exception(timeout=_FETCHING_SECONDS)
        if isinstance(error, self._distributed.scheduler.KilledWorker):
            return Lost("Dask gave it up")
        return failed(error)

    def drop(self, numbers: Sequence[int]) -> None:
        """See `client.Engine`."""
        for number in numbers:
            if (future := self._futures.pop(number, None)) is not None:
                future.cancel()

    def close(self) -> None:
        """See `client.Engine`."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


connected = Dask
"""From a `Start`; raises what the engine raises."""
