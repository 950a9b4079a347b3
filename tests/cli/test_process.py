"""How a scan ends where it cannot go on: one line, and the contract's exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from datalint.cli.process import require_memory
from tools import kill

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, limits and descriptors as Linux has them")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kill.dataset(tmp_path_factory.mktemp("data"), 6)


def scanned(command: str, dataset: Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a shell's `datalint scan`, as `command` runs it."""
    scan = f"{sys.executable} -m datalint scan {dataset} --isolated --ignore DL9"
    done = subprocess.run(["bash", "-c", command.format(scan=scan)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_killed_scans_leave_nothing() -> None:
    """`python -m tools.kill` does this many times, with the probe."""
    assert kill.run(times=2, seed=1, images=60, probe=False) == []


@pytest.mark.parametrize(
    ("command", "code", "line"),
    [
        ("{scan} >&-", 2, "datalint: error: cannot write the report to stdout: it is closed\n"),
        ("{scan} >/dev/full", 2, "datalint: error: cannot write the report to stdout: No space left on device\n"),
        ("{scan} 2>&- >/dev/null", 1, ""),
        ("{scan} -v 2>/dev/full >/dev/null", 1, ""),
        ("{scan} <&- >/dev/null", 1, ""),
        ("{scan} <&- >&- 2>&-", 2, ""),
    ],
)
def test_a_stream_that_is_closed_or_full(dataset: Path, command: str, code: int, line: str) -> None:
    assert scanned(command, dataset) == (code, "", line)


@pytest.mark.parametrize("limit", ["-v 300000", "-v 500000", "-v 900000", "-d 200000"])
def test_too_little_memory_to_start(dataset: Path, limit: str) -> None:
    code, out, err = scanned(f"ulimit {limit}; {{scan}}", dataset)
    assert (code, out) == (2, "")
    assert err.startswith("datalint: error: this process may use ")
    assert err.count("\n") == 1


def test_no_limit_is_enough() -> None:
    require_memory()


def test_the_other_commands_tell_it_too() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m datalint rules >/dev/full"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "datalint: error: cannot write to stdout: No space left on device\n")
