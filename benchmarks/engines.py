"""What engines cost on one machine: a scan without the probe, here and on clusters of this machine.

    python benchmarks/engines.py DIR [local|dask|ray ...]

Each has as many workers as there are processor cores, so that the difference is what the engine takes. Starting it is
apart. Reports must be equal, byte for byte.
"""

from __future__ import annotations

import hashlib
import sys
import time
from importlib.util import find_spec

from datalint import engine, workers


def scanned(place: str, name: str) -> str:
    """Print one line; the digest of the report."""
    start = time.monotonic()
    report = engine.scan(place, engine=name, ignore=["DL9"], isolated=True, no_cache=True)
    whole = time.monotonic() - start
    took = {stage: report.seconds.get(stage, 0.0) for stage in ("engine", "discover", "measure", "pairs", "rules")}
    rate = report.dataset.table("images").height / took["measure"]
    stages = " | ".join(f"{seconds:.1f}" for seconds in took.values())
    print(f"| {name} | {stages} | {whole:.1f} | {rate:,.0f} |", flush=True)
    return hashlib.sha256(report.render("json").encode()).hexdigest()


def main() -> None:
    place, *names = sys.argv[1:]
    names = names or [
        "local",
        *(name for name, module in (("dask", "distributed"), ("ray", "ray")) if find_spec(module)),
    ]
    print(f"{place}, {workers.cores()} cores; seconds\n")
    print("| engine | start | discover | measure | pairs | rules | whole | images/s |")
    print("|---|---|---|---|---|---|---|---|")
    digests = {scanned(place, name) for name in names}
    print("\nreports are", "equal" if len(digests) == 1 else "NOT equal")
    sys.exit(len(digests) != 1)


if __name__ == "__main__":
    main()
