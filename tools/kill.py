"""Kill scans at random moments and look at what they leave: `python -m tools.kill --times 50`.

A small drawn dataset is scanned with a cache, all stages from labels to the probe and the HTML report, and killed by
SIGKILL, SIGTERM, SIGHUP and Ctrl-C in turn. After each kill nothing may be left in the temporary folder, no process of
it may live on, what it prints must be one line, and the next scan with the same cache must say what one without says.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import numpy as np
from PIL import Image

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
CODES = {signal.SIGKILL: -9, signal.SIGTERM: 2, signal.SIGHUP: 2, signal.SIGINT: 130}
LINES = {
    signal.SIGTERM: "stopped by SIGTERM, so the scan is not finished",
    signal.SIGHUP: "stopped by SIGHUP, so the scan is not finished",
    signal.SIGINT: "interrupted",
}
KEPT = "datalint: what was measured is kept; the next scan goes on from there"
_SECONDS_TO_END = 5.0


def dataset(folder: Path, images: int) -> Path:
    """Class folders of noisy pictures, a COCO file, copies and a few broken files."""
    draw = np.random.default_rng(0)
    names = []
    for number in range(images):
        kind = ("cat", "dog", "fox")[number % 3]
        (folder / kind).mkdir(parents=True, exist_ok=True)
        pixels = draw.integers(0, 80, (48, 64, 3)) + np.array([60, 90, 120]) * (number % 3)
        name = f"{kind}/{number}.png"
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / name)
        names.append(name)
    (folder / "cat" / "copy.png").write_bytes((folder / names[0]).read_bytes())
    (folder / "dog" / "broken.png").write_bytes((folder / names[1]).read_bytes()[:200])
    few = names[: images // 3]  # where a label file describes most images, the folders are not taken for classes
    records = [{"id": number, "file_name": name, "width": 64, "height": 48} for number, name in enumerate(few)]
    boxes = [
        {"id": number, "image_id": number, "category_id": 1, "bbox": [1, 1, 20, 20], "area": 400, "iscrowd": 0}
        for number in range(len(few))
    ]
    coco = {"images": records, "annotations": boxes, "categories": [{"id": 1, "name": "animal"}]}
    (folder / "instances.json").write_text(json.dumps(coco))
    return folder


def _swept(folder: Path) -> bool:
    """Whether it is the empty folder of a scan's archives: SIGKILL may leave it, and a later scan removes it."""
    return re.fullmatch("datalint-[0-9a-f]{16}", folder.name) is not None and not any(folder.iterdir())


class Killing:
    """Scans of one dataset in a place of their own."""

    def __init__(self, place: Path, images: int, probe: bool) -> None:
        self.place, self.probe = place, probe
        self.data = dataset(place / "data", images)
        self.temporary = place / "tmp"
        self.temporary.mkdir()
        self.cache = place / "cache"
        start = time.monotonic()
        subprocess.run([sys.executable, "-m", "datalint", "--version"], check=True, stdout=subprocess.DEVNULL)
        self.starting = 3 * (time.monotonic() - start)
        """Seconds in which the interpreter starts: signals end it as they end any program."""

    def started(self, *options: str) -> subprocess.Popen[str]:
        """A scan, on its way."""
        without = () if self.probe else ("--ignore", "DL9")
        command = [sys.executable, "-m", "datalint", "scan", str(self.data), "--isolated", "--no-progress", *without]
        return subprocess.Popen(
            [*command, "--format", "json", "--format", f"html={self.place / 'report.html'}", *options],
            env={**os.environ, "TMPDIR": str(self.temporary), "DATALINT_NO_CACHE": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def findings(self, *options: str) -> tuple[list[str], str]:
        """What a whole scan finds, and what it prints besides."""
        with self.started(*options) as process:
            out, err = process.communicate()
        report = json.loads(out)
        said = report["summary"]
        asked = "DL901" in said["rules_run"] and "DL905" not in said["by_code"]
        assert asked or not self.probe, "the probe has nothing to say of this dataset"
        return sorted(finding["id"] for finding in report["findings"]), err

    def killed(self, number: signal.Signals, after: float) -> list[str]:
        """Kill a scan so many seconds after its start; what is wrong then."""
        with self.started("--cache-dir", str(self.cache)) as process:
            time.sleep(after)
            family = _family(process.pid)
            process.send_signal(number)
            _, err = process.communicate()
            code = process.returncode
        wrong = []
        if after > self.starting and code not in (0, 1):  # it may have been done already
            wrong += [f"exit code {code}"] if code != CODES[number] else []
            # click ends the line in which ^C was echoed; the note comes once the scan has begun
            said = [line for line in err.splitlines() if line and line != KEPT]
            wrong += [f"stderr {err!r}"] if said != _lines(number) else []
        wrong += [f"left in the temporary folder: {path.name}" for path in self.temporary.iterdir() if not _swept(path)]
        end = time.monotonic() + _SECONDS_TO_END
        while (alive := {pid for pid in family if _lives(pid)}) and time.monotonic() < end:
            time.sleep(0.05)
        return wrong + [f"process {pid} lives on" for pid in alive]


def _lines(number: signal.Signals) -> list[str]:
    """What is printed to stderr, besides KEPT."""
    return [f"datalint: error: {LINES[number]}"] if number in LINES else []


def _family(pid: int) -> set[int]:
    """All processes below this one."""
    found, waiting = set(), [pid]
    while waiting:
        listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(waiting.pop())], capture_output=True, text=True)
        children = {int(line) for line in listing.stdout.split()}
        found |= children
        waiting += children
    return found


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def run(times: int, seed: int, images: int, probe: bool) -> list[str]:
    """Kill so many scans with each signal; what is wrong."""
    lot = random.Random(seed)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        killing = Killing(Path(folder), images, probe)
        start = time.monotonic()
        expected, _ = killing.findings("--no-cache")
        seconds = time.monotonic() - start
        counts: Counter[str] = Counter()
        for turn in range(times):
            for number in SIGNALS:
                after = lot.uniform(0.0, 1.05 * seconds)
                faults = killing.killed(number, after)
                wrong += [f"{number.name} after {after:.2f} s: {fault}" for fault in faults]
                counts[number.name] += 1
            if turn % 5 == 4 or turn == times - 1:
                found, err = killing.findings("--cache-dir", str(killing.cache))
                if found != expected or "damaged" in err:
                    wrong.append(f"after {turn + 1} kills with each signal the cache is not right: {err}")
                if turn % 10 == 9:
                    subprocess.run(["rm", "-rf", str(killing.cache)], check=True)
        click.echo(f"killed {dict(counts)} times within {seconds:.1f} s of a scan: {len(wrong)} faults")
    return wrong


@click.command()
@click.option("--times", default=50, help="Scans that each signal kills.")
@click.option("--seed", default=0, help="Of the moments.")
@click.option("--images", default=300, help="In the dataset.")
@click.option("--probe/--no-probe", default=True, help="Train the probe too.")
def main(times: int, seed: int, images: int, probe: bool) -> None:
    """Kill scans at random moments and look at what they leave."""
    wrong = run(times, seed, images, probe)
    for line in wrong:
        click.echo(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
