"""How much is read of a file, and how many of its faults are kept."""

from __future__ import annotations

import pytest

from datalint.dataset.containers import problems as module
from datalint.dataset.containers.limits import ALWAYS_READ_AGAIN, MOST_READ_AGAIN, Effort
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Place, Problem


def problem(line: int) -> Problem:
    return Problem("syntax", Place("t.csv", line), f"fault {line}", "none")


def test_effort_grows_with_the_file_and_ends() -> None:
    effort = Effort(1000)
    assert effort.spend(MOST_READ_AGAIN * 1000 + ALWAYS_READ_AGAIN)
    assert not effort.spend(1)
    assert effort.left < 0


@pytest.mark.parametrize("kept", [1, 3, 10])
def test_problems_beyond_the_limit_are_counted(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PROBLEMS", kept)
    found = Problems(map(problem, range(1, 4)))
    found.append(problem(4))
    found += [problem(5)]
    found.several(5, map(problem, range(6, 11)))
    assert [one.line for one in found] == list(range(1, min(kept, 10) + 1))
    lost = 10 - kept
    assert found[-1].reason == (
        f"fault {kept}; {lost} more problems like this or others are not listed" if lost else "fault 10"
    )


def test_no_more_problems_are_made_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PROBLEMS", 3)
    made: list[int] = []

    def make(line: int) -> Problem:
        made.append(line)
        return problem(line)

    found = Problems()
    found.several(1_000_000, map(make, range(1_000_000)))
    assert made == [0, 1, 2]
    assert "999,997 more" in found[-1].reason
