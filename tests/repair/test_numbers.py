"""Numbers in a record, found by their values."""

from __future__ import annotations

import pytest

from datalint.repair.edits import FixError, applied
from datalint.repair.numbers import replaced, spelled


def new(text: bytes, old: tuple[float, ...], after: tuple[float, ...]) -> bytes:
    return applied(text, replaced(text, (0, len(text)), old, after))


def test_numbers_in_a_row() -> None:
    text = b'{"id": 10, "bbox": [10, 12.50, 60.0, 3.2e1], "area": 1920}'
    assert new(text, (10, 12.5, 60, 32), (10, 12.5, 54, 30)) == (
        b'{"id": 10, "bbox": [10, 12.50, 54.0, 30], "area": 1920}'
    )


def test_numbers_in_another_order() -> None:
    assert new(b"a 12.jpg,-5,-5.0,70,40", (-5, 70, -5, 40), (0, 64, 0, 40)) == b"a 12.jpg,0,0.0,64,40"


def test_several_numbers_of_one_value() -> None:
    with pytest.raises(FixError, match="not certain"):
        new(b"70,xmin,10,x,70,y,12,z,44", (10, 12, 70, 44), (10, 12, 64, 44))
    with pytest.raises(FixError, match="more than once"):
        new(b"[1, 2, 3, 4], [1, 2, 3, 4]", (1, 2, 3, 4), (1, 2, 3, 3))


def test_numbers_that_are_not_there() -> None:
    with pytest.raises(FixError, match="as they are meant"):
        new(b"1 2 3 4", (10, 20, 30, 40), (10, 20, 30, 35))


@pytest.mark.parametrize(
    ("number", "like", "text"),
    [(64, b"70", b"64"), (64, b"70.00", b"64.00"), (0.1234567, b"0.5", b"0.123457"), (37.5, b"40", b"37.5")],
)
def test_spelling(number: float, like: bytes, text: bytes) -> None:
    assert spelled(number, like) == text
