"""What runs in a worker of an engine, called here."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path

import pytest

from datalint.executors import task
from datalint.executors.task import Refusal, Seen, Task, answered, versions
from datalint.sources import LocalFile
from datalint.workers import pool
from tests.measure.faults import misbehave
from tests.workers.test_pool import batches, children


@pytest.fixture(autouse=True)
def no_waiting_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the suite do not count here."""
    monkeypatch.setattr(pool, "_idle", pool._Idle())
    monkeypatch.setattr(task, "_wait_for_more", task._Waiting().stay)


def pickled(folder: Path, names: list[str], seen: tuple[Seen, ...] = ()) -> bytes:
    (batch,) = batches(folder, names)
    return pickle.dumps(Task(misbehave, batch, 5.0, 1 << 30, seen))


def test_a_batch_is_measured_in_another_process(tmp_path: Path) -> None:
    [(result, cause)] = pickle.loads(answered(versions(), pickled(tmp_path, ["a.png", "b.png"])))
    assert (result.columns["status"], cause) == (["ok", "ok"], "")
    [(first, _), (second, why)] = pickle.loads(answered(versions(), pickled(tmp_path, ["a.png", "exit.png"])))
    assert first.columns["status"] == ["ok"]
    assert (second, why) == (None, "reading it ended the process with exit code 7")


def test_processes_wait_for_more_and_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "_WAITING_SECONDS", 1.0)
    before = children()
    answered(versions(), pickled(tmp_path, ["a.png"]))
    waiting = children() - before
    assert len(waiting) == 1
    answered(versions(), pickled(tmp_path, ["a.png"]))
    assert children() - before == waiting
    end = time.monotonic() + 10
    while children() != before and time.monotonic() < end:
        time.sleep(0.1)
    assert children() == before


def test_a_task_of_another_datalint_is_not_even_unpickled() -> None:
    class Never:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, ("/never",)

    made_by = {**versions(), "datalint": "9.9", "Pillow": "1.0"}
    refused = pickle.loads(answered(made_by, pickle.dumps(Never())))
    assert isinstance(refused, Refusal)
    own = versions()
    assert (
        f"has datalint {own['datalint']}, not 9.9; Pillow {own['Pillow']}, not 1.0: install the same" in refused.reason
    )


def test_files_that_are_not_here(tmp_path: Path) -> None:
    missing = LocalFile(bytes(tmp_path / "missing.png"))
    refused = pickle.loads(answered(versions(), pickled(tmp_path, ["a.png"], (Seen(missing, b"5"),))))
    assert isinstance(refused, Refusal)
    assert f"does not see {missing.path} as this machine does" in refused.reason
