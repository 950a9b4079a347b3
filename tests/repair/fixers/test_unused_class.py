"""Unused classes leave the lists in which no number shifts."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.engine import scan
from datalint.repair.plan import plan
from tests.repair import made
from tests.repair.repair import changed, planned, repaired

#: A data file before and after.
YAML = {
    "map": (b"nc: 3 # all\r\nnames:\r\n  0: cat\r\n  1: fox\r\n  2: dog\r\n", b"nc: 1 # all\r\nnames:\r\n  0: cat\r\n"),
    "list": (b"names:\n- cat\n- 'fox'\n- dog\nnc: 3\n", b"names:\n- cat\nnc: 1\n"),
    "flow": ("# für alle\nnames: ['cat', \"fox\", dog]  # of 2026\nnc: 3\n".encode(),
             "# für alle\nnames: ['cat']  # of 2026\nnc: 1\n".encode()),
    "a number that was wrong": (b"nc: 1\nnames: [cat, fox, dog]\n", b"nc: 1\nnames: [cat]\n"),
}  # fmt: skip


def test_coco(tmp_path: Path) -> None:
    root = made.write("coco", tmp_path / "bad", made.GOOD)
    file = root / "annotations.json"
    old = file.read_bytes()
    more = b'"categories": [{"name": "fox", "id": 7},\t{"name": "cat", "id": 1}, {"id": 9, "name": "dog"}]}'
    file.write_bytes(old.replace(b'"categories": [{"name": "cat", "id": 1}]}', more))
    done, outcome = repaired(root, tmp_path / "to", "unused-class")
    assert done.left == []
    assert outcome.exit_code == 0, str(outcome)
    ((_, (_, after)),) = changed(root, tmp_path / "to").items()
    assert after == old


@pytest.mark.parametrize("spelling", YAML)
def test_yolo(spelling: str, tmp_path: Path) -> None:
    head = b"path: .\ntrain: images\nval: images\n"
    before, after = YAML[spelling]
    root = made.write("yolo", tmp_path / "bad", made.GOOD)
    (root / "data.yaml").write_bytes(head + before)
    done, _ = repaired(root, tmp_path / "to", "unused-class")
    assert done.left == []
    assert (tmp_path / "to/data.yaml").read_bytes() == head + after


def test_yolo_where_a_number_would_shift(tmp_path: Path) -> None:
    root = made.write("yolo", tmp_path, made.GOOD)
    (root / "data.yaml").write_text("path: .\ntrain: images\nval: images\nnames: [fox, cat]\n")
    for file in (root / "labels").iterdir():
        file.write_bytes(b"".join(b"1" + line[1:] + b"\n" for line in file.read_bytes().splitlines()))
    done = planned(root, "unused-class")
    assert not done
    assert "their numbers would shift" in done.left[0].refusal.reason


def test_a_list_beside_the_data_file_goes_on_saying_the_same(tmp_path: Path) -> None:
    root = made.write("yolo", tmp_path / "bad", made.GOOD)
    (root / "data.yaml").write_text("path: .\ntrain: images\nval: images\nnames: [cat, fox]\n")
    (root / "labels/classes.txt").write_text("cat\nfox\n")
    _, outcome = repaired(root, tmp_path / "to", "unused-class")
    assert (outcome.fixed, outcome.exit_code) == (1, 0), str(outcome)
    assert (tmp_path / "to/labels/classes.txt").read_text() == "cat\n"


def test_a_name_a_line(tmp_path: Path) -> None:
    root = made.write("yolo", tmp_path / "bad", made.GOOD)
    (root / "data.yaml").unlink()
    (root / "labels/classes.txt").write_bytes(b"cat\r\nfox\r\n\r\n")
    done, outcome = repaired(root, tmp_path / "to", "unused-class")
    assert done.left == []
    assert outcome.exit_code == 0, str(outcome)
    assert (tmp_path / "to/labels/classes.txt").read_bytes() == b"cat\r\n\r\n"


def test_the_config(fixtures: Path) -> None:
    found = plan(
        scan(fixtures / "unused-class/bad", no_cache=True, ignore=("DL9",)), lambda fixer: fixer.name == "unused-class"
    )
    assert "declared in the config" in found.left[0].refusal.reason
