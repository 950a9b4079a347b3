"""Of equal pictures one is kept, the others go with all that label files say of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from datalint.repair.changes import Policy
from tests.repair import made
from tests.repair.repair import planned, repaired


def twins(form: str, root: Path) -> Path:
    """`c.png` is the same as `b.png`."""
    made.write(form, root, {**made.GOOD, "c.png": made.GOOD["b.png"]})
    (root / "images/c.png").write_bytes((root / "images/b.png").read_bytes())
    return root


@pytest.mark.parametrize("form", made.FORMATS)
def test_the_copy_goes_with_its_labels(form: str, tmp_path: Path) -> None:
    root = twins(form, tmp_path / "bad")
    plan, outcome = repaired(root, tmp_path / "to", "exact-duplicate")
    assert (len(plan.fixed), plan.left, outcome.exit_code) == (1, [], 0), str(outcome)
    assert "images/c.png" in plan.removed
    for file in (tmp_path / "to").rglob("*"):
        assert file.stem != "c"
        assert file.is_dir() or file.suffix == ".png" or b"c.png" not in file.read_bytes()
    # What is left is what a dataset without the copy has, byte for byte.
    good = made.write(form, tmp_path / "good", {name: made.GOOD[name] for name in ("a.png", "b.png")})
    for file in good.rglob("*"):
        if file.is_file() and file.suffix not in (".png", ".json"):
            left = (tmp_path / "to" / file.relative_to(good)).read_bytes()
            # The line before the last one keeps its end.
            assert left == file.read_bytes() + (b"\n" if form == "jsonl" else b"")


def test_policies(tmp_path: Path) -> None:
    for split, names in {"test": ["a", "b"], "train": ["c", "d"]}.items():
        made.pictures(tmp_path / split / "cat", [f"{split}-{name}.png" for name in names])
        made.pictures(tmp_path / split / "dog", [f"{split}-{name}.bmp" for name in ("x", "y")])
    image = Image.open(tmp_path / "train/cat/train-c.png")
    image.save(tmp_path / "train/cat/zzz.bmp")
    options = {"select": ("DL601",)}
    for keep, gone in (("first", "train/cat/zzz.bmp"), ("largest", "train/cat/train-c.png")):
        plan = planned(tmp_path, "exact-duplicate", policy=Policy(keep=keep), **options)  # type: ignore[arg-type]
        assert gone in plan.removed


def test_a_copy_with_labels_is_preferred(tmp_path: Path) -> None:
    root = made.write("voc", tmp_path, {**made.GOOD, "c.png": made.GOOD["b.png"]})
    (root / "images/c.png").write_bytes((root / "images/b.png").read_bytes())
    (root / "annotations/b.xml").unlink()
    assert list(planned(root, "exact-duplicate").removed) == ["images/b.png"]
