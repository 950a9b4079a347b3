"""Changes in place: old or new, never half, and undone to the last bit."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from datalint.repair import journal
from datalint.repair.edits import Edit, Edited, FixError, digest
from datalint.repair.files import replace as original
from datalint.repair.journal import apply, undo
from datalint.repair.plan import Plan
from tests.repair import made
from tests.repair.repair import planned

State = dict[str, tuple[int, int, bytes | str | None]]


def state(root: Path) -> State:
    """Path -> permissions, time of the last change, and bytes, or where a link leads."""
    found: State = {}
    for place in [root, *sorted(root.rglob("*"))]:
        status = place.lstat()
        content = str(place.readlink()) if place.is_symlink() else place.read_bytes() if place.is_file() else None
        found[str(place.relative_to(root))] = status.st_mode, status.st_mtime_ns, content
    return found


def files(root: Path, number: int = 12) -> Plan:
    """A tree of files and what to do with each: edit, remove, rename; times long ago, permissions of all kinds."""
    for folder in (root / "a", root / "a/b"):
        folder.mkdir(parents=True)
    for n in range(number):
        place = root / "a/b" / f"{n:03}.txt"
        place.write_bytes(b"0 1 2 3\n" * 500 + b"%d" % n)
        place.chmod(0o640 if n % 2 else 0o600)
        os.utime(place, ns=(10**18, 10**18 + n))
    (root / "a/link.txt").symlink_to("b/000.txt")
    for folder in (root / "a/b", root / "a", root):
        os.utime(folder, ns=(10**18, 10**18))
    plan = Plan(root)
    for n in range(number):
        name = f"a/b/{n:03}.txt"
        data = (root / name).read_bytes()
        if n % 3 == 0:
            plan.edited[name] = journal_edit(data)
        elif n % 3 == 1:
            plan.removed[name] = digest(data)
        else:
            # Beside its old name, or in another folder.
            plan.renamed[name] = f"a/b/{n:03}.new" if n % 2 == 0 else f"a/{n:03}.new"
    plan.removed["a/link.txt"] = digest(b"b/000.txt")
    return plan


def journal_edit(data: bytes) -> Edited:
    return Edited(digest(data), [Edit(0, 8), Edit(16, 17, b"9")])


def test_undo_restores_every_bit(tmp_path: Path) -> None:
    plan = files(tmp_path / "data")
    before = state(tmp_path / "data")
    manifest = apply(plan, tmp_path / "kept")
    after = state(tmp_path / "data")
    assert after["a/b/000.txt"][2] == b"0 1 2 3\n9 1 2 3\n" + b"0 1 2 3\n" * 497 + b"0"
    assert after["a/b/000.txt"][0] == before["a/b/000.txt"][0]
    assert after["a/b/002.new"] == before["a/b/002.txt"]
    assert after["a/005.new"] == before["a/b/005.txt"]
    assert not {"a/b/001.txt", "a/b/002.txt", "a/link.txt"} & after.keys()
    assert not any("datalint" in name for name in after)
    entry = json.loads(manifest.read_text())["files"][0]
    assert {"path", "sha256", "mode", "mtime_ns"} <= entry.keys()
    undo(manifest)
    assert state(tmp_path / "data") == before
    undo(manifest)  # again changes nothing
    assert state(tmp_path / "data") == before


CHILD = """
import pickle, sys
from pathlib import Path
from datalint.repair.journal import apply
plan = pickle.load(open(sys.argv[1], "rb"))
print("ready", flush=True)
apply(plan, Path(sys.argv[2]))
"""


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """kill -9 at 20 random moments: undone, all is as before; without a manifest nothing had changed."""
    import pickle

    plan = files(tmp_path / "data", 60)
    before = state(tmp_path / "data")
    (tmp_path / "plan").write_bytes(pickle.dumps(plan))
    chance, moments = random.Random(5), 0
    seconds = 0.4
    for n in range(20):
        kept = tmp_path / f"kept{n}"
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, tmp_path / "plan", kept], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        begun = time.monotonic()
        try:
            child.wait(chance.uniform(0, seconds))
            seconds = time.monotonic() - begun
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
        child.stdout.close()
        manifest = kept / "manifest.json"
        if manifest.exists():
            moments += state(tmp_path / "data") != before
            undo(manifest)
        assert state(tmp_path / "data") == before
    assert moments > 0


@pytest.mark.parametrize("step", range(0, 60, 3))
def test_ended_at_each_step(step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a kill between any two calls that change the tree, and an undo that ends in the same way."""
    plan = files(tmp_path / "data")
    before = state(tmp_path / "data")

    def stop_after(count: int) -> None:
        left = [count]

        def sync(folder: Path) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt

        monkeypatch.setattr(journal, "sync", sync)

    manifest = tmp_path / "kept/manifest.json"
    stop_after(step)
    with suppress(KeyboardInterrupt):
        apply(plan, tmp_path / "kept")
    if not manifest.exists():
        assert state(tmp_path / "data") == before
        return
    stop_after(step // 2)
    with suppress(KeyboardInterrupt):
        undo(manifest)
    monkeypatch.undo()
    undo(manifest)
    assert state(tmp_path / "data") == before


def test_a_file_that_changed_since_is_refused(tmp_path: Path) -> None:
    plan = files(tmp_path / "data")
    (tmp_path / "data/a/b/003.txt").write_bytes(b"mine")
    before = state(tmp_path / "data")
    with pytest.raises(FixError, match="has changed"):
        apply(plan, tmp_path / "kept")
    assert state(tmp_path / "data") == before


def test_undo_refuses_to_overwrite_what_came_later(tmp_path: Path) -> None:
    plan = files(tmp_path / "data")
    manifest = apply(plan, tmp_path / "kept")
    (tmp_path / "data/a/b/003.txt").write_bytes(b"mine")
    before = state(tmp_path / "data")
    with pytest.raises(FixError, match="neither as before nor as it was left"):
        undo(manifest)
    assert state(tmp_path / "data") == before


@pytest.mark.parametrize(("name", "mode", "reason"), [("a/b/003.txt", 0o400, "read-only"), ("a/b", 0o500, "written")])
def test_read_only(name: str, mode: int, reason: str, tmp_path: Path) -> None:
    plan = files(tmp_path / "data")
    (tmp_path / "data" / name).chmod(mode)
    before = state(tmp_path / "data")
    with pytest.raises(FixError, match=reason):
        apply(plan, tmp_path / "kept")
    assert state(tmp_path / "data") == before
    assert not (tmp_path / "kept").exists()
    (tmp_path / "data" / name).chmod(0o700)


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = files(tmp_path / "data")
    before = state(tmp_path / "data")
    calls = iter(range(10))

    def replace(place: Path, data: bytes, mode: int, temporary: Path) -> None:
        if next(calls) > 1:
            raise OSError(28, "No space left on device", "x")
        original(place, data, mode, temporary)

    monkeypatch.setattr(journal, "replace", replace)
    with pytest.raises(FixError, match="No space left"):
        apply(plan, tmp_path / "kept")
    assert state(tmp_path / "data") == before


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/tmp/out.txt", "a/away/out.txt"])
def test_a_manifest_that_leads_outside(name: str, tmp_path: Path) -> None:
    manifest = apply(files(tmp_path / "data"), tmp_path / "kept")
    (tmp_path / "data/a/away").symlink_to(tmp_path)
    document = json.loads(manifest.read_text())
    document["files"][0]["path"] = name
    manifest.write_text(json.dumps(document))
    with pytest.raises(FixError, match="leads out"):
        undo(manifest)
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "datalint/fix/v1", "files": [1]}'])
def test_not_a_manifest(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(FixError, match="not a manifest"):
        undo(tmp_path / "manifest.json")
    with pytest.raises(FixError, match="is not there"):
        undo(tmp_path / "other.json")


@pytest.mark.parametrize("form", made.FORMATS)
def test_in_place(form: str, tmp_path: Path) -> None:
    boxes = {**made.GOOD, "b.png": [(10.0, 12.0, 70.0, 44.0)]}
    root = made.write(form, tmp_path / "data", boxes)
    before = state(root)
    manifest = apply(planned(root, "box-outside-image"), tmp_path / "kept")
    assert sum(before[name] != now for name, now in state(root).items() if not (root / name).is_dir()) == 1
    undo(manifest)
    assert state(root) == before
