from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from datalint import limits, workers
from datalint.measure.batch import Batch, measure_batch
from datalint.sources import LocalFile
from datalint.workers import Allowance, pool
from tests.measure.faults import all_named, misbehave, named, process
from tests.measure.pictures import photo
from tests.workers.faults import swollen


@pytest.fixture(autouse=True)
def no_waiting_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the suite do not count here."""
    monkeypatch.setattr(pool, "_idle", pool._Idle())


def batches(folder: Path, names: list[str], size: int = 4) -> list[Batch]:
    buffer = io.BytesIO()
    photo(1, (48, 48)).save(buffer, "PNG")
    for name in names:
        (folder / name).write_bytes(buffer.getvalue())
    items = [LocalFile(os.fsencode(folder / name), len(buffer.getvalue())) for name in names]
    return [
        Batch(np.arange(start, min(start + size, len(items)), dtype=np.uint32), items[start : start + size], "pixels")
        for start in range(0, len(items), size)
    ]


def children() -> set[int]:
    found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True)
    return {int(line.split()[0]) for line in found.stdout.splitlines() if "ps -o" not in line}


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("exit", "exit code 7"),
        ("segfault", "crashed (SIGSEGV)"),
        ("hang", "stopped after 1 second"),
        ("raise", "ArithmeticError: no luck"),
    ],
)
def test_a_fault_costs_one_file(tmp_path: Path, fault: str, cause: str) -> None:
    names = [f"fine{number}.png" for number in range(8)]
    names[2] = f"{fault}.png"
    lost, measured = {}, set()
    for batch, result, why in workers.run(misbehave, batches(tmp_path, names), jobs=2, seconds=1):
        if result is None:
            lost[int(batch.images[0])] = why
        else:
            assert result.columns["status"] == ["ok"] * len(batch)
            measured |= set(batch.images.tolist())
    assert list(lost) == [2]
    assert cause in lost[2]
    assert measured == set(range(8)) - {2}


def test_nothing_reaches_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = list(workers.run(misbehave, batches(tmp_path, ["noise.png", "segfault.png"], 1), jobs=1))
    assert sorted(outcome.result is None for outcome in outcomes) == [False, True]
    assert capfd.readouterr() == ("", "")


def test_no_process_is_left_when_the_consumer_stops(tmp_path: Path) -> None:
    before = children()
    outcomes = workers.run(misbehave, batches(tmp_path, ["fine.png", "hang1.png", "hang2.png"], 1), jobs=2)
    assert next(outcomes).result is not None
    start = time.monotonic()
    outcomes.close()
    assert time.monotonic() - start < 10
    assert children() == before


def test_batches_are_drawn_as_they_are_needed(tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, ["fine.png"])
    drawn = 0

    def endless() -> Iterator[Batch]:
        nonlocal drawn
        while True:
            drawn += 1
            yield batch

    outcomes = workers.run(measure_batch, endless(), jobs=1)
    for _ in range(3):
        next(outcomes)
    time.sleep(0.3)
    outcomes.close()
    assert drawn <= 10


def test_workers_import_neither_polars_nor_torch() -> None:
    imports = (
        "import sys, datalint.workers.child, datalint.measure.batch, datalint.pairs.decode, datalint.pixels.thumbnail"
    )
    program = f"{imports}; print('polars' in sys.modules, 'torch' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_interruption_is_clean(tmp_path: Path) -> None:
    batches(tmp_path, ["hang.png"])
    program = f"""
import os, sys, threading, time, signal
sys.path[:0] = {sys.path!r}
import numpy as np
from tests.measure.faults import misbehave
from datalint import limits, workers
from datalint.sources import LocalFile
from datalint.measure.batch import Batch
threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    hanging = Batch(np.arange(1), [LocalFile({os.fsencode(tmp_path / "hang.png")!r})], "pixels")
    list(workers.run(misbehave, [hanging], jobs=1))
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_each_answer_is_at_its_place(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(20)]
    names[7] = "exit.png"
    files = [LocalFile(os.fsencode(tmp_path / name)) for name in names]
    expected = [name if name != "exit.png" else None for name in names]
    assert workers.each(named, files, jobs=2, most=3) == expected
    assert workers.each(named, files[:5], jobs=0) == expected[:5]
    assert workers.each(named, [], jobs=2) == []


def test_several_are_done_at_once(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(20)]
    names[7] = "exit.png"
    files = [LocalFile(os.fsencode(tmp_path / name)) for name in names]
    expected = [name if name != "exit.png" else None for name in names]
    assert workers.several(all_named, files, jobs=2, most=5) == expected
    assert workers.several(all_named, files[:5], jobs=0) == expected[:5]


def test_workers_wait_for_the_next_use(tmp_path: Path) -> None:
    before = children()
    files = [LocalFile(os.fsencode(tmp_path / f"{number}.png")) for number in range(3)]
    with workers.kept(), workers.kept():
        [first] = set(workers.each(process, files, jobs=1))
        assert children() == before | {first}
        assert set(workers.each(process, files, jobs=1)) == {first}
        outcomes = workers.run(misbehave, batches(tmp_path, ["fine.png", "hang1.png"], 1), jobs=1)
        next(outcomes)
        outcomes.close()  # it may be busy: it does not come back
        assert children() == before
        [second] = set(workers.each(process, files, jobs=1))
        os.kill(int(second or 0), 9)
        time.sleep(0.2)
        [third] = set(workers.each(process, files, jobs=1))
        assert third not in (None, second)
    assert children() == before
    workers.each(process, files, jobs=1)
    assert children() == before


def test_workers_serve_the_conditions_that_they_started_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = [LocalFile(os.fsencode(tmp_path / "a.png"))]
    with workers.kept():
        [first] = workers.each(process, file, jobs=1)
        monkeypatch.chdir(tmp_path)
        [second] = workers.each(process, file, jobs=1)
        monkeypatch.setenv("WHATEVER", "1")
        [third] = workers.each(process, file, jobs=1)
        assert len({first, second, third}) == 3
        assert [third] == workers.each(process, file, jobs=1)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not count the memory of data")
def test_memory_is_limited(tmp_path: Path) -> None:
    """A file that needs more is one file that cannot be decoded, and the worker goes on."""
    from PIL import Image

    Image.new("RGB", (9000, 9000)).save(tmp_path / "0.png")
    photo(1, (48, 48)).save(tmp_path / "1.png")
    items = [LocalFile(os.fsencode(tmp_path / name)) for name in ("0.png", "1.png")]
    with limits.applied("image-memory=0.2"):
        [outcome] = workers.run(measure_batch, [Batch(np.arange(2, dtype=np.uint32), items, "pixels")], jobs=1)
    assert outcome.result is not None
    assert outcome.result.columns["status"] == ["unreadable", "ok"]
    assert outcome.result.columns["cause"] == ["there is not enough memory to decode it", None]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say how much a process holds")
def test_a_worker_that_has_grown_does_not_wait_for_the_next_use() -> None:
    """What it holds would count against the next file."""
    before = children()
    with workers.kept():
        workers.call(swollen, 1000, Allowance(60, 4 << 30))
        assert len(children() - before) == 1
        workers.call(swollen, 3 << 29, Allowance(60, 4 << 30))
        assert children() == before
