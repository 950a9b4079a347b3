"""Which image a name means."""

from __future__ import annotations

import polars as pl
import pytest

from datalint.dataset.files.image_names import ImageNames

PATHS = ["a/images/1.jpg", "b/images/1.jpg", "c/2.png"]
NAMES = ImageNames(
    pl.DataFrame(
        {
            "path": PATHS,
            "name": [path.rpartition("/")[2] for path in PATHS],
            "stem": [path.rpartition("/")[2].rpartition(".")[0] for path in PATHS],
            "candidate": [True] * len(PATHS),
        }
    ).with_row_index("file_row")
)


@pytest.mark.parametrize(
    ("name", "row", "is_fault", "outside"),
    [
        ("images/1.jpg", 0, False, False),
        ("2.png", 2, False, False),
        ("b\\images\\1.jpg", 1, False, False),
        ("/home/me/c/2.png", 2, True, False),
        ("/outside/1.jpg", 0, True, False),
        ("../../../etc/passwd", None, True, True),
        ("..\\..\\studio\\media\\c\\2.png", 2, True, True),
        ("../../a/images/1.jpg", 0, True, True),
        ("2.PNG", 2, True, False),
        ("B\\Images\\1.JPG", 1, True, False),
        ("C:/x/A/Images/1.Jpg", 0, True, False),
        ("../../x/2.Png", 2, True, True),
        ("D:\\data\\b\\images\\1.jpg", 1, True, False),
        ("3.png", None, False, False),
        ("", None, True, False),
        ("images/", None, True, False),
    ],
)
def test_names_with_extension(name: str, row: int | None, is_fault: bool, outside: bool) -> None:
    found = NAMES.find(name, ["a"])
    assert (found.row, found.fault is not None, found.outside) == (row, is_fault, outside)


def test_names_without_extension() -> None:
    assert NAMES.by_stem("images/1", ["b"]).row == 1
    assert NAMES.by_stem("2", [""]).row == 2
    assert NAMES.by_stem("../../2", ["a"]).outside
    assert NAMES.by_stem("9", ["a"]) == (None, "a/9", None, False, False)


def test_a_path_of_another_machine_says_what_was_found() -> None:
    assert NAMES.find("../../x/2.png", ["a"]).fault == (
        "the path '../../x/2.png' leads outside the dataset; 'c/2.png' was found by its last parts"
    )
    assert NAMES.find("/x/3.png", ["a"]).fault == "the path '/x/3.png' is absolute"
    assert (
        NAMES.find("C/2.PNG", ["a"]).fault
        == "'C/2.PNG' is not there; 'c/2.png' was found, whose letters differ in case"
    )
