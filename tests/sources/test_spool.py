"""What a scan that was killed leaves on the disk of temporary files goes with the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from datalint.sources.spool import Spool

pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems have no such locks")

_HOLD = """
import time
from datalint.sources.spool import Spool
spool = Spool()
with spool.file(b"a.tgz") as file:
    file.write(b"x" * 1000)
print(spool.folder, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def other(temporary: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process with a folder of its own, and that folder."""
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", _HOLD], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        yield process, Path(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def age(folder: Path) -> None:
    long_ago = time.time() - 3600
    os.utime(folder, (long_ago, long_ago))


def test_the_next_scan_removes_what_a_killed_one_left(temporary: Path) -> None:
    with other(temporary) as (process, folder):
        age(folder)
        first = Spool()
        assert folder.is_dir()  # it is in use
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(list(folder.iterdir())) == 1
        second = Spool()
        assert not folder.exists()
    assert {Path(spool.folder) for spool in (first, second)} == set(temporary.iterdir())


def test_nothing_else_is_removed(temporary: Path) -> None:
    (temporary / "elsewhere").mkdir()
    names = ["datalint-0123456789abcde", "datalint-0123456789abcdex", "other-0123456789abcdef", "datalint-cache"]
    kept = [temporary / name for name in names]
    for folder in kept:
        folder.mkdir(mode=0o700)
        age(folder)
    (shared := temporary / "datalint-0123456789abcde0").mkdir(mode=0o755)
    age(shared)
    (link := temporary / "datalint-0123456789abcde1").symlink_to(temporary / "elsewhere")
    (new := temporary / "datalint-0123456789abcde2").mkdir(mode=0o700)
    (stale := temporary / "datalint-0123456789abcde3").mkdir(mode=0o700)
    age(stale)
    spool = Spool()
    assert all(folder.is_dir() for folder in (*kept, shared, link, new))
    assert not stale.exists()
    spool.settle()
    assert not Path(spool.folder).exists()


def test_the_folder_goes_with_the_spool(temporary: Path) -> None:
    spool = Spool()
    with spool.file(b"a.tgz") as file:
        file.write(b"x")
    spool.settle()
    assert spool.item(b"a.tgz").read() == b"x"
    del spool
    assert list(temporary.iterdir()) == []
