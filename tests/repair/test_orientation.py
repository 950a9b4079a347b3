"""Where the orientation of a JPEG file stands."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.repair.edits import FixError, applied
from datalint.repair.orientation import upright


def jpeg(order: str) -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    tiff = head + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    app = b"Exif\0\0" + tiff
    return b"\xff\xd8\xff\xe0\0\x04ab\xff\xe1" + (len(app) + 2).to_bytes(2, "big") + app + b"\xff\xda\0\x02picture"


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders(order: str) -> None:
    data = jpeg(order)
    after = applied(data, upright(data).edits)
    assert [at for at, (one, two) in enumerate(zip(data, after, strict=True)) if one != two] == [
        data.index(b"\x06\0" if order == "<" else b"\0\x06", 20) + (order == ">")
    ]
    assert applied(after, upright(after).edits) == after


@given(st.integers(0, 60), st.binary(max_size=12))
def test_damaged_files_are_refused_or_edited_in_place(at: int, noise: bytes) -> None:
    data = jpeg("<")[:at] + noise + jpeg("<")[at:]
    with suppress(FixError):
        assert len(applied(data, upright(data).edits)) == len(data)
