"""Where batches run: `local` is `workers.run` itself; an engine runs them on other machines, behind the same seam.

    this machine                                     the engine's workers
    workers.run ─► Cluster ─► client (a process) ─► task ─► a datalint worker that reads the files
    cluster.py                client.py              task.py
                              dask.py or ray.py

The client of an engine lives in a process of its own, because it may log, hang, or end its process when the cluster
goes away. The files are read in processes that a task starts where it runs, because an engine that loses a worker to a
file would lose the next one to it as well.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from datalint import workers
from datalint.config.settings import ConfigError
from datalint.executors.cluster import Cluster, EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.config.settings import Config

LOCAL = "local"
#: How an engine, or its cluster's address, begins -> the adapter, and what must be installed for it.
_ENGINES = {
    "dask": ("dask", ("distributed",)),
    "tcp://": ("dask", ("distributed",)),
    "tls://": ("dask", ("distributed",)),
    "ray": ("ray", ("ray",)),
    "ray://": ("ray", ("ray", "grpc")),
}


@contextmanager
def engaged(settings: Config) -> Iterator[Cluster | None]:
    """Within it the engine of the settings runs all batches; None where that is this machine.

    Raises ConfigError where it cannot be used here, and EngineError where it cannot be reached.
    """
    if settings.engine == LOCAL:
        yield None
        return
    name, needed = _ENGINES[next(form for form in sorted(_ENGINES, reverse=True) if settings.engine.startswith(form))]
    if lacking := [module for module in needed if find_spec(module) is None]:
        raise ConfigError(
            f"--engine {settings.engine} needs {' and '.join(lacking)}: pip install '.[{name}]' (the extra "
            f"datalint-vision[{name}])"
        )
    if settings.jobs == 0:
        raise ConfigError(f"--jobs 0 measures in this process, and --engine {settings.engine} on other machines")
    address = settings.engine if "://" in settings.engine else None
    with Cluster(name, address, settings.jobs) as cluster, workers.elsewhere(cluster):
        yield cluster


__all__ = ["Cluster", "EngineError", "engaged"]
