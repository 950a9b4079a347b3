"""Files on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.repair.edits import Edit, Edited, FixError, digest
from datalint.repair.files import contents, new_content, replace


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_bytes(b"old")
    kept = tmp_path / "kept"
    kept.hardlink_to(place)
    replace(place, b"new", 0o640, tmp_path / "temporary")
    assert (place.read_bytes(), kept.read_bytes()) == (b"new", b"old")
    assert place.stat().st_mode & 0o777 == 0o640
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.txt", "kept"]


def test_new_content_is_that_of_the_bytes_that_were_read(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_bytes(b"old")
    edited = Edited(digest(b"old"), [Edit(0, 1, b"c")])
    assert new_content(place, edited) == b"cld"
    place.write_bytes(b"ild")
    with pytest.raises(FixError, match="has changed"):
        new_content(place, edited)


def test_contents(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").write_bytes(b"x")
    (tmp_path / "c").symlink_to("a")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_bytes(b"ref")
    assert contents(tmp_path) == {"a/b": digest(b"x"), "c": "a symbolic link"}
