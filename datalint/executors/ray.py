"""Ray: a cluster at an address, or one on this machine."""

from __future__ import annotations

import os
import time
from collections import deque
from importlib import import_module
from typing import TYPE_CHECKING, Any

from datalint.executors.client import Fetched, Lost, failed, words
from datalint.executors.task import Refusal, answered
from datalint.workers import cores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from datalint.executors.client import Start

_LOOKING_SECONDS = 2.0  # how often the processors are counted
_SETTLING_SECONDS = 1.0  # for the other actors, when the first has started
_CPU = 0.5  # that an actor asks for: whatever else runs there finds room
_PER_ACTOR = 2  # calls on their way: one that runs, one that waits


class _Reader:
    """Runs tasks where Ray puts it."""

    def ready(self) -> None:
        """It has started."""

    def answered(self, versions: Mapping[str, str], task: bytes) -> bytes:
        """See `task.answered`."""
        return answered(versions, task)


class Ray:
    """See `client.Engine`. One actor a processor; one that is lost is replaced by another, its calls are not."""

    def __init__(self, start: Start) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", "20")
        self._ray: Any = import_module("ray")
        self._most = start.jobs
        self._counted = 0.0
        self._waiting: deque[tuple[int, Mapping[str, str], bytes]] = deque()
        self._starting: dict[Any, Any] = {}  # from the answer of `ready` to the actor
        self._load: dict[Any, int] = {}  # of actors that have started
        self._calls: dict[Any, tuple[int, Any]] = {}
        address = start.address or os.environ.get("RAY_ADDRESS") or "local"
        own = {"num_cpus": start.jobs or cores(), "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
        try:
            self._ray.init(address, log_to_driver=False, **(own if address == "local" else {}))
        except ConnectionError as error:
            # Ray says no more than that the time is over where the other side waits for a token
            hint = "" if "RAY_AUTH_MODE" in os.environ else "; if the cluster asks for a token, set RAY_AUTH_MODE=token"
            raise ConnectionError(f"{error}{hint}") from None
        self._actor = self._ray.remote(num_cpus=_CPU, max_restarts=0)(_Reader)
        end = time.monotonic() + start.seconds
        while not self.slots() and time.monotonic() < end:
            self._ended(self._starting, _SETTLING_SECONDS)
        if not self._load:
            raise TimeoutError(f"no actor has started in {start.seconds:g} seconds")
        if self._starting:
            self._ray.wait([*self._starting], num_returns=len(self._starting), timeout=_SETTLING_SECONDS)

    def slots(self) -> int:
        """Actors that have started."""
        if time.monotonic() - self._counted > _LOOKING_SECONDS:
            processors = int(self._ray.cluster_resources().get("CPU", 0))
            wanted = min(processors, self._most) if self._most else processors
            for _ in range(wanted - len(self._load) - len(self._starting)):
                actor = self._actor.remote()
                self._starting[actor.ready.remote()] = actor
            self._counted = time.monotonic()
        for reference in self._ended(self._starting, 0):
            actor, got = self._starting.pop(reference), self._got(reference)
            if isinstance(got, Refusal):
                raise ConnectionError(got.reason)
            if not isinstance(got, Lost):
                self._load[actor] = 0
        self._flush()
        return len(self._load)

    def submit(self, number: int, versions: Mapping[str, str], task: bytes) -> None:
        """See `client.Engine`."""
        self._waiting.append((number, versions, task))
        self._flush()

    def _flush(self) -> None:
        while self._waiting and self._load:
            actor = min(self._load, key=self._load.__getitem__)
            if self._load[actor] >= _PER_ACTOR:
                return
            number, versions, task = self._waiting.popleft()
            self._calls[actor.answered.remote(versions, task)] = number, actor
            self._load[actor] += 1

    def finished(self, seconds: float) -> Iterator[tuple[int, Fetched]]:
        """See `client.Engine`."""
        for reference in self._ended(self._calls, seconds):
            number, actor = self._calls.pop(reference)
            fetched = self._got(reference)
            if isinstance(fetched, Lost):
                self._load.pop(actor, None)
                self._counted = 0.0
            elif actor in self._load:
                self._load[actor] -= 1
            self._flush()
            yield number, fetched

    def _ended(self, references: Mapping[Any, Any], seconds: float) -> list[Any]:
        if not references:
            return []
        some, rest = self._ray.wait([*references], timeout=seconds)
        more, _ = self._ray.wait(rest, num_returns=len(rest), timeout=0) if some and rest else ([], [])
        return [*some, *more]

    def _got(self, reference: Any) -> Fetched:
        errors = self._ray.exceptions
        try:
            fetched: bytes = self._ray.get(reference)
        except errors.RayTaskError as error:
            return failed(error.cause)
        except (errors.RayActorError, errors.NodeDiedError, errors.ObjectLostError, errors.OutOfMemoryError) as error:
            return Lost(words(error))
        return fetched

    def drop(self, numbers: Sequence[int]) -> None:
        """See `client.Engine`. What runs already runs to its end, and is not fetched."""
        dropped = set(numbers)
        self._waiting = deque(entry for entry in self._waiting if entry[0] not in dropped)

    def close(self) -> None:
        """See `client.Engine`."""
        self._ray.shutdown()


connected = Ray
"""From a `Start`; raises what the engine raises."""
