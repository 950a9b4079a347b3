"""The order in which the frames of a recording are shared out."""

from __future__ import annotations

from datalint.report.proposal import _in_order, _stretches


def test_frames_are_in_the_order_of_their_numbers() -> None:
    names = [f"train/frame_{number}.jpg" for number in (1, 10, 2, 9)]
    assert _in_order([*names, "val/frame_3.jpg"]) == [names[0], names[2], "val/frame_3.jpg", names[3], names[1]]


def test_what_is_left_over_is_counted() -> None:
    lacking = {"train": 1, "val": 1, "test": 1}
    stretches = _stretches(4, lacking)
    assert stretches == sorted(stretches, key=["train", "val", "test"].index)
    assert len(stretches) == 4
    assert sum(lacking.values()) == 3 - 4
