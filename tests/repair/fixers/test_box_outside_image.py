"""Boxes are clipped to their image, in every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.repair import made
from tests.repair.repair import changed, planned, repaired

BAD: dict[str, list[made.Box]] = {**made.GOOD, "b.png": [(10, 12, 70, 44)]}
CLIPPED: dict[str, list[made.Box]] = {**made.GOOD, "b.png": [(10, 12, 64, 44)]}


@pytest.mark.parametrize("form", made.FORMATS)
def test_the_numbers_alone_change(form: str, tmp_path: Path) -> None:
    root = made.write(form, tmp_path / "bad", BAD)
    plan, outcome = repaired(root, tmp_path / "to", "box-outside-image")
    assert (len(plan.fixed), plan.left, outcome.exit_code) == (1, [], 0), str(outcome)
    ((name, (_, after)),) = changed(root, tmp_path / "to").items()
    good = made.write(form, tmp_path / "good", CLIPPED)
    expected = (good / name).read_bytes()
    if form == "createml":
        assert json.loads(after or b"") == json.loads(expected)
    else:
        assert after == expected


@pytest.mark.parametrize("form", ["coco", "yolo", "voc", "csv"])
def test_two_edges_with_one_value(form: str, tmp_path: Path) -> None:
    root = made.write(form, tmp_path / "bad", {**made.GOOD, "b.png": [(-5, -5, 40, 44)]})
    _, outcome = repaired(root, tmp_path / "to", "box-outside-image")
    assert outcome.exit_code == 0, str(outcome)


def test_a_box_wholly_outside_is_left(tmp_path: Path) -> None:
    plan = planned(made.write("voc", tmp_path, {**made.GOOD, "b.png": [(70, 12, 90, 44)]}), "box-outside-image")
    assert not plan
    assert [left.refusal.reason for left in plan.left] == ["nothing of it lies in the image"]
