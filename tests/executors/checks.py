"""What must hold of every engine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from datalint import engine, workers
from datalint.executors import Cluster, EngineError
from datalint.measure.batch import Batch, measure_batch
from datalint.measure.crops import crops
from datalint.report import Report
from datalint.sources import LocalFile
from tests.executors.faults import slowly
from tests.measure.faults import misbehave
from tests.workers.test_pool import batches

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "fixtures" / "datasets" / "demo"

MARK = "OF_A_TEST_OF_ENGINES"
#: Runs the command; when the first images have been measured, a shell command that is its first argument.
SCAN = """
import subprocess, sys
from contextlib import contextmanager
import datalint.cli.progress
from datalint.cli import main
action, sys.argv[1:] = sys.argv[1], sys.argv[2:]
def measured(stage, done, total):
    global action
    if stage == "measure" and action:
        subprocess.run(action, shell=True, check=True)
        action = ""
@contextmanager
def bars(*, enabled):
    yield measured
datalint.cli.progress.bars = bars
main(sys.argv[1:])
"""


def tables_are_equal(address: str, place: Path | str = DEMO) -> None:
    """Those of a whole scan, its findings and its pictures, here and there."""

    def scanned(where: str) -> Report:
        return engine.scan(place, engine=where, ignore=["DL9"], isolated=True, no_cache=True, jobs=2, pictures=True)

    here, there = scanned("local"), scanned(address)
    assert there.seconds["engine"] > 0
    assert here.tables.keys() == there.tables.keys()
    for name, table in here.tables.items():
        assert_frame_equal(table, there.tables[name])
    assert here.render("json") == there.render("json")
    assert here.pictures == there.pictures != {}
    assert here.dataset.thumbnails is not None
    np.testing.assert_array_equal(here.dataset.thumbnails, there.dataset.thumbnails)


def crops_are_equal(cluster: Cluster) -> None:
    """Parts of images, as the probe sees them."""
    data = engine.scan(DEMO, select=["DL204"], isolated=True, no_cache=True).dataset
    images = np.arange(40, 60, dtype=np.int64)
    edges = np.tile(np.array([4.0, 4.0, 20.0, 24.0]), (20, 1))
    here = crops(data, images, edges, 16)
    with workers.elsewhere(cluster):
        there = crops(data, images, edges, 16)
    for one, other in zip(here, there, strict=True):
        assert one.any()
        np.testing.assert_array_equal(one, other)


def a_fault_costs_one_file(cluster: Cluster, folder: Path) -> None:
    names = [f"fine{number}.png" for number in range(20)]
    names[2], names[9], names[15] = "exit.png", "segfault.png", "raise.png"
    lost, measured = {}, []
    with workers.elsewhere(cluster):
        for batch, result, why in workers.run(misbehave, batches(folder, names), seconds=5):
            if result is None:
                lost[int(batch.images[0])] = why
            else:
                assert result.columns["status"] == ["ok"] * len(batch)
                measured += batch.images.tolist()
    assert sorted(lost) == [2, 9, 15]
    assert "exit code 7" in lost[2]
    assert "crashed (SIGSEGV)" in lost[9]
    assert "ArithmeticError: no luck" in lost[15]
    assert sorted(measured) == sorted(set(range(20)) - lost.keys())


def all_rows_are_kept(cluster: Cluster, folder: Path, kill: Callable[[], None], files: int = 80) -> None:
    """Once each, though `kill` ends some of it when the first have been measured."""
    measured: list[int] = []
    with workers.elsewhere(cluster):
        for batch, result, why in workers.run(slowly, batches(folder, [f"{n}.png" for n in range(files)], 2)):
            assert result is not None, why
            if not measured:
                kill()
            measured += batch.images.tolist()
    assert sorted(measured) == list(range(files))


def a_use_may_end_early(cluster: Cluster, folder: Path) -> None:
    """Then nothing more is drawn, what was on its way is forgotten, and the next use begins afresh."""
    (batch,) = batches(folder, ["fine.png"])
    drawn = 0

    def endless() -> Iterator[Batch]:
        nonlocal drawn
        while True:
            drawn += 1
            yield batch

    with workers.elsewhere(cluster):
        outcomes = workers.run(slowly, endless())
        for _ in range(3):
            next(outcomes)
        time.sleep(0.5)
        outcomes.close()
        assert drawn <= 5 * cluster.slots() + 3
        [outcome] = workers.run(measure_batch, [batch])
    assert outcome.result is not None
    assert outcome.batch is batch


def other_files_are_refused(cluster: Cluster, folder: Path) -> None:
    file = folder / "changes.bin"
    file.write_bytes(b"one")
    cluster.expect([LocalFile(bytes(file)), LocalFile(bytes(folder / "not-there"))])
    file.write_bytes(b"another")
    with pytest.raises(EngineError, match=r"does not see .*changes\.bin as this machine does: .* at the same place"):
        _run_one(cluster, folder)
    cluster.expect([])
    _run_one(cluster, folder)


def other_versions_are_refused(cluster: Cluster, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datalint.executors import task

    for name, message in (
        ("datalint", r"has datalint \S+, not changed: install the same datalint there and here"),
        ("code", "has the same versions, but other code or decoders: install the same"),
    ):
        changed = {**task.versions(), name: "changed"}
        with monkeypatch.context() as patch:
            patch.setattr("datalint.executors.cluster.versions", lambda changed=changed: changed)
            with pytest.raises(EngineError, match=message):
                _run_one(cluster, folder)
    _run_one(cluster, folder)


def _run_one(cluster: Cluster, folder: Path) -> None:
    with workers.elsewhere(cluster):
        [outcome] = workers.run(measure_batch, batches(folder, ["fine.png"]))
    assert outcome.result is not None


def scan(address: str, action: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The command, with a shell command that is run when the first images have been measured."""
    arguments = ["scan", str(DEMO), "--engine", address, "--ignore", "DL9", "--isolated", "--no-cache", *options]
    return subprocess.run(
        [sys.executable, "-c", SCAN, action, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=150,
        env=os.environ | {MARK: str(os.getpid())},
    )


def left() -> list[str]:
    """Processes that a scan of this process has started, and that still run ten seconds later."""
    end = time.monotonic() + 10
    while (found := [*_marked()]) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def _marked() -> Iterator[str]:
    mark = f"{MARK}={os.getpid()}".encode()
    for process in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        with suppress(OSError):
            if process.name.isdigit() and mark in (process / "environ").read_bytes().split(b"\0"):
                yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def ends_with_one_line(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("datalint: error: ")
    assert words in line
