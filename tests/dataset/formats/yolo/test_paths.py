"""Paths as data files write them."""

from __future__ import annotations

import pytest

from datalint.dataset.formats.yolo.paths import by_last_parts, common, upwards


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/content/drive/a/images/train", "a/images/train"),
        ("C:\\data\\b\\images\\train", "b/images/train"),
        ("/content/images/train", None),  # one of two
        ("../a/images/train/", "a/images/train"),
        ("somewhere/test", "test"),
        ("nowhere", None),
        (".", None),
    ],
)
def test_last_parts(text: str, found: str | None) -> None:
    assert by_last_parts(text, ["a/images/train", "b/images/train", "test"]) == found


def test_upwards_and_common() -> None:
    assert list(upwards("a/b/c")) == ["a/b/c", "a/b", "a", ""]
    assert list(upwards("a/b/c", "a")) == ["a/b/c", "a/b", "a"]
    assert common(["a/b/c", "a/b/d"]) == "a/b"
    assert common(["a", "b"]) == ""
