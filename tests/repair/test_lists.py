"""Lists of images, whose lines no table holds."""

from __future__ import annotations

from pathlib import Path

from datalint.repair.lists import Entry, entries

IMAGES = ["JPEGImages/000005.jpg", "JPEGImages/a b.jpg"]


def found(root: Path, text: bytes, *known: str) -> list[Entry]:
    (root / "list.txt").write_bytes(text)
    return list(entries(root, IMAGES, known))


def test_lines_that_name_images(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf000005 -1\r\n\r\ndata/JPEGImages/a b.jpg\r\n"
    assert found(tmp_path, text) == [Entry("list.txt", 1, IMAGES[0]), Entry("list.txt", 3, IMAGES[1])]


def test_other_texts_are_not_lists(tmp_path: Path) -> None:
    assert found(tmp_path, b"a readme about\n000005.jpg\nand more\n") == []
    assert found(tmp_path, b"000005\n", "list.txt") == []
    assert found(tmp_path, b"") == []
