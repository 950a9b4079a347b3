"""A corrected copy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datalint.repair.copy import copy
from datalint.repair.edits import Edit, Edited, FixError, digest
from datalint.repair.plan import Plan


def tree(root: Path) -> Plan:
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/x.txt").write_bytes(b"one\ntwo\n")
    (root / "a/y.png").write_bytes(b"y")
    (root / "a/z.png").write_bytes(b"z")
    (root / "a/y.png").chmod(0o440)
    (root / ".git").mkdir()
    os.utime(root / "a/y.png", ns=(10**18, 10**18))
    os.utime(root / "a", ns=(10**18, 10**18))
    plan = Plan(root)
    plan.edited["a/b/x.txt"] = Edited(digest(b"one\ntwo\n"), [Edit(0, 4)])
    plan.removed["a/z.png"] = digest(b"z")
    return plan


def test_all_else_is_the_same(tmp_path: Path) -> None:
    plan = tree(tmp_path / "data")
    copy(plan, tmp_path / "to")
    assert (tmp_path / "to/a/b/x.txt").read_bytes() == b"two\n"
    assert not (tmp_path / "to/a/z.png").exists()
    assert not (tmp_path / "to/.git").exists()
    for name in ("a", "a/y.png"):
        old, new = (tmp_path / "data" / name).stat(), (tmp_path / "to" / name).stat()
        assert (old.st_mode, old.st_mtime_ns) == (new.st_mode, new.st_mtime_ns)
        assert name == "a" or old.st_ino != new.st_ino
    assert sorted(place.name for place in tmp_path.iterdir()) == ["data", "to"]


def test_hard_links_where_they_are_asked_for(tmp_path: Path) -> None:
    copy(tree(tmp_path / "data"), tmp_path / "to", link=True)
    assert (tmp_path / "to/a/y.png").stat().st_ino == (tmp_path / "data/a/y.png").stat().st_ino
    assert (tmp_path / "data/a/b/x.txt").read_bytes() == b"one\ntwo\n"


def test_links_lead_to_the_same(tmp_path: Path) -> None:
    plan = tree(tmp_path / "data")
    (tmp_path / "out.png").write_bytes(b"out")
    links = {"in": "b/x.txt", "absolute": str(tmp_path / "data/a/y.png"), "out": "../../out.png"}
    for name, target in links.items():
        (tmp_path / "data/a" / name).symlink_to(target)
    copy(plan, tmp_path / "to")
    assert (tmp_path / "to/a/in").resolve() == tmp_path / "to/a/b/x.txt"
    assert (tmp_path / "to/a/absolute").resolve() == tmp_path / "to/a/y.png"
    assert (tmp_path / "to/a/out").resolve() == tmp_path / "out.png"


def test_refusals_leave_nothing(tmp_path: Path) -> None:
    plan = tree(tmp_path / "data")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x")
    for to, reason in (
        ("full", "not an empty folder"),
        ("data/to", "lie in each other"),
        ("data", "lie in each other"),
        ("no/to", "is not a folder"),
    ):
        with pytest.raises(FixError, match=reason):
            copy(plan, tmp_path / to)
    os.mkfifo(tmp_path / "data/a/pipe")
    with pytest.raises(FixError, match="neither a file nor a folder"):
        copy(plan, tmp_path / "to")
    (tmp_path / "data/a/pipe").unlink()
    (tmp_path / "data/a/b/x.txt").write_bytes(b"changed")
    with pytest.raises(FixError, match="has changed"):
        copy(plan, tmp_path / "to")
    assert sorted(place.name for place in tmp_path.iterdir()) == ["data", "full"]
    (tmp_path / "to").mkdir()
    (tmp_path / "data/a/b/x.txt").write_bytes(b"one\ntwo\n")
    copy(plan, tmp_path / "to")
