"""Recordings in several splits are taken out of one."""

from __future__ import annotations

from pathlib import Path

from datalint.repair.changes import Policy
from tests.repair.repair import planned, repaired


def test_the_pictures_of_a_source_leave_one_split(fixtures: Path, tmp_path: Path) -> None:
    root = fixtures / "group-leak/bad"
    plan, outcome = repaired(root, tmp_path / "to", "group-leak", policy=Policy(out_of="test"))
    assert plan.removed
    assert all(path.startswith("test/") for path in plan.removed)
    assert (outcome.remaining, outcome.differing) == ([], [])
    assert "--out-of" in planned(root, "group-leak").left[0].refusal.reason
