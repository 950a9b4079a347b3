"""Records that repeat a label are dropped where they are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repair import made
from tests.repair.repair import planned, repaired

TABLES = {
    "labels.csv": (b"\xef\xbb\xbffile,label\r\na.png,cat\r\nb.png,dog\r\n", b"a.png,cat\r\n", b"c.png,dog"),
    "labels.tsv": (b"file\tlabel\na.png\tcat\nb.png\tdog\n", b"a.png\tcat\n", b"c.png\tdog\n"),
    "labels.jsonl": (
        b'{"file": "a.png", "label": "cat"}\n{"file": "b.png", "label": "dog"}\n',
        b'{"file": "a.png", "label": "cat"}\n',
        b'{"file": "c.png", "label": "dog"}',
    ),
    "labels.json": (
        b'[{"file": "a.png", "label": "cat"},\n {"file": "b.png", "label": "dog"},\n ',
        b'{"file": "a.png", "label": "cat"},\n ',
        b'{"file": "c.png", "label": "dog"}]\n',
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_record_alone_goes(name: str, tmp_path: Path) -> None:
    made.pictures(tmp_path / "bad", list(made.GOOD))
    before, again, after = TABLES[name]
    (tmp_path / "bad" / name).write_bytes(before + again + after)
    _, outcome = repaired(tmp_path / "bad", tmp_path / "to", "repeated-label")
    assert (outcome.fixed, outcome.exit_code) == (1, 0), str(outcome)
    assert (tmp_path / "to" / name).read_bytes() == before + after


def test_a_record_that_says_more_is_left(tmp_path: Path) -> None:
    made.pictures(tmp_path, list(made.GOOD))
    (tmp_path / "labels.csv").write_text("file,label,by\na.png,cat,ann\nb.png,dog,ann\nc.png,dog,bo\na.png,cat,bo\n")
    plan = planned(tmp_path, "repeated-label", label_column="label")
    assert not plan
    assert "differs from the first one" in plan.left[0].refusal.reason
