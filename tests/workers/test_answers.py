from __future__ import annotations

import pytest

from datalint import workers
from datalint.workers import Allowance, process
from tests.workers.faults import tabulated

_ALLOWANCE = Allowance(60, 4 << 30)


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("rows", [0, 10, 100_000])
def test_tables_arrive_as_they_are(rows: int, seen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large ones as files where the parent can open them, and the others as ever."""
    if not seen:
        monkeypatch.setattr(process, "files_are_seen", lambda _: False)
    found, _ = workers.call(tabulated, rows, _ALLOWANCE)
    assert found.equals(tabulated(rows)[0])
    assert found.schema == tabulated(rows)[0].schema


def test_the_files_are_closed_with_the_next_task_and_what_was_read_stays() -> None:
    with workers.kept():
        workers.call(tabulated, 10, _ALLOWANCE)
        first, before = workers.call(tabulated, 100_000, _ALLOWANCE)
        _, after = workers.call(tabulated, 10, _ALLOWANCE)
    assert after == before
    assert first.equals(tabulated(100_000)[0])
