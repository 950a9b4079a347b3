"""A scan as people run it: a process with its workers, watched from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

ROOT = Path(__file__).resolve().parent.parent.parent
_EVERY = 0.05  # seconds
#: Written to files: a name that breaks one of them breaks the scan.
REPORTS = ("json", "sarif", "junit", "markdown", "gitlab", "html")
#: Not the dataset's own settings; and not the probe, which never sees a file.
OPTIONS = ("--isolated", "--ignore", "DL9")
_WORKER = b"datalint.workers.child"


class Ended(NamedTuple):
    """What can be seen of a scan from outside."""

    code: int | None
    """The exit code; None if it took too long and was ended."""
    stdout: str
    stderr: str
    seconds: float
    peak: int
    """Bytes: see `Watch`."""
    workers: int
    """How many worker processes were seen."""
    leftovers: tuple[str, ...]
    """In the folder for temporary files, afterwards."""


class Watch:
    """The memory of a process and of all below it.

    `peak` is the sum of the highest resident sizes (VmHWM) that the processes living at one moment have reached so
    far, at the moment when it is largest. Pages that processes share count for each of them, and their peaks for one
    moment: the true peak of the tree is lower, and no spike between two looks is missed.
    """

    def __init__(self, process: int) -> None:
        self.peak = 0
        self.workers: set[int] = set()
        self._process = process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        total = 0
        for process in tree(self._process):
            try:
                status = Path(f"/proc/{process}/status").read_bytes()
                command = Path(f"/proc/{process}/cmdline").read_bytes()
            except OSError:
                continue
            is_worker = _WORKER in command
            if process != self._process and not is_worker and b"datalint\0scan" in command:
                continue  # not yet another program: it still shows the memory of its parent
            if is_worker:
                self.workers.add(process)
            _, found, rest = status.partition(b"VmHWM:")
            total += int(rest.split(None, 1)[0]) * 1024 if found else 0
        self.peak = max(self.peak, total)


def tree(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                parent = (entry / "stat").read_bytes().rpartition(b")")[2].split()[1]
                children.setdefault(int(parent), []).append(int(entry.name))
    found = [root]
    for process in found:
        found += children.get(process, ())
    return found


def scan(
    data: Path, out: Path, *, jobs: int, cache: Path | None, limit: float, options: tuple[str, ...] = OPTIONS
) -> Ended:
    """Run `datalint scan`; reports and tables go below `out`."""
    temporary = out / "tmp"
    temporary.mkdir(parents=True)
    command = [sys.executable, "-m", "datalint", "scan", str(data), "--preview", "--no-progress", "-q"]
    command += ["-j", str(jobs), "--export", str(out / "tables"), *options]
    command += ["--cache-dir", str(cache)] if cache else ["--no-cache"]
    for form in REPORTS:
        command += ["--format", f"{form}={out / 'reports' / form}"]
    (out / "reports").mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATALINT_")}
    environment |= {"TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join([str(ROOT), *_paths()])}
    start = time.monotonic()
    with (out / "stdout").open("wb") as stdout, (out / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=environment, cwd=out
        )
        with Watch(process.pid) as watch:
            code: int | None = None
            with suppress(subprocess.TimeoutExpired):
                try:
                    code = process.wait(limit)
                finally:
                    _end(process)
    seconds = time.monotonic() - start
    left = tuple(sorted(str(path.relative_to(temporary)) for path in temporary.rglob("*")))
    said, told = ((out / name).read_text("utf-8", "replace") for name in ("stdout", "stderr"))
    return Ended(code, said, told, seconds, watch.peak, len(watch.workers), left)


def _paths() -> list[str]:
    """Where this process's own modules come from, if that was said by the environment."""
    given = os.environ.get("PYTHONPATH")
    return [given] if given else []


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a scan and its workers, unless it has ended."""
    if process.poll() is not None:
        return
    for one in tree(process.pid):
        with suppress(OSError):
            os.kill(one, signal.SIGKILL)
    process.wait()
