"""Links do not survive every clone: they are made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from datalint import scan
from datalint.rules.files.broken_link import MOST_EXAMPLES, BrokenLink

if TYPE_CHECKING:
    from pathlib import Path

    from datalint import Finding


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    (folder / "cats").mkdir(parents=True)
    (folder / "cats" / "real.jpg").write_bytes(b"x")
    try:
        (folder / "cats" / "inside.jpg").symlink_to("real.jpg")
    except OSError:
        pytest.skip("no symbolic links here")
    return folder


def findings(folder: Path) -> list[Finding]:
    return list(scan(folder, rules=[BrokenLink], isolated=True))


def test_a_link_inside_the_dataset_is_fine(dataset: Path) -> None:
    assert findings(dataset) == []


def test_dangling_links_and_loops_are_errors(dataset: Path) -> None:
    (dataset / "cats" / "gone.jpg").symlink_to("nowhere.jpg")
    (dataset / "cats" / "round.jpg").symlink_to("round.jpg")
    found = findings(dataset)
    assert [(item.path, item.severity) for item in found] == [("cats/gone.jpg", "error"), ("cats/round.jpg", "error")]
    assert "not there" in found[0].message
    assert "back to itself" in found[1].message


def test_links_that_leave_the_dataset_are_one_note(dataset: Path) -> None:
    outside = dataset.parent / "store.jpg"
    outside.write_bytes(b"x")
    for number in range(MOST_EXAMPLES + 5):
        (dataset / "cats" / f"{number:02}.jpg").symlink_to(outside)
    (found,) = findings(dataset)
    assert found.severity == "note"
    assert found.path is None
    assert f"{MOST_EXAMPLES + 5} images" in found.message
    assert len(found.related) == MOST_EXAMPLES
