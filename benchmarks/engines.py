"""What engines cost on one machine: a scan without the probe, here and on clusters of this machine.

    python benchmarks/engines.py DIR [local|dask|ray ...]

Each has as many workers as there are processor cores, so that the difference is what the engine takes. Starting it is
apart. CPU is that of all processes, the engine's among them, its start included; needs psutil. Reports must be equal,
byte for byte.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import time
from importlib.util import find_spec

import psutil

from datalint import engine, workers


class Spent(threading.Thread):
    """CPU seconds of this process and all below it, looked at five times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._ended = threading.Event()
        self._least: dict[int, float] = {}
        self._most: dict[int, float] = {}
        self._look(self._least)

    def _look(self, into: dict[int, float]) -> None:
        own = psutil.Process()
        for process in (own, *own.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            into[process.pid] = times.user + times.system

    def run(self) -> None:
        while not self._ended.wait(0.2):
            self._look(self._most)

    def seconds(self) -> float:
        self._ended.set()
        self.join()
        return sum(self._most.values()) - sum(self._least.values())


def scanned(place: str, name: str) -> str:
    """Print one line; the digest of the report."""
    spent = Spent()
    spent.start()
    start = time.monotonic()
    report = engine.scan(place, engine=name, ignore=["DL9"], isolated=True, no_cache=True)
    whole = time.monotonic() - start
    took = {stage: report.seconds.get(stage, 0.0) for stage in ("engine", "discover", "measure", "pairs", "rules")}
    rate = report.dataset.table("images").height / took["measure"]
    stages = " | ".join(f"{seconds:.1f}" for seconds in took.values())
    print(f"| {name} | {stages} | {whole:.1f} | {spent.seconds():.1f} | {rate:,.0f} |", flush=True)
    return hashlib.sha256(report.render("json").encode()).hexdigest()


def main() -> None:
    place, *names = sys.argv[1:]
    installed = [name for name, module in (("dask", "distributed"), ("ray", "ray")) if find_spec(module)]
    names = names or ["local", *installed]
    print(f"{place}, {workers.cores()} cores; seconds\n")
    print("| engine | start | discover | measure | pairs | rules | whole | CPU | images/s |")
    print("|---|---|---|---|---|---|---|---|---|")
    digests = {scanned(place, name) for name in names}
    print("\nreports are", "equal" if len(digests) == 1 else "NOT equal")
    sys.exit(len(digests) != 1)


if __name__ == "__main__":
    main()
