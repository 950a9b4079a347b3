"""Likeness of pictures."""

from __future__ import annotations

import numpy as np

from datalint.pairs import verify
from datalint.pairs.hashes import ORIENTATIONS


def test_several_couples_are_compared_as_each_alone() -> None:
    draw = np.random.default_rng(0)
    couples = []
    for number in range(24):
        first = draw.integers(0, 256, ((28, 28), (40, 30), (30, 64))[number % 3] + (3,), np.uint8)
        second = [first, 255 - first // 2, draw.integers(0, 256, first.shape, np.uint8), np.full_like(first, 9)]
        couples.append((first, second[number // 3 % 4], ORIENTATIONS[number % 8]))
    assert verify.compared(couples) == [verify.compare(*couple) for couple in couples]
    assert verify.compared([]) == []
