"""What a Mac's archive leaves beside images is one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import scan
from datalint.config.settings import Config
from fixtures.draw.picture import dataset

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"\x00\x05\x16\x07" + bytes(78)


def test_many_are_one_finding_and_not_stray_files_too(tmp_path: Path) -> None:
    for picture in dataset(tmp_path, 24):
        picture.with_name(f"._{picture.name}").write_bytes(MAGIC)
    (tmp_path / "cats" / "._notes").write_bytes(MAGIC)
    (tmp_path / "__MACOSX").mkdir()
    (finding,) = scan(tmp_path, config=Config(), select=["DL1"])
    assert (finding.code, str(finding.severity)) == ("DL113", "warning")
    assert finding.message.startswith("24 AppleDouble files (._*) lie beside 24 images, and in __MACOSX")
    assert "rm -r __MACOSX" in finding.hint


def test_no_image_of_their_name_is_no_harm(tmp_path: Path) -> None:
    dataset(tmp_path, 4)
    (tmp_path / "cats" / "._notes.txt").write_bytes(MAGIC)
    assert list(scan(tmp_path, config=Config(), select=["DL1"])) == []


def test_one_under_another_name_is_told_by_its_content(tmp_path: Path) -> None:
    dataset(tmp_path, 4)
    (tmp_path / "cats" / "renamed.jpg").write_bytes(MAGIC)
    (finding,) = scan(tmp_path, config=Config(), select=["DL1"])
    assert (finding.code, finding.path) == ("DL106", "cats/renamed.jpg")
    assert "AppleDouble" in finding.message
