"""Pictures with a near copy in another split are taken out of one."""

from __future__ import annotations

from pathlib import Path

from datalint.repair.changes import Policy
from tests.repair.repair import planned, repaired


def test_out_of_either(fixtures: Path, tmp_path: Path) -> None:
    root = fixtures / "near-split-leak/bad"
    for split in ("train", "test"):
        plan, outcome = repaired(root, tmp_path / split, "near-split-leak", policy=Policy(out_of=split))
        assert plan.removed
        assert all(path.startswith(f"{split}/") for path in plan.removed)
        assert (outcome.remaining, outcome.differing) == ([], [])
    assert "--out-of" in planned(root, "near-split-leak").left[0].refusal.reason
