"""What a line of text looks like."""

from __future__ import annotations

import pytest

from datalint.dataset.formats.yolo.lines import fits, sampled

KITTI = "Car 0 0 -1 0 0 1 1 -1 -1 -1 -1 -1 -1 -1"
DOTA = "0 0 0 2 2 2 2 0 plane 0"


@pytest.mark.parametrize(
    ("line", "fitting", "inside", "foreign", "resembling"),
    [
        ("0 .5 .5 .1 .1", True, 1, 0, 1),
        ("3.0 5e-1 0.5 0.1 0.1 0.2", True, 1, 0, 1),
        ("0 nan .5 inf .1", True, 0, 0, 1),
        ("0 320 240 20 20", True, 0, 0, 1),
        ("dog .5 .5 .1 .1", False, 0, 0, 1),
        ("0, .5, .5, .1, .1", False, 0, 0, 1),
        ("0 .5 .5 .1", False, 0, 0, 0),
        ("a photograph of 2 dogs", False, 0, 0, 0),
        ("a photograph of dogs", False, 0, 1, 0),
        (KITTI, False, 0, 1, 0),
        (DOTA, False, 0, 1, 0),
    ],
)
def test_forms(line: str, fitting: bool, inside: int, foreign: int, resembling: int) -> None:
    assert fits(line.split()) == fitting
    assert sampled([line.split()]) == (1, inside, foreign, resembling)
