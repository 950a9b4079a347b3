"""`datalint fix`, as people call it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repair import made
from tests.repair.test_journal import state

ROOT = Path(__file__).resolve().parent.parent.parent
BAD: dict[str, list[made.Box]] = {**made.GOOD, "a.png": [(30, 6, 30, 40)], "b.png": [(10, 12, 70, 44)]}
ALWAYS = ("--isolated", "--no-progress", "--no-cache", "-j", "1", "--ignore", "DL3")


def fix(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    options = () if "--undo" in arguments else ALWAYS
    command = [sys.executable, "-m", "datalint", "fix", *map(str, arguments), *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_dry_run_touches_nothing(tmp_path: Path) -> None:
    root = made.write("coco", tmp_path / "data", BAD)
    before = state(tmp_path)
    done = fix(root)
    assert done.returncode == 0, done.stderr
    assert "DL802 degenerate-box: boxes without area are dropped (1)" in done.stdout
    assert "Not asked for (--only NAME): DL410 label-encoding (1), DL801 box-outside-image (1)" in done.stdout
    assert "--- a/annotations.json\n+++ b/annotations.json\n@@ " in done.stdout
    assert done.stdout.endswith("--to DIR writes a corrected copy, --in-place changes the dataset.\n")
    assert state(tmp_path) == before
    assert fix(root, "--dry-run", "--only", "DL801").stdout.count("\n-") == 2


def test_a_copy(tmp_path: Path) -> None:
    root = made.write("yolo", tmp_path / "data", BAD)
    before = state(root)
    done = fix(root, "--safe", "--only", "box-outside-image", "--to", tmp_path / "clean")
    assert done.returncode == 0, done.stderr
    assert "Checked: 2 of 2 findings are gone, no new error or warning has come" in done.stdout
    assert state(root) == before
    assert (tmp_path / "clean/labels/a.txt").read_bytes() == b""


def test_in_place_and_undone(tmp_path: Path) -> None:
    root = made.write("voc", tmp_path / "data", BAD)
    before = state(root)
    done = fix(root, "--in-place", "--backup", tmp_path / "kept")
    assert done.returncode == 0, done.stderr
    assert f"datalint fix --undo {tmp_path}/kept/manifest.json" in done.stdout
    assert state(root) != before
    done = fix("--undo", tmp_path / "kept/manifest.json")
    assert (done.returncode, done.stdout) == (0, "1 file is as before\n")
    assert state(root) == before


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@y", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


def test_in_a_git_work_tree(tmp_path: Path) -> None:
    root = made.write("voc", tmp_path / "data", BAD)
    done = fix(root, "--in-place")
    assert done.returncode == 2
    assert "--in-place needs --backup DIR" in done.stderr
    git(root, "init", "-q")
    git(root, "add", ".")
    assert "are not committed" in fix(root, "--in-place").stderr
    git(root, "commit", "-qm", "first")
    done = fix(root, "--in-place")
    assert done.returncode == 0, done.stderr
    assert git(root, "status", "--short").split() == ["M", "annotations/a.xml"]
    assert fix("--undo", done.stdout.split("--undo ")[1].split("\n")[0]).returncode == 0
    assert git(root, "status", "--short") == ""


def test_what_does_not_come_out_right_is_said(tmp_path: Path) -> None:
    """A box that is dropped may have been the last one: then its image has no label in the table."""
    root = made.write("csv", tmp_path / "data", BAD)
    done = fix(root, "--safe", "--to", tmp_path / "clean")
    assert done.returncode == 1
    assert "new: warning DL403 unlabeled-image: images/a.png" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--to", "x", "--in-place"), "exclude each other"),
        (("--backup", "x"), "--backup needs --in-place"),
        (("--link",), "--link needs --to"),
        (("--only", "blurry"), "no fix is built in for 'blurry'"),
        (("--decisions", "none.jsonl"), "none.jsonl: cannot be read"),
        (("--to", "data/inside"), "lie in each other"),
        (("--in-place", "--backup", "data/inside"), "lies in the dataset"),
        (("--undo", "none.json"), "none.json is not there"),
    ],
)
def test_refusals(arguments: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    made.write("voc", tmp_path / "data", BAD)
    before = state(tmp_path)
    done = fix("data", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert state(tmp_path) == before


def test_only_folders(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(b"PK\x05\x06" + b"\0" * 18)
    for source in (tmp_path / "data.zip", "s3://bucket/data"):
        done = fix(source)
        assert done.returncode == 2
        assert "is not a folder: unpack an archive" in done.stderr
    assert fix(tmp_path / "none").returncode == 3
    (tmp_path / "empty").mkdir()
    assert fix(tmp_path / "empty").returncode == 3


def test_hostile_names(tmp_path: Path) -> None:
    root = made.write("yolo", tmp_path / "data", made.GOOD)
    for name, boxes in (("\x1b[31m\n\u202e", b"0 0.5 0.5 0 0.5\n"), ("-rf $(touch x)'\"", b"0 0.5 0.5 0 0.5\n")):
        made.pictures(root / "images", [f"{name}.png"])
        (root / "labels" / f"{name}.txt").write_bytes(boxes)
    done = fix(root, "--to", tmp_path / "clean")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert {file.read_bytes() for file in (tmp_path / "clean/labels").glob("*[-\x1b]*")} == {b""}
