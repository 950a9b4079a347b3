"""What is promised of a whole scan: it only reads, asks no network, and runs nothing of a dataset."""

from __future__ import annotations

import ast
import hashlib
import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROMISES = (ROOT / "SECURITY.md").read_text("utf-8")

#: Run in an interpreter of its own: an audit hook cannot be taken away again.
WATCHED = """
import sys
seen = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
        seen.append(event)
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        program = str(arguments[0])
        if program != sys.executable and program.rpartition("/")[2] not in ("git", "ldconfig"):
            seen.append(f"{event} {program}")
sys.addaudithook(hook)
from datalint.cli import main
try:
    main(sys.argv[1:])
finally:
    print(seen, file=sys.stderr)
"""


class Planted:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.place),)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """One with faults of many kinds, a `.git` and a baseline."""
    place = tmp_path / "data"
    shutil.copytree(ROOT / "fixtures" / "datasets" / "demo", place)
    subprocess.run(["git", "init", "-q", str(place)], check=True)
    return place


def state(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Content, mode and time of every file and folder."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = digest, status.st_mode, status.st_mtime_ns
    return found


def test_a_scan_changes_nothing(dataset: Path, tmp_path: Path) -> None:
    before = state(dataset)
    command = [sys.executable, "-m", "datalint", "scan", str(dataset), "--preview", "--ignore", "DL9", "-q"]
    formats = ["--format", f"html={tmp_path / 'report.html'}", "--format", f"json={tmp_path / 'report.json'}"]
    subprocess.run(
        [*command, *formats, "--cache-dir", str(tmp_path / "cache")],
        env={**os.environ, "DATALINT_NO_CACHE": "0"},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert list((tmp_path / "cache").glob("facts*"))
    assert state(dataset) == before


def test_no_network_is_asked_and_no_program_started(dataset: Path, tmp_path: Path) -> None:
    """With the probe; but for Git, which is asked what it tracks, the interpreter, and what torch asks."""
    pytest.importorskip("torch")
    options = [str(dataset), "--preview", "-q", "--format", f"html={tmp_path / 'report.html'}"]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "scan", *options], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "[]"


def test_no_pickle_is_loaded(dataset: Path, tmp_path: Path) -> None:
    for name in ("data_batch_1", "labels.pkl", "annotations.npy", "model.pt", "a.json", "b.csv", "c.parquet", "d.png"):
        (dataset / name).write_bytes(pickle.dumps(Planted(tmp_path / "ran")))
    command = [sys.executable, "-m", "datalint", "scan", str(dataset), "--preview", "--ignore", "DL9", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert not (tmp_path / "ran").exists()
    pickle.loads((dataset / "d.png").read_bytes())
    assert (tmp_path / "ran").exists()  # it would have


# -- the promises themselves -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PROMISES))))
def test_every_promise_names_a_test_that_there_is(name: tuple[str, str]) -> None:
    file, test = name
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_every_promise_names_a_test() -> None:
    kept = PROMISES.partition("## What holds")[2].partition("## Limits")[0]
    rows = [line for line in kept.splitlines() if line.startswith("|")]
    promises = [line for line in rows if not set(line) <= set("|- ") and not line.startswith("| what holds")]
    assert len(promises) > 20
    assert [line for line in promises if "`tests/" not in line] == []
