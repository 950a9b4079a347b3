"""`datalint split`, as people call it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.repair.test_journal import state
from tests.splitting.pictures import folders


def split(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "datalint", "split", *map(str, arguments), "--isolated", "--no-cache", "-j", "1"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_an_output_nothing_is_written(tmp_path: Path) -> None:
    root = folders(tmp_path, {"cat": 20, "dog": 10})
    before = state(root)
    done = split(root)
    assert done.returncode == 0, done.stderr
    assert (
        "class    images     train       val      test\ncat          20        16         2         2\n" in done.stdout
    )
    assert done.stdout.endswith("--to DIR a new dataset, --column FILE a table.\n")
    assert state(root) == before


def test_written_and_checked(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 20, "dog": 10})
    done = split(root, "--ratios", "train=2,test=1", "--to", tmp_path / "new", "--link")
    assert done.returncode == 0, done.stderr
    assert f"The new dataset is in {tmp_path / 'new'}\nChecked: no picture" in done.stdout
    assert sorted(place.name for place in (tmp_path / "new").iterdir()) == ["test", "train"]


def test_refusals_are_one_line(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 5, "dog": 5})
    for arguments, cause, code in (
        (("--ratios", "80"), "ratios are written", 2),
        (("--lists", tmp_path, "--to", tmp_path / "new"), "exclude each other", 2),
        (("--link",), "--link needs --to", 2),
        (("--to", root), "lie in each other", 2),
    ):
        done = split(root, *arguments)
        assert done.returncode == code
        assert cause in done.stderr
        assert sum(line.startswith("datalint: error:") for line in done.stderr.splitlines()) == 1
    assert split(tmp_path / "nowhere").returncode == 3
    (tmp_path / "empty").mkdir()
    assert split(tmp_path / "empty").returncode == 3
