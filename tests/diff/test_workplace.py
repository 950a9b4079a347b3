from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from datalint.diff.workplace import workplace


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_goes_at_the_end(temporary: Path) -> None:
    with workplace() as folder:
        (folder / "file").touch()
        assert temporary in folder.parents
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_is_in_use_stays(temporary: Path) -> None:
    script = (
        "import os; from datalint.diff.workplace import workplace\nwith workplace() as folder: os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    [left] = temporary.iterdir()
    with workplace() as first, workplace() as second:
        assert not left.exists()
        assert first.exists()
        assert second.exists()


def test_of_others_nothing_goes(temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "lock").touch()
    (temporary / "datalint-diff-link").symlink_to(elsewhere)
    (temporary / "datalint-diff-new").mkdir()
    with workplace():
        pass
    assert (elsewhere / "lock").exists()
    assert (temporary / "datalint-diff-new").exists()
