from __future__ import annotations

import time
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datalint.dataset.formats.run_lengths import Mask, Size, measure
from tests.dataset.formats.coco.factory import compressed


def runs_of(picture: Any) -> list[int]:
    """The runs of a mask, as COCO has them."""
    found = [(value, len(list(group))) for value, group in groupby(picture.T.ravel().tolist())]
    return [0] * bool(found and found[0][0]) + [count for _, count in found]


def around(picture: Any) -> tuple[int, ...]:
    """Area, left, top, right, bottom."""
    rows, columns = np.nonzero(picture)
    if not len(rows):
        return (0, 0, 0, 0, 0)
    return len(rows), columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


_pictures = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.bool_, shape, elements=st.booleans())
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_pictures, min_size=1, max_size=6), st.booleans())
def test_they_measure_what_is_drawn(pictures: list[Any], compress: bool) -> None:
    masks = [
        Mask(Size(3 * row, *picture.shape), compressed(runs_of(picture)) if compress and row % 2 else runs_of(picture))
        for row, picture in enumerate(pictures)
    ]
    found = measure(masks)
    assert (found.totals, found.broken) == ({}, [])
    assert found.measures.sort("row").rows() == [
        (3 * row, *around(picture), *around(~picture)) for row, picture in enumerate(pictures)
    ]


def test_a_mask_without_its_first_run_is_what_it_leaves_out() -> None:
    picture = np.zeros((4, 5), bool)
    picture[:2, :3] = True
    (row,) = measure([Mask(Size(0, 4, 5), runs_of(picture)[1:])]).measures.rows()
    assert row == (0, *around(~picture), *around(picture))


def test_runs_that_do_not_fill_the_mask() -> None:
    found = measure([Mask(Size(0, 2, 2), [1, 2]), Mask(Size(1, 2, 2), [1, 3]), Mask(Size(2, 2, 2), compressed([9]))])
    assert found.totals == {0: 3, 2: 9}
    assert found.measures["row"].to_list() == [1]


@pytest.mark.parametrize("runs", ["P", "\x01", "o" * 20 + "0", compressed([1, 2, 3, -9]), compressed([1 << 40])])
def test_runs_that_cannot_be_decoded(runs: str) -> None:
    found = measure([Mask(Size(0, 2, 2), [4]), Mask(Size(5, 2, 2), runs), Mask(Size(6, 2, 2), compressed([4]))])
    assert found.broken == [5]
    assert sorted(found.measures["row"].to_list()) == [0, 6]


@pytest.mark.parametrize("size", [(0, 0), (0, 7), (7, 0)])
@pytest.mark.parametrize("runs", [[], [0], "", "0"])
def test_masks_without_a_pixel(size: tuple[int, int], runs: Any) -> None:
    found = measure([Mask(Size(0, *size), runs)])
    assert (found.measures.height, found.totals, found.broken) == (0, {}, [])


def test_the_largest_sizes_are_added_up_exactly() -> None:
    side = 1 << 33
    found = measure([Mask(Size(row, 1, side), [side - 1, 1]) for row in range(1000)])
    assert found.measures.row(999) == (999, 1, side - 1, 0, side, 1, side - 1, 0, 0, side - 1, 1)


def test_many_runs_take_linear_time() -> None:
    began = time.process_time()
    measure([Mask(Size(row, 1000, 1000), compressed([1] * 1_000_000)) for row in range(3)])
    assert time.process_time() - began < 5
