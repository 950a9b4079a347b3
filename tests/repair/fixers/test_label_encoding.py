"""Label files become plain UTF-8, and their cells are tidied; all else stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repair import made
from tests.repair.repair import changed, planned, repaired

BOM = b"\xef\xbb\xbf"
#: Formats whose label files should not begin with a mark: XML allows it.
MARKED = {"coco", "yolo", "labelme", "createml", "csv", "jsonl"}

TABLES = {
    "a mark": ("labels.csv", BOM + b"file,label\r\na.png,cat\r\nb.png,dog\r\nc.png,cat",
               b"file,label\r\na.png,cat\r\nb.png,dog\r\nc.png,cat"),
    "UTF-16": (
        "labels.csv",
        "file,label\r\na.png,cat\r\nb.png,Bär\r\nc.png,cat\r\n".encode("utf-16"),
        "file,label\r\na.png,cat\r\nb.png,Bär\r\nc.png,cat\r\n".encode(),
    ),
    "Windows-1252": (
        "labels.tsv",
        "file\tlabel\na.png\tcat\nb.png\tBär\nc.png\tcat\n".encode("cp1252"),
        "file\tlabel\na.png\tcat\nb.png\tBär\nc.png\tcat\n".encode(),
    ),
    "backslashes": (
        "labels.csv",
        b'file,label,note\nin\\a.png,cat,x\\y\n"in\\b.png",dog,1.50e0\n.\\in\\c.png,cat,\n',
        b'file,label,note\nin/a.png,cat,x\\y\n"in/b.png",dog,1.50e0\n./in/c.png,cat,\n',
    ),
    "spaces around paths": (
        "labels.csv",
        b"file,label\r\nin/a.png ,cat\r\nin/b.png,dog\r\n\" in/c.png\",cat\r\n",
        b"file,label\r\nin/a.png,cat\r\nin/b.png,dog\r\n\"in/c.png\",cat\r\n",
    ),
    "spaces around classes": (
        "labels.csv",
        b'file,label\na.png,cat \nb.png,dog\nc.png," cat"\n',
        b'file,label\na.png,cat\nb.png,dog\nc.png,"cat"\n',
    ),
    "backslashes in JSON Lines": (
        "labels.jsonl",
        b'{"label":"cat",  "file": "in\\\\a.png", "x": 1.50}\n'
        b'{"label":"dog", "file": "in\\\\b.png"}\n{"label":"cat", "file": "in/c.png"}\n',
        b'{"label":"cat",  "file": "in/a.png", "x": 1.50}\n'
        b'{"label":"dog", "file": "in/b.png"}\n{"label":"cat", "file": "in/c.png"}\n',
    ),
    "backslashes in JSON": (
        "labels.json",
        b'[{"label":"cat", "file": "in\\\\a.png"},\n\n {"label":"dog", "file": "in\\\\b.png"},'
        b' {"label":"cat", "file": "in/c.png"}]',
        b'[{"label":"cat", "file": "in/a.png"},\n\n {"label":"dog", "file": "in/b.png"},'
        b' {"label":"cat", "file": "in/c.png"}]',
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", TABLES)
def test_tables(fault: str, tmp_path: Path) -> None:
    name, before, after = TABLES[fault]
    root = tmp_path / "bad"
    made.pictures(root / "in" if b"in" in before.replace(b"\0", b"") else root, list(made.GOOD))
    (root / name).write_bytes(before)
    plan, outcome = repaired(root, tmp_path / "to", "label-encoding")
    assert plan.left == []
    assert (tmp_path / "to" / name).read_bytes() == after
    assert (bool(outcome.fixed), outcome.exit_code) == (True, 0), str(outcome)


@pytest.mark.parametrize("form", made.FORMATS)
def test_a_mark_goes_and_nothing_else(form: str, tmp_path: Path) -> None:
    root = made.write(form, tmp_path / "bad", made.GOOD)
    for file in root.rglob("*"):
        if file.is_file() and file.suffix not in (".png", ".yaml"):
            file.write_bytes(BOM + file.read_bytes().removeprefix(BOM))
    plan, outcome = repaired(root, tmp_path / "to", "label-encoding")
    assert plan.left == []
    assert outcome.exit_code == 0, str(outcome)
    differing = changed(root, tmp_path / "to")
    assert bool(differing) == (form in MARKED)
    for before, after in differing.values():
        assert before == BOM + (after or b"")


def test_a_mark_and_a_box(tmp_path: Path) -> None:
    """Two repairs of one file."""
    root = made.write("coco", tmp_path / "bad", {**made.GOOD, "b.png": [(10, 12, 10, 44), (10, 12, 40, 44)]})
    _, outcome = repaired(root, tmp_path / "to", "label-encoding", "degenerate-box")
    assert (outcome.fixed, outcome.exit_code) == (2, 0), str(outcome)


def test_what_would_be_a_guess(tmp_path: Path) -> None:
    made.pictures(tmp_path, list(made.GOOD))
    mixed = b"file,label\na.png,B\xc3\xa4r\nb.png,B\xe4r\nc.png,cat\n"
    (tmp_path / "labels.csv").write_bytes(mixed)
    plan = planned(tmp_path, "label-encoding")
    assert not plan
    assert "some of it is UTF-8 and some is not" in plan.left[0].refusal.reason
