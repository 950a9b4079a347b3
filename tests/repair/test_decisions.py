"""Decisions that a person took, and what they do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datalint.engine import scan
from datalint.repair.decisions import Decision, read
from datalint.repair.edits import FixError
from tests.repair import made
from tests.repair.repair import CONFIG, planned, repaired

BAD: dict[str, list[made.Box]] = {**made.GOOD, "a.png": [(30, 6, 30, 40)], "b.png": [(10, 12, 70, 44)]}


def test_the_last_decision_counts(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "decision": "Keep", "value": None, "by": "me", "when": "2026-01-01"},
        {"id": "b", "decision": "drop_box"},
        {"id": "a", "decision": "keep this copy", "value": "x.png"},
    ]
    (tmp_path / "decisions.jsonl").write_text("\n\n".join(map(json.dumps, rows)))
    assert read(tmp_path / "decisions.jsonl") == {
        "a": Decision("keep-copy", "x.png"),
        "b": Decision("drop-box"),
    }


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 1, "decision": "keep"}', '{"id": "a"}', "[" * 99999])
def test_what_is_not_a_decision(line: str, tmp_path: Path) -> None:
    (tmp_path / "decisions.jsonl").write_text('{"id": "a", "decision": "keep"}\n' + line)
    with pytest.raises(FixError, match=r"decisions\.jsonl:2"):
        read(tmp_path / "decisions.jsonl")


def test_what_they_do(tmp_path: Path) -> None:
    root = made.write("coco", tmp_path / "bad", BAD)
    ids = {finding.name: finding.id for finding in scan(root, config=CONFIG)}
    decisions = {
        ids["degenerate-box"]: Decision("keep"),
        ids["box-outside-image"]: Decision("clip"),
        "datalint/v1:gone": Decision("delete"),
    }
    plan, outcome = repaired(root, tmp_path / "to", "degenerate-box", decisions=decisions)
    assert plan.fixed == {ids["box-outside-image"]}
    assert [left.refusal.reason for left in plan.left] == ["decided: keep"]
    assert plan.unknown == ("datalint/v1:gone",)
    assert outcome.exit_code == 0, str(outcome)
    for word in ("drop", "delete", "quarantine"):
        plan = planned(root, decisions={ids["box-outside-image"]: Decision(word)})
        assert plan.fixed == {ids["box-outside-image"]}
    for decision, cause in (
        (Decision("rotate"), "no fix is built in"),
        (Decision("relabel", "dog"), "no class of the dataset is named 'dog'"),
        (Decision("relabel"), "relabel needs a value: the name of a class"),
        (Decision("relabel", "cat"), "it is cat already"),
        (Decision("move", "val"), "annotations.json holds the labels of several images"),
    ):
        plan = planned(root, decisions={ids["box-outside-image"]: decision})
        assert cause in plan.left[0].refusal.reason
        assert not plan


def test_copies(tmp_path: Path) -> None:
    root = made.write("coco", tmp_path, {**made.GOOD, "c.png": made.GOOD["b.png"]})
    (root / "images/c.png").write_bytes((root / "images/b.png").read_bytes())
    ids = {finding.name: finding.id for finding in scan(root, config=CONFIG)}
    kept = {ids["exact-duplicate"]: Decision("keep-this-copy", "images/c.png")}
    assert planned(root, decisions=kept).removed.keys() == {"images/b.png"}
    wrong = {ids["exact-duplicate"]: Decision("keep-copy", "images/a.png")}
    assert "none of its copies" in planned(root, decisions=wrong).left[0].refusal.reason
    deleted = {ids["exact-duplicate"]: Decision("delete")}
    assert planned(root, decisions=deleted).removed.keys() == {"images/b.png"}


def test_pictures_that_contradict_each_other(tmp_path: Path) -> None:
    """One picture in two class folders: one copy stays, or all get one class."""
    root = tmp_path / "data"
    for name in ("cat", "dog"):
        made.pictures(root / name, [f"{name}-{n}.png" for n in range(3)])
    (root / "dog/again.png").write_bytes((root / "cat/cat-1.png").read_bytes())
    ids = {finding.name: finding.id for finding in scan(root, config=CONFIG)}
    found = ids["contradictory-duplicate"]
    kept = planned(root, decisions={found: Decision("keep-copy", "cat/cat-1.png")})
    assert kept.removed.keys() == {"dog/again.png"}
    moved, outcome = repaired(root, tmp_path / "to", decisions={found: Decision("relabel", "cat")})
    assert moved.renamed == {"dog/again.png": "cat/again.png"}
    assert [left.refusal.reason for left in moved.left] == ["it is in that folder already"]
    assert (outcome.remaining, outcome.differing) == ([], [])
