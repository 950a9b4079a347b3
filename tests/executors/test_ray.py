"""A cluster of Ray: a head without a processor and two nodes with one each, as on three machines."""

from __future__ import annotations

import os
import signal
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from datalint.executors import Cluster
from tests.executors import checks

pytest.importorskip("ray")

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="Ray's processes are found in /proc")


class Machines:
    """Processes that stand for them."""

    def __init__(self, nodes: int) -> None:
        from ray import cluster_utils

        self._cluster: Any = cluster_utils.Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
        )
        self.nodes = [self.node() for _ in range(nodes)]
        self.head: Any = self._cluster.head_node
        os.environ["RAY_ADDRESS"] = self._cluster.address

    def node(self) -> Any:
        return self._cluster.add_node(num_cpus=1)

    def kill(self, node: Any) -> None:
        self._cluster.remove_node(node, allow_graceful=False)

    def reader(self) -> int:
        """A process in which datalint's tasks run, of the first node."""
        raylets = [process.pid for kind, process in self.nodes[0].live_processes() if kind == "raylet"]
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if process.name.isdigit() and b"ray::_Reader" in (process / "cmdline").read_bytes():
                    parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                    if parent in raylets:
                        return int(process.name)
        raise AssertionError("no actor is on the first node")

    def close(self) -> None:
        os.environ.pop("RAY_ADDRESS", None)
        self._cluster.shutdown()


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    found = Machines(2)
    yield found
    found.close()


@pytest.fixture(scope="module")
def cluster(machines: Machines) -> Iterator[Cluster]:
    with Cluster("ray", None, None) as found:
        assert found.slots() >= 1
        yield found


def test_tables_are_equal(machines: Machines) -> None:
    checks.tables_are_equal("ray")


def test_members_of_an_archive_are_read_there(machines: Machines, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "labels.tar", "w") as archive:
        archive.add(checks.ROOT / "fixtures" / "datasets" / "labels", "labels")
    checks.tables_are_equal("ray", tmp_path)


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
    checks.all_rows_are_kept(cluster, tmp_path, lambda: os.kill(machines.reader(), signal.SIGKILL))


def test_all_rows_are_kept_when_a_machine_is_killed(cluster: Cluster, machines: Machines, tmp_path: Path) -> None:
    checks.all_rows_are_kept(cluster, tmp_path, lambda: machines.kill(machines.nodes[0]))
    machines.nodes[0] = machines.node()


def test_a_head_that_is_killed_ends_the_scan(machines: Machines) -> None:
    """The last test of this cluster."""
    start = time.monotonic()
    pids = [process.pid for _, process in machines.head.live_processes()]
    done = checks.scan("ray", f"kill -9 {' '.join(map(str, pids))}")
    checks.ends_with_one_line(done, "went away, so the scan is not finished")
    assert time.monotonic() - start < 90


def test_interruption_ends_a_cluster_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves no process of it."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    done = checks.scan("ray", "kill -INT $PPID", "-j", "1")
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "datalint: error: interrupted")
    assert checks.left() == []
