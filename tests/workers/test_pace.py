"""A process more is started where it pays."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from datalint import workers
from datalint.sources import LocalFile
from datalint.workers import pace, pool
from datalint.workers.pace import Pace
from tests.workers.rest import rested


@pytest.fixture(autouse=True)
def no_waiting_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the suite do not count here."""
    monkeypatch.setattr(pool, "_idle", pool._Idle())


def answered(question: Callable[[], bool]) -> tuple[bool, float]:
    """What it says, and after how many seconds."""
    start = time.monotonic()
    return question(), time.monotonic() - start


def test_what_is_left_is_small() -> None:
    work = Pace(100)
    work.done(10, 0.25)  # of which most may be imports
    threading.Timer(0.1, work.done, (40, 0.04)).start()
    threading.Timer(0.2, work.end).start()
    assert answered(lambda: work.pays(1))[0] is False


def test_what_is_left_is_much() -> None:
    work = Pace(1000)
    work.done(10, 0.3)
    said, seconds = answered(lambda: work.pays(1))
    assert said
    assert seconds < 0.3
    assert answered(lambda: work.pays(9))[0]
    threading.Timer(0.1, work.end).start()
    assert not work.pays(20)  # nine seconds of work are not worth twenty starts


def test_nothing_comes_for_a_while() -> None:
    """The first files are large, or one hangs: the others do not wait for it."""
    work = Pace(10)
    threading.Timer(0.5, work.begin).start()
    said, seconds = answered(lambda: work.pays(1))
    assert said
    assert 0.8 < seconds < 5


def test_what_others_do_is_told() -> None:
    work = Pace(1000)
    work.begin()
    threading.Timer(0.1, work.done, (10, 1.2)).start()
    said, seconds = answered(lambda: work.pays(1))
    assert said
    assert seconds < 0.45


@pytest.mark.parametrize(("seconds", "most"), [(0.0, 1), (0.05, 4)])
def test_small_work_takes_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, most: int
) -> None:
    monkeypatch.setattr(pace, "_QUIET", 60.0)  # a loaded machine may do nothing for a while
    monkeypatch.setattr(pace, "_COLD", 60.0)
    monkeypatch.setattr(pace, "_PAYS", 4.0)
    files = [LocalFile(os.fsencode(tmp_path / f"{seconds}-{number}")) for number in range(200)]
    found = workers.each(rested, files, jobs=4)
    assert None not in found
    assert len(set(found)) == 1 if most == 1 else 1 < len(set(found)) <= most


def test_without_a_number_of_files_all_start(tmp_path: Path) -> None:
    batches = [pool._Tasks([number], [LocalFile(os.fsencode(tmp_path / f"0.3-{number}"))]) for number in range(8)]
    found = list(workers.run(_both, batches, jobs=2))
    assert len({outcome.result for outcome in found}) == 2


def _both(batch: pool._Tasks[LocalFile]) -> int:
    return rested(batch.tasks[0])
