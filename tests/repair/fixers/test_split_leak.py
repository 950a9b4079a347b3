"""Pictures in two splits are taken out of one."""

from __future__ import annotations

import shutil
from pathlib import Path

from datalint.repair.changes import Policy
from tests.repair import made
from tests.repair.repair import planned, repaired

OUT_OF_TRAIN, OUT_OF_TEST = Policy(out_of="train"), Policy(out_of="test")


def folders(root: Path) -> Path:
    """One picture of train is also in test."""
    for number, split in enumerate(("train", "test")):
        for name in ("cat", "dog"):
            made.pictures(root / split / name, [f"{split}-{name}-{n}.png" for n in range(3 + number)])
            for n in range(3 + number):
                file = root / split / name / f"{split}-{name}-{n}.png"
                file.write_bytes(file.read_bytes())
    shutil.copy(root / "train/cat/train-cat-1.png", root / "test/cat/again.png")
    return root


def test_out_of_either(tmp_path: Path) -> None:
    root = folders(tmp_path / "bad")
    assert planned(root, "split-leak", policy=OUT_OF_TRAIN).removed.keys() == {"train/cat/train-cat-1.png"}
    assert planned(root, "split-leak", policy=OUT_OF_TEST).removed.keys() == {"test/cat/again.png"}
    _, outcome = repaired(root, tmp_path / "to", "split-leak", policy=OUT_OF_TEST)
    assert (outcome.fixed, outcome.remaining, outcome.differing) == (1, [], [])


def test_without_a_policy_nothing_is_removed(tmp_path: Path) -> None:
    plan = planned(folders(tmp_path), "split-leak")
    assert not plan
    assert "--out-of" in plan.left[0].refusal.reason


def test_a_picture_that_two_lists_name_leaves_one(tmp_path: Path) -> None:
    root = made.write("yolo", tmp_path / "bad", made.GOOD)
    (root / "data.yaml").write_text("path: .\ntrain: train.txt\ntest: test.txt\nval: val.txt\nnames:\n  0: cat\n")
    (root / "train.txt").write_text("./images/a.png\n./images/b.png\n")
    (root / "val.txt").write_text("./images/c.png\n")
    (root / "test.txt").write_text("./images/b.png\n")
    _, outcome = repaired(root, tmp_path / "to", "split-leak", policy=OUT_OF_TRAIN)
    assert (outcome.fixed, outcome.remaining, outcome.differing) == (1, [], [])
    assert (tmp_path / "to/train.txt").read_text() == "./images/a.png\n"
    assert (tmp_path / "to/images/b.png").exists()


def test_no_class_folder_is_emptied(tmp_path: Path) -> None:
    """All test pictures of a class are in train too: the last one stays, and is named."""
    root = folders(tmp_path / "bad")
    shutil.rmtree(root / "test/cat")
    shutil.copytree(root / "train/cat", root / "test/cat")
    plan = planned(root, "split-leak", policy=OUT_OF_TEST)
    assert len(plan.removed) == 2
    assert [left.refusal.reason for left in plan.left] == [
        "it is the last image of the class folder test/cat: decide about it"
    ]
