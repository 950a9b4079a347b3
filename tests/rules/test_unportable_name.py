"""Names that break a clone are made here, never committed."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

import pytest

from datalint import scan
from datalint.rules.files.unportable_name import UnportableName

if TYPE_CHECKING:
    from pathlib import Path

    from datalint import Finding


def findings(folder: Path) -> list[Finding]:
    return list(scan(folder, rules=[UnportableName], isolated=True))


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def case_sensitive(folder: Path) -> bool:
    touch(folder, "probe-a")
    return not (folder / "PROBE-A").exists()


def test_names_that_differ_in_case_are_one_finding(tmp_path: Path) -> None:
    if not case_sensitive(tmp_path):
        pytest.skip("this file system keeps no two such names")
    touch(tmp_path, "cats/Tom.jpg", "cats/tom.jpg", "cats/TOM.JPG", "dogs/tom.jpg")
    (found,) = findings(tmp_path)
    assert {found.path, *found.related} == {"cats/Tom.jpg", "cats/tom.jpg", "cats/TOM.JPG"}
    assert "only in case" in found.message


def test_names_that_differ_in_unicode_form_are_one_finding(tmp_path: Path) -> None:
    names = [unicodedata.normalize(form, "café.jpg") for form in ("NFC", "NFD")]
    touch(tmp_path, *(f"cats/{name}" for name in names))
    if len(list((tmp_path / "cats").iterdir())) < 2:
        pytest.skip("this file system keeps no two such names")
    (found,) = findings(tmp_path)
    assert len(found.related) == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("aux.jpg", "reserved"),
        ("COM1.png", "reserved"),
        ("nul.tar.jpg", "reserved"),
        ("what?.jpg", "refuses"),
        ("a:b.jpg", "refuses"),
        ("tab\there.jpg", "control character"),
    ],
)
def test_names_that_windows_refuses(tmp_path: Path, name: str, reason: str) -> None:
    touch(tmp_path, f"cats/{name}", "cats/plain.jpg")
    (found,) = findings(tmp_path)
    assert reason in found.message


def test_a_refused_folder_is_reported_once(tmp_path: Path) -> None:
    touch(tmp_path, *(f"con/{number}.jpg" for number in range(5)), "dots./a.jpg")
    assert sorted(found.path or "" for found in findings(tmp_path)) == ["con/0.jpg", "dots./a.jpg"]


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    folder = tmp_path / "cats"
    folder.mkdir()
    try:
        with (folder / os.fsdecode(b"caf\xe9.jpg")).open("wb") as file:
            file.write(b"x")
    except OSError:
        pytest.skip("this file system takes no such name")
    (found,) = findings(tmp_path)
    assert found.path == "cats/caf\\xe9.jpg"
    assert "UTF-8" in found.message


def test_ordinary_names_are_silent(tmp_path: Path) -> None:
    touch(tmp_path, "cats/IMG_0001 (2).jpg", "cats/auxiliary.jpg", "cats/com10.jpg", "cats/été.jpg", "cats/.a..b.jpg")
    assert findings(tmp_path) == []
