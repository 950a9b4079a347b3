"""Edits of bytes."""

from __future__ import annotations

import pytest

from datalint.repair.edits import Edit, FixError, applied, ordered


def test_all_else_stays() -> None:
    assert applied(b"0123456789", [Edit(8, 9, b"x"), Edit(2, 5), Edit(0, 0, b"<")]) == b"<01567x9"


def test_what_lies_in_a_dropped_part_goes_with_it() -> None:
    assert ordered([Edit(3, 4, b"x"), Edit(2, 6), Edit(2, 3)]) == [Edit(2, 6)]


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(FixError, match="exclude each other"):
        ordered([Edit(2, 6), Edit(4, 8)])
    with pytest.raises(FixError, match="exclude each other"):
        ordered([Edit(2, 6, b"x"), Edit(3, 4)])


def test_the_order_of_what_is_added_at_one_place_is_that_of_its_bytes() -> None:
    added = [Edit(3, 3, bytes([letter])) for letter in b"gbhdafec"]
    assert applied(b"012345", added) == b"012abcdefgh345"
