"""Boxes that repeat an earlier one are dropped, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repair import made
from tests.repair.repair import changed, repaired

BAD = {**made.GOOD, "a.png": [*made.GOOD["a.png"], made.GOOD["a.png"][0]]}


@pytest.mark.parametrize("form", made.FORMATS)
def test_the_first_one_stays(form: str, tmp_path: Path) -> None:
    root = made.write(form, tmp_path / "bad", BAD)
    plan, outcome = repaired(root, tmp_path / "to", "repeated-box")
    assert (len(plan.fixed), plan.left, outcome.exit_code) == (1, [], 0), str(outcome)
    ((name, (_, after)),) = changed(root, tmp_path / "to").items()
    good = made.write(form, tmp_path / "good", made.GOOD)
    if form != "coco":  # whose ids go on
        assert (good / name).read_bytes() == after
