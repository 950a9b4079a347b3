"""Boxes without area are dropped, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repair import made
from tests.repair.repair import changed, repaired

BAD = {**made.GOOD, "a.png": [made.GOOD["a.png"][0], (30, 6, 30, 40), made.GOOD["a.png"][1]]}


@pytest.mark.parametrize("form", made.FORMATS)
def test_the_record_alone_goes(form: str, tmp_path: Path) -> None:
    root = made.write(form, tmp_path / "bad", BAD)
    plan, outcome = repaired(root, tmp_path / "to", "degenerate-box")
    assert (len(plan.fixed), plan.left, outcome.exit_code) == (1, [], 0), str(outcome)
    ((name, (before, after)),) = changed(root, tmp_path / "to").items()
    assert before is not None
    assert after is not None
    # What is left stood there, in this order: the bytes before the record and those behind it.
    same = next((at for at, (one, two) in enumerate(zip(before, after, strict=False)) if one != two), len(after))
    removed = len(before) - len(after)
    assert any(before[:at] + before[at + removed :] == after for at in range(same, max(same - removed, 0) - 1, -1)) or (
        form == "jsonl"  # the box and its class stand in two lists
    )
    if form not in ("yolo", "jsonl", "createml"):
        assert removed > 30
    good = made.write(form, tmp_path / "good", made.GOOD)
    if form != "coco":  # whose ids go on
        assert (good / name).read_bytes() == after
