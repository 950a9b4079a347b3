"""What stands in the way of a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.engine import scan
from datalint.repair.changes import DropRecord, RenameImage
from datalint.repair.draft import Draft
from datalint.repair.edits import FixError
from datalint.repair.facts import Facts
from tests.repair import made
from tests.repair.repair import CONFIG, planned

BAD: dict[str, list[made.Box]] = {**made.GOOD, "a.png": [(30, 6, 30, 40), (1, 2, 30, 40)]}


def reasons(root: Path, *names: str) -> list[str]:
    plan = planned(root, *names)
    assert not plan
    return [left.refusal.reason for left in plan.left]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("annotations/link.xml", "it is a symbolic link"),
        ("linked/a.xml", "a symbolic link leads there"),
        ("out/secret.xml", "a symbolic link leads there"),
        ("../secret.xml", "a symbolic link leads there, or out of the dataset"),
        ("annotations/none.xml", "it is not there"),
    ],
)
def test_files_that_are_not_reached(name: str, reason: str, tmp_path: Path) -> None:
    root = made.write("voc", tmp_path / "data", BAD)
    (root / "annotations/link.xml").symlink_to("a.xml")
    (root / "linked").symlink_to("annotations")
    (root / "out").symlink_to(tmp_path)
    (tmp_path / "secret.xml").write_text("<annotation>\n<object/>\n</annotation>")
    draft = Draft(root, Facts(scan(root, config=CONFIG)), set())
    with pytest.raises(FixError, match=reason):
        draft.add(DropRecord(name, 2, None))


def test_text_in_another_encoding(tmp_path: Path) -> None:
    root = made.write("voc", tmp_path, BAD)
    file = root / "annotations/a.xml"
    file.write_bytes(file.read_text().encode("utf-16"))
    assert reasons(root, "degenerate-box") == ["it is not text in UTF-8 or the like, which is all that is edited"]


def test_lines_that_are_images(tmp_path: Path) -> None:
    made.pictures(tmp_path, ["a.png", "b.png", "c.png"])
    (tmp_path / "train.txt").write_text("a.png 10,20,10,40,0\nb.png 1,2,30,40,0\nc.png 1,2,30,40,0 5,6,30,40,0\n")
    assert reasons(tmp_path, "degenerate-box") == ["a line of keras-yolo is not one record"]


def test_several_boxes_in_one_line(tmp_path: Path) -> None:
    root = made.write("cvat", tmp_path, BAD)
    file = root / "annotations.xml"
    file.write_text(file.read_text().replace("\n", ""))
    assert reasons(root, "degenerate-box") == ["4 boxes stand in the record"]


def test_an_image_is_not_both_edited_and_renamed(tmp_path: Path) -> None:
    """Renamed after it was edited it would be kept under a name that no undo knows."""
    root = made.write("csv", tmp_path / "data", made.GOOD)
    draft = Draft(root, Facts(scan(root, config=CONFIG)), set())
    draft._edited.add("images/a.png")
    with pytest.raises(FixError, match=r"images/a\.png is changed by another repair"):
        draft.add(RenameImage("images/a.png", "a.jpg"))
