"""Which images a file mentions, and whether it does so as records do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.unread.mentions import ImageNames

NAMES = ["000123.jpg", "IMG_2031.JPG", "photo (1).png", "street.jpg", "7.jpg", "naïve.png"]


def mentioned(data: bytes) -> list[str]:
    names = ImageNames(NAMES)
    return [names.names[number] for number in sorted(names.mentioned(data))]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"file": "images/7.jpg", "x": 3}', ["7.jpg"]),
        (b'{"file": "images\\/7.jpg"}', ["7.jpg"]),
        (b'{"file": "/data/upload/photo%20(1).png"}', ["photo (1).png"]),
        (b"photo (1).png,cat\n", ["photo (1).png"]),
        (b"C:\\data\\7.jpg cat", ["7.jpg"]),
        ("naïve.png;1".encode(), ["naïve.png"]),
        (b"000123,cat\nIMG_2031,dog\n", ["000123.jpg", "IMG_2031.JPG"]),
        (b"the street has 7 trees", []),
        (b"\x0a\x0fimage/filename\x12\x08\x00IMG_2031.JPG\x00\x01", ["IMG_2031.JPG"]),
        (b"27.jpg 7.jpg.bak", []),
    ],
)
def test_names_are_found_in_any_format(data: bytes, found: list[str]) -> None:
    assert mentioned(data) == found


@given(st.integers(0, 1100), st.sampled_from(NAMES))
def test_names_are_found_wherever_they_stand(shift: int, name: str) -> None:
    data = b" " * ((1 << 20) - shift) + b'"' + name.encode() + b'" ' + b"x" * 2000
    assert mentioned(data) == [name]


@pytest.mark.parametrize(
    ("data", "records"),
    [
        (b"7.jpg cat\n000123.jpg dog\n", True),
        (b"id,file,label\n1,7.jpg,cat\n2,street.jpg,dog\n", True),
        (b'[{"file": "7.jpg", "label": 1}, {"file": "street.jpg", "label": 2}]', True),
        (b'{"7.jpg": [1, 2], "street.jpg": []}', True),
        (b"<images><image name='7.jpg'/></images>", True),
        (b"7.jpg\nstreet.jpg\n", False),
        (b"images/train/7.jpg\nimages/train/photo (1).png\n", False),
        (b"- images/7.jpg\n- images/street.jpg\n", False),
        (b'{"train": ["7.jpg", "street.jpg"], "val": ["000123.jpg"]}', False),
        (b'["7.jpg", "street.jpg"]', False),
        (b'{"7.jpg": "train", "street.jpg": "test"}', False),
        (b"These are pictures.\nSee 7.jpg for one of them.\nHave fun.\n", False),
        (b"d41d8cd98f00b204e9800998ecf8427e  7.jpg\nd41d8cd98f00b204e9800998ecf8427f  street.jpg\n", False),
        (b"", False),
    ],
)
def test_records_say_something_of_each_image(data: bytes, records: bool) -> None:
    assert ImageNames(NAMES).are_records(data) is records
