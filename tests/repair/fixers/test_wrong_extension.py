"""Images are named after their content, in label files too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repair import made
from tests.repair.repair import changed, planned, repaired


def misnamed(form: str, root: Path) -> Path:
    """`b.jpg` holds a PNG."""
    return made.write(
        form, root, {"a.png": made.GOOD["a.png"], "b.jpg": made.GOOD["b.png"], "c.png": made.GOOD["c.png"]}
    )


@pytest.mark.parametrize("form", made.FORMATS)
def test_labels_name_it_so_too(form: str, tmp_path: Path) -> None:
    root = misnamed(form, tmp_path / "bad")
    plan, outcome = repaired(root, tmp_path / "to", "wrong-extension")
    assert (len(plan.fixed), plan.left, outcome.exit_code) == (1, [], 0), str(outcome)
    assert plan.renamed == {"images/b.jpg": "images/b.png"}
    differing = changed(root, tmp_path / "to")
    assert {"images/b.jpg", "images/b.png"} <= differing.keys()
    for name, (before, after) in differing.items():
        if not name.startswith("images/b.") or name.endswith(("json", "csv")):
            assert before is not None
            assert before.replace(b"b.jpg", b"b.png") == after
    assert len(differing) == (2 if form == "yolo" else 3)


def test_lists_of_images(tmp_path: Path) -> None:
    root = misnamed("yolo", tmp_path / "bad")
    (root / "data.yaml").write_text("path: .\ntrain: train.txt\nval: train.txt\nnames:\n  0: cat\n")
    (root / "train.txt").write_bytes(b"./images/a.png\r\n./images/b.jpg\r\n./images/c.png")
    _, outcome = repaired(root, tmp_path / "to", "wrong-extension")
    assert outcome.exit_code == 0, str(outcome)
    assert (tmp_path / "to/train.txt").read_bytes() == b"./images/a.png\r\n./images/b.png\r\n./images/c.png"


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    root = misnamed("coco", tmp_path)
    (root / "images/b.png").write_bytes((root / "images/a.png").read_bytes() + b"more")
    plan = planned(root, "wrong-extension")
    assert not plan
    assert "is there already" in plan.left[0].refusal.reason
