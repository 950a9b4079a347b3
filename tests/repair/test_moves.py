"""Images that get another class or split, in folders and in lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.engine import scan
from datalint.repair import journal
from datalint.repair.decisions import Decision
from datalint.repair.plan import Plan
from tests.repair import made
from tests.repair.repair import CONFIG, planned, repaired
from tests.repair.test_journal import state


def folders(root: Path) -> Path:
    """Class folders below splits; one picture of train is also in test."""
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            made.pictures(root / split / name, [f"{split}-{name}-{n}.png" for n in range(3)])
            for n in range(3):  # unlike each other
                file = root / split / name / f"{split}-{name}-{n}.png"
                file.write_bytes(file.read_bytes())
    again = root / "test/cat/again.png"
    again.write_bytes((root / "train/cat/train-cat-1.png").read_bytes())
    return root


def decided(root: Path, name: str, decision: Decision) -> Plan:
    ids = {finding.name: finding.id for finding in scan(root, config=CONFIG)}
    return planned(root, decisions={ids[name]: decision})


def yolo(root: Path) -> Path:
    """`images/train` and `images/val`; the picture of val is also in train."""
    for split, names in {"train": ["a.png", "b.png"], "val": ["c.png", "d.png"]}.items():
        made.pictures(root / "images" / split, names)
        (root / "labels" / split).mkdir(parents=True)
        for number, name in enumerate(names):
            (root / "labels" / split / name).with_suffix(".txt").write_text(f"0 0.5 0.5 0.{number + 2} 0.4\n")
    (root / "images/val/c.png").write_bytes((root / "images/train/b.png").read_bytes())
    (root / "labels/val/c.txt").write_bytes((root / "labels/train/b.txt").read_bytes())
    (root / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [cat]\n")
    return root


def test_an_image_moves_to_the_folder_of_its_class(tmp_path: Path) -> None:
    root = folders(tmp_path / "data")
    before = state(root)
    plan = decided(root, "split-leak", Decision("relabel", "dog"))
    assert plan.left == []
    assert plan.renamed == {"test/cat/again.png": "test/dog/again.png"}
    manifest = journal.apply(plan, tmp_path / "kept")
    assert (root / "test/dog/again.png").exists()
    assert not (root / "test/cat/again.png").exists()
    journal.undo(manifest)
    assert state(root) == before


def test_an_image_moves_to_the_folder_of_a_split(tmp_path: Path) -> None:
    root = folders(tmp_path / "data")
    ids = {finding.name: finding.id for finding in scan(root, config=CONFIG)}
    plan, outcome = repaired(root, tmp_path / "to", decisions={ids["split-leak"]: Decision("move", "train")})
    assert plan.renamed == {"test/cat/again.png": "train/cat/again.png"}
    assert (outcome.remaining, outcome.differing) == ([], [])
    assert (tmp_path / "to/train/cat/again.png").exists()


def test_its_label_file_goes_with_it(tmp_path: Path) -> None:
    root = yolo(tmp_path / "data")
    before = state(root)
    plan = decided(root, "split-leak", Decision("move", "train"))
    assert plan.renamed == {
        "images/val/c.png": "images/train/c.png",
        "labels/val/c.txt": "labels/train/c.txt",
    }
    manifest = journal.apply(plan, tmp_path / "kept")
    assert (root / "labels/train/c.txt").exists()
    journal.undo(manifest)
    assert state(root) == before


@pytest.mark.parametrize(("train", "expected"), [(b"./images/a.png\r\n", b"./images/a.png\r\n./images/b.png\r\n"),
                                                 (b"./images/a.png", b"./images/a.png\n./images/b.png")])  # fmt: skip
def test_its_line_moves_between_lists(train: bytes, expected: bytes, tmp_path: Path) -> None:
    root = made.write("yolo", tmp_path / "data", {**made.GOOD, "b.png": made.GOOD["a.png"]})
    (root / "images/b.png").write_bytes((root / "images/a.png").read_bytes())
    (root / "data.yaml").write_text("train: train.txt\nval: val.txt\nnames: [cat]\n")
    (root / "train.txt").write_bytes(train)
    (root / "val.txt").write_bytes(b"./images/b.png\n./images/c.png\n")
    ids = {finding.name: finding.id for finding in scan(root, config=CONFIG)}
    _, outcome = repaired(root, tmp_path / "to", decisions={ids["split-leak"]: Decision("move", "train")})
    assert (outcome.remaining, outcome.differing) == ([], [])
    assert (tmp_path / "to/train.txt").read_bytes() == expected
    assert (tmp_path / "to/val.txt").read_bytes() == b"./images/c.png\n"


def test_what_cannot_be_moved(tmp_path: Path) -> None:
    root = folders(tmp_path)
    for decision, cause in (
        (Decision("move", "val"), "there is no folder of the split val beside test"),
        (Decision("move", "test"), "it is in test already"),
        (Decision("relabel", "cat"), "it is in that folder already"),
        (Decision("relabel", "fox"), "no class of the dataset is named 'fox'"),
    ):
        plan = decided(root, "split-leak", decision)
        assert not plan
        assert cause in plan.left[0].refusal.reason
    (root / "test/dog/again.png").write_bytes(b"mine")
    plan = decided(root, "split-leak", Decision("relabel", "dog"))
    assert "test/dog/again.png is there already" in plan.left[0].refusal.reason
