"""A cluster of Dask: a scheduler and two workers, each with its nanny, as on three machines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from datalint import limits
from datalint.executors import Cluster, EngineError
from tests.executors import checks
from tests.sources.servers import Store, below, serving

distributed: Any = pytest.importorskip("distributed")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these processes are ended by signals")


class Machines:
    """Processes that stand for them."""

    def __init__(self, folder: Path, workers: int, worker: Sequence[str] = ("-m", "dask", "worker")) -> None:
        """`worker` is the program of a worker, for the interpreter."""
        self._folder, self._worker = folder, worker
        file = folder / "scheduler.json"
        self.scheduler = self._started(
            "-m",
            "dask",
            "scheduler",
            "--dashboard-address",
            "127.0.0.1:0",
            "--port",
            "0",
            "--scheduler-file",
            str(file),
        )
        end = time.monotonic() + 60
        while not file.exists() or not file.read_text():
            assert time.monotonic() < end
            time.sleep(0.05)
        self.address: str = json.loads(file.read_text())["address"]
        self.nannies = [self.nanny() for _ in range(workers)]

    def nanny(self) -> subprocess.Popen[bytes]:
        options = ["--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--local-directory", str(self._folder)]
        return self._started(*self._worker, self.address, *options)

    def _started(self, *command: str) -> subprocess.Popen[bytes]:
        program = [sys.executable, *command, "--host", "127.0.0.1"]
        environment = os.environ | {"PYTHONPATH": str(checks.ROOT)}
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(program, cwd=self._folder, stdout=log, stderr=log, env=environment)

    def processes(self) -> list[int]:
        """Those of the workers."""
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.nannies), timeout=60)
            return list(client.run(os.getpid).values())

    def close(self) -> None:
        for process in (*self.nannies, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    found = Machines(tmp_path_factory.mktemp("dask"), 2)
    yield found
    found.close()


@pytest.fixture(scope="module")
def cluster(machines: Machines) -> Iterator[Cluster]:
    machines.processes()
    with Cluster("dask", machines.address, None) as found:
        assert found.slots() == 2
        yield found


def test_tables_are_equal(machines: Machines) -> None:
    checks.tables_are_equal(machines.address)


def test_members_of_an_archive_are_read_there(machines: Machines, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "labels.tar", "w") as archive:
        archive.add(checks.ROOT / "fixtures" / "datasets" / "labels", "labels")
    checks.tables_are_equal(machines.address, tmp_path)


def test_objects_of_a_store_are_read_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """By workers that have the credentials in their environment: of a cluster of this machine they do."""
    pytest.importorskip("obstore")
    store = Store(below(checks.ROOT / "fixtures" / "datasets" / "labels"))
    with serving(store, monkeypatch) as url:
        checks.tables_are_equal("dask", url)


@pytest.mark.parametrize(
    "check",
    [
        checks.a_fault_costs_one_file,
        checks.a_use_may_end_early,
        checks.other_files_are_refused,
    ],
)
def test_what_holds_of_engines(cluster: Cluster, tmp_path: Path, check: Callable[[Cluster, Path], None]) -> None:
    check(cluster, tmp_path)


def test_crops_are_equal(cluster: Cluster) -> None:
    checks.crops_are_equal(cluster)


def test_other_versions_are_refused(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks.other_versions_are_refused(cluster, tmp_path, monkeypatch)


def test_all_rows_are_kept_when_a_worker_is_killed(cluster: Cluster, machines: Machines, tmp_path: Path) -> None:
    victim = machines.processes()[0]
    checks.all_rows_are_kept(cluster, tmp_path, lambda: os.kill(victim, signal.SIGKILL))


def test_all_rows_are_kept_when_a_machine_is_killed(cluster: Cluster, machines: Machines, tmp_path: Path) -> None:
    """Its nanny, and with that its worker."""
    machines.processes()
    checks.all_rows_are_kept(cluster, tmp_path, machines.nannies[0].kill)
    machines.nannies[0].wait()
    machines.nannies[0] = machines.nanny()


def test_a_scheduler_that_is_killed_ends_the_scan(tmp_path: Path) -> None:
    machines = Machines(tmp_path, 1)
    try:
        start = time.monotonic()
        done = checks.scan(machines.address, f"kill -9 {machines.scheduler.pid}")
        checks.ends_with_one_line(done, "went away, so the scan is not finished")
        assert time.monotonic() - start < 60
    finally:
        machines.close()


def test_a_cluster_whose_workers_have_all_ended(tmp_path: Path) -> None:
    machines = Machines(tmp_path, 1)
    try:
        with Cluster("dask", machines.address, None) as cluster:
            cluster._seconds = 4.0
            with pytest.raises(EngineError, match="has had no worker for 4 seconds"):
                checks.all_rows_are_kept(cluster, tmp_path, machines.nannies[0].kill)
        with limits.applied("engine-seconds=1"), pytest.raises(EngineError, match="cannot be reached: "):
            Cluster("dask", machines.address, None)
    finally:
        machines.close()


#: A worker on a machine without datalint.
WITHOUT = """
import sys
sys.modules["datalint"] = None
from distributed.cli.dask_worker import main
main()
"""


def test_workers_without_datalint(tmp_path: Path) -> None:
    machines = Machines(tmp_path, 1, ("-c", WITHOUT, "--no-nanny"))
    try:
        with (
            Cluster("dask", machines.address, None) as cluster,
            pytest.raises(EngineError, match=r"cannot import datalint \(.*\): install the same there and here"),
        ):
            checks.crops_are_equal(cluster)
    finally:
        machines.close()


@pytest.mark.parametrize(
    ("signal", "code", "line"), [("INT", 130, "datalint: error: interrupted"), ("KILL", -signal.SIGKILL, "")]
)
def test_a_cluster_of_this_machine_ends_with_the_scan(signal: str, code: int, line: str) -> None:
    done = checks.scan("dask", f"kill -{signal} $PPID", "-j", "1")
    assert (done.returncode, done.stdout, done.stderr.strip()) == (code, "", line)
    assert checks.left() == []
